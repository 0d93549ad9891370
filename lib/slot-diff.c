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

/* A slot has moved if its owner in the new table is not the old owner's index
 * there, see slot-map.h.  Where there is no load bound and all do what they
 * did, that is all: nothing that moves is collateral, by construction.
 * Otherwise, each slot is looked at, and what might be collateral is counted
 * by its old owner, so that each owner's liveness is asked for just once. */

#include <config.h>
#include "slot-diff.h"
#include <stdlib.h>
#include "bitmap.h"
#include "slot-map.h"
#include "util.h"

/* Returns true if member i of 'old' is that with index 'j' in 'new', which may
 * be SLOT_MAP_NONE, and has the same weight. */
static bool
is_unchanged(const struct slot_winners *old, size_t i,
             const struct slot_winners *new, uint16_t j)
{
    return (j != SLOT_MAP_NONE
            && old->members[i].weight == new->members[j].weight);
}

/* Returns what has changed from 'old' to 'new', which must have the same basis
 * and number of slots.  A set bit in 'redirected', which may be null, says
 * that the member of 'old' with that index does something else in 'new'.
 *
 * 'is_live', which may be null, is given the 'aux' of a bucket of 'old' and
 * 'aux'.  It is asked just about buckets whose slots may be collateral, once
 * each.
 *
 * Takes time in proportion to the number of slots and of buckets. */
struct slot_diff
slot_diff(const struct slot_table *old_, const struct slot_table *new_,
          const unsigned long *redirected,
          slot_is_live_func *is_live, void *aux)
{
    const struct slot_winners *old = &old_->winners, *new = &new_->winners;
    uint32_t n_slots = slot_table_n_slots(new_);
    struct slot_diff diff = { 0, 0, 0 };

    ovs_assert(slot_table_has_same_slots(old_, new_));
    if (!old->n_members || !new->n_members) {
        diff.n_moved = old->n_members || new->n_members ? n_slots : 0;
        return diff;
    }

    uint16_t *map = slot_map_members(old->members, old->n_members,
                                     new->members, new->n_members);

    diff.n_moved = slot_map_count_moved(map, old->n_members, old->owners,
                                        new->owners, n_slots);
    if (redirected || old->capacities || new->capacities) {
        uint32_t *collateral = xcalloc(old->n_members, sizeof *collateral);
        uint16_t *back = slot_map_members(new->members, new->n_members,
                                          old->members, old->n_members);

        for (uint32_t slot = 0; slot < n_slots; slot++) {
            uint16_t from = old->owners[slot];
            uint16_t to = new->owners[slot];

            if (map[from] != to) {
                collateral[from] += (is_unchanged(old, from, new, map[from])
                                     && is_unchanged(new, to, old, back[to]));
            } else if (redirected && bitmap_is_set(redirected, from)) {
                diff.n_redirected++;
                collateral[from] += is_unchanged(old, from, new, to);
            }
        }
        for (size_t i = 0; i < old->n_members; i++) {
            if (collateral[i] && (!is_live || is_live(old_->aux[i], aux))) {
                diff.n_collateral += collateral[i];
            }
        }
        free(collateral);
        free(back);
    }
    free(map);
    return diff;
}

/* Returns the number of slots of 'old' whose owner is live and in 'new', too,
 * with the same weight.  'is_live', which must not be null, is as for
 * slot_diff().  The tables may have different slots.
 *
 * Takes time in proportion to the slots of 'old' and to the buckets. */
uint32_t
slot_diff_staying(const struct slot_table *old_, const struct slot_table *new_,
                  slot_is_live_func *is_live, void *aux)
{
    const struct slot_winners *old = &old_->winners, *new = &new_->winners;
    uint16_t *map = slot_map_members(old->members, old->n_members,
                                     new->members, new->n_members);
    uint32_t *loads = xmalloc(old->n_members * sizeof *loads);
    uint32_t n_staying = 0;

    slot_winners_count(old, loads, NULL);
    for (size_t i = 0; i < old->n_members; i++) {
        if (is_unchanged(old, i, new, map[i]) && is_live(old_->aux[i], aux)) {
            n_staying += loads[i];
        }
    }
    free(loads);
    free(map);
    return n_staying;
}
