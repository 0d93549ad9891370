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

#ifndef OFP_CONSISTENT_H
#define OFP_CONSISTENT_H 1

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "openvswitch/ofp-errors.h"

/* Selection method "consistent-dp-hash" of select groups, as text and on the
 * wire
 * ======================================================================
 *
 * The Netronome selection method property has room for 15 characters of name,
 * so the method has a shorter one on the wire, which is also the one in struct
 * ofputil_group_props.  Text has the long one, and takes both.
 *
 * The method's options are bits of the property's 'selection_method_param':
 *
 *     31...0   basis of the datapath hash and of the slot table
 *     39...32  datapath hash, an enum ofp_consistent_hash
 *     47...40  log2 of the number of slots, 4 to 16, or 0 for the default
 *     55...48  load bound, percent above a bucket's share, or 0 for none
 *     63...56  must be 0
 *
 * In text they follow the method's name in parentheses, for example
 * "consistent-dp-hash(slots=4096,hash=symmetric)".  An option whose bits are 0
 * is not printed, so that text and bits convert to each other without loss. */

#define OFP_CONSISTENT_DP_HASH "consist-dp-hash"
#define OFP_CONSISTENT_DP_HASH_TEXT "consistent-dp-hash"

#define OFP_CONSISTENT_DEFAULT_SLOT_BITS 10

enum ofp_consistent_hash {
    OFP_CONSISTENT_HASH_DEFAULT = 0,   /* Symmetric if the datapath can. */
    OFP_CONSISTENT_HASH_SYMMETRIC = 1,
    OFP_CONSISTENT_HASH_L4 = 2,        /* 5-tuple. */
};

struct ofp_consistent_options {
    uint32_t basis;
    enum ofp_consistent_hash hash;
    uint8_t slot_bits;          /* log2 of the number of slots. */
    uint8_t load_bound;         /* Percent above a bucket's share, or 0. */
};

struct ds;

bool ofp_consistent_is_method(const char *selection_method);
char *ofp_consistent_decode(uint64_t param, struct ofp_consistent_options *)
    OVS_WARN_UNUSED_RESULT;
enum ofperr ofp_consistent_check(uint32_t group_id, const char *method,
                                 uint64_t param);
char *ofp_consistent_parse(char **text, uint64_t *param, bool *has_options)
    OVS_WARN_UNUSED_RESULT;
void ofp_consistent_format(uint64_t param, struct ds *);

#endif /* ofp-consistent.h */
