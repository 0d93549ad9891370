/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

#ifndef OFP_GROUP_SLOTS_H
#define OFP_GROUP_SLOTS_H 1

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "openvswitch/ofp-errors.h"

/* Selection methods "consistent-dp-hash" and "consistent-hash" of select
 * groups, as text and on the wire
 * ======================================================================
 *
 * Both map the slots of a hash to buckets with a slot table (see
 * slot-table.h).  For the first, the datapath computes the hash.  The second
 * needs the property's 'fields' and hashes these itself (see field-hash.h).
 *
 * The Netronome selection method property has room for 15 characters of name,
 * so the first method has a shorter one on the wire, which is also the one in
 * struct ofputil_group_props.  Text has the long one, and takes both.
 *
 * The methods' options are bits of the property's 'selection_method_param':
 *
 *     31...0   basis of the hash and of the slot table
 *     39...32  hash, an enum ofp_group_slots_hash
 *     47...40  log2 of the number of slots, 4 to 16, or 0 for the default
 *     55...48  load bound, percent above a bucket's share, 255 for 0 %, or 0
 *              for none
 *     59...56  must be 0
 *     63...60  version of the definition, OFP_GROUP_SLOTS_VERSION
 *
 * In text they follow the method's name in parentheses, for example
 * "consistent-dp-hash(slots=4096,hash=symmetric)".  An option whose bits are 0
 * is not printed, so that text and bits convert to each other without loss.
 * Other bits may be options of later versions: a group mod that has them is
 * refused, and in a description they are printed as a number.
 *
 * Thread-safety: the functions use just what they are given. */

#define OFP_CONSISTENT_DP_HASH "consist-dp-hash"
#define OFP_CONSISTENT_DP_HASH_TEXT "consistent-dp-hash"
#define OFP_CONSISTENT_HASH "consistent-hash"

/* log2 of the default number of slots, which is part of the definition. */
#define OFP_GROUP_SLOTS_DEFAULT_BITS 10

/* The version of the definition of slots and hashes, so far the only one. */
#define OFP_GROUP_SLOTS_VERSION 0

enum ofp_group_slots_hash {
    /* The datapath's: symmetric if it can.  Of fields: as they are. */
    OFP_GROUP_SLOTS_HASH_DEFAULT = 0,
    OFP_GROUP_SLOTS_HASH_SYMMETRIC = 1,
    OFP_GROUP_SLOTS_HASH_L4 = 2,    /* The datapath's of the 5-tuple. */
};

/* What the options say. */
struct ofp_group_slots {
    uint32_t basis;
    uint32_t hash;              /* An enum ofp_group_slots_hash. */
    uint32_t slot_bits;         /* log2 of the number of slots. */
    uint32_t load_bound;        /* See slot-bound.h. */
};

struct ds;
struct ofputil_group_mod;
struct ofputil_group_props;

bool ofp_group_slots_is_method(const char *selection_method);
bool ofp_group_slots_takes_fields(const char *selection_method);
const char *ofp_group_slots_name(const char *selection_method);
char *ofp_group_slots_decode(const char *selection_method, uint64_t param,
                             struct ofp_group_slots *)
    OVS_WARN_UNUSED_RESULT;
char *ofp_group_slots_check(const struct ofputil_group_props *)
    OVS_WARN_UNUSED_RESULT;
char *ofp_group_slots_prefix_error(const char *prefix, char *error)
    OVS_WARN_UNUSED_RESULT;
struct ofp_group_slots ofp_group_slots_get(const struct ofputil_group_props *);
enum ofperr ofp_group_slots_refuse(const struct ofputil_group_mod *,
                                   char *error);
char *ofp_group_slots_parse(char **text, uint64_t *param, bool *has_options)
    OVS_WARN_UNUSED_RESULT;
void ofp_group_slots_format(const char *selection_method, uint64_t param,
                            struct ds *);

#endif /* ofp-group-slots.h */
