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

#ifndef FIELD_HASH_H
#define FIELD_HASH_H 1

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/compiler.h"

/* Hash of fields
 * ==============
 *
 * A hash of some fields of a packet, each with a mask, for the selection
 * method "consistent-hash" of select groups.  It depends on the fields'
 * numbers in OpenFlow 1.5, their masked values and a basis, and on nothing
 * else: it is the same on every machine and in every build, and whatever the
 * order of the fields.  Documentation/topics/consistent-hash.rst defines it to
 * the bit.  From the first release on, version 0 of the definition gives the
 * same results for ever; a fault in it is only corrected by another version,
 * which a group has to ask for.
 *
 *   - A field that the packet does not have counts as if it had not been
 *     asked for.
 *
 *   - All fragments of an IP packet have the same hash: what only the first
 *     one tells counts as absent in all of them.
 *
 *   - A symmetric hash is the same for a packet and for its answer, which has
 *     source and destination swapped.
 *
 * A hash takes a few instructions for each 8 bytes of fields.
 *
 * Thread-safety: the functions are pure, but for what they say. */

struct field_array;
struct flow;
struct flow_wildcards;
struct ofputil_group_props;

uint32_t field_hash(const struct field_array *, bool symmetric,
                    uint32_t basis, const struct flow *,
                    struct flow_wildcards *);
char *field_hash_check(const struct ofputil_group_props *)
    OVS_WARN_UNUSED_RESULT;

#endif /* field-hash.h */
