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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_H
#define OFPROTO_DPIF_GROUP_SLOTS_H 1

/* Selection methods "consistent-dp-hash" and "consistent-hash" of select
 * groups in the switch
 * ======================================================================
 *
 * A group with one of these methods holds a slot table (see slot-table.h) of
 * its buckets as long as lookups can find it.  It keeps the method whatever
 * its buckets are: while it has none with a weight it drops packets, and it
 * works as soon as it gets one. */

#include <stdbool.h>
#include "openvswitch/types.h"

struct group_dpif;

/* What a group with one of these methods has besides what all select groups
 * have.  Belongs to the main thread until other threads can find the group;
 * then it does not change any more.  RCU frees it with the group. */
struct group_slots {
    /* Null until the group is about to be found: many groups of a bundle never
     * are.  Its buckets point to the group's. */
    struct slot_table *table;
    const struct group_dpif *replaced; /* Only while 'table' is null. */

    bool symmetric;             /* Hash of fields only: the same both ways. */
};

bool group_slots_too_many_buckets(const struct group_dpif *);
uint32_t group_slots_hash_alg(const struct group_dpif *, odp_port_t);
void group_slots_set_up(struct group_dpif *, const struct group_dpif *old);
void group_slots_prepare(struct group_dpif *);
void group_slots_log_weights(const struct group_dpif *old,
                             const struct group_dpif *new);
void group_slots_destroy(struct group_slots *);

#endif /* ofproto-dpif-group-slots.h */
