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

#include <config.h>
#include "slot-diff.h"
#include <stdlib.h>
#include "bitmap.h"
#include "slot-map.h"
#include "slot-match.h"
#include "slot-table.h"
#include "util.h"

/* Sets map[i] to the index in 'to' of the member with the id of member i of
 * 'from', or to SLOT_MATCH_NONE.  If 'same_weight', members with another
 * weight count as others. */
static uint16_t *
map_members(const struct slot_table *from, const struct slot_table *to,
            bool same_weight)
{
    uint16_t *map = xmalloc((from->n_buckets + 1) * sizeof *map);
    size_t j = 0;

    for (size_t i = 0; i < from->n_buckets; i++) {
        const struct rendezvous_member *member = &from->members[i];

        while (j < to->n_buckets && to->members[j].id < member->id) {
            j++;
        }
        map[i] = (j < to->n_buckets && to->members[j].id == member->id
                  && (!same_weight
                      || to->members[j].weight == member->weight)
                  ? j : SLOT_MATCH_NONE);
    }
    return map;
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
slot_diff(const struct slot_table *old, const struct slot_table *new,
          const unsigned long *redirected,
          bool (*is_live)(void *bucket_aux, void *aux), void *aux)
{
    struct slot_diff diff = { 0, 0, 0 };

    ovs_assert(old->params.basis == new->params.basis
               && old->params.n_bits == new->params.n_bits);
    if (!old->n_buckets || !new->n_buckets) {
        if (old->n_buckets || new->n_buckets) {
            diff.n_moved = slot_table_n_slots(new);
        }
        return diff;
    }

    uint16_t *map = map_members(old, new, false);
    uint32_t n_slots = slot_table_n_slots(new);

    diff.n_moved = slot_map_count_moved(map, old->n_buckets, old->owners,
                                        new->owners, n_slots);
    if (redirected || old->params.load_bound || new->params.load_bound) {
        uint16_t *unchanged = map_members(old, new, true);
        uint16_t *unchanged_back = map_members(new, old, true);
        uint32_t *collateral = xcalloc(old->n_buckets, sizeof *collateral);

        for (uint32_t slot = 0; slot < n_slots; slot++) {
            uint16_t from = old->owners[slot];
            uint16_t to = new->owners[slot];

            if (map[from] != to) {
                collateral[from] += (unchanged[from] != SLOT_MATCH_NONE
                                     && unchanged_back[to] != SLOT_MATCH_NONE);
            } else if (redirected && bitmap_is_set(redirected, from)) {
                diff.n_redirected++;
                collateral[from] += unchanged[from] != SLOT_MATCH_NONE;
            }
        }
        for (size_t i = 0; i < old->n_buckets; i++) {
            if (collateral[i] && (!is_live || is_live(old->aux[i], aux))) {
                diff.n_collateral += collateral[i];
            }
        }
        free(unchanged);
        free(unchanged_back);
        free(collateral);
    }
    free(map);
    return diff;
}

/* Returns the number of slots of 'old' whose owner is live and in 'new', too,
 * with the same weight.  'is_live' is as for slot_diff().  The tables may have
 * different slots. */
uint32_t
slot_diff_staying(const struct slot_table *old, const struct slot_table *new,
                  bool (*is_live)(void *bucket_aux, void *aux), void *aux)
{
    uint32_t n_slots = old->n_buckets ? slot_table_n_slots(old) : 0;
    uint16_t *unchanged = map_members(old, new, true);
    uint32_t n_staying = 0;

    for (size_t i = 0; i < old->n_buckets; i++) {
        if (unchanged[i] != SLOT_MATCH_NONE && !is_live(old->aux[i], aux)) {
            unchanged[i] = SLOT_MATCH_NONE;
        }
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        n_staying += unchanged[old->owners[slot]] != SLOT_MATCH_NONE;
    }
    free(unchanged);
    return n_staying;
}
