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

/* A table is made in three steps: the members are sorted, and take over from
 * the old table what does not depend on their weights; slot-bound.h says how
 * many slots each may own; slot-update.h finds the owners from the old ones,
 * or if that is not worth it, slot-match.h finds them from nothing.  See
 * slot-winners.h for all that is below. */

#include <config.h>
#include "slot-table.h"
#include <stdlib.h>
#include "slot-bound.h"
#include "slot-claim.h"
#include "slot-map.h"
#include "slot-match.h"
#include "slot-update.h"
#include "util.h"

static int
compare_buckets_by_id(const void *a_, const void *b_)
{
    const struct slot_bucket *a = *(const struct slot_bucket *const *) a_;
    const struct slot_bucket *b = *(const struct slot_bucket *const *) b_;

    return a->id < b->id ? -1 : a->id > b->id;
}

/* Returns the 'n' 'buckets' that have a weight, by increasing id, and stores
 * their number in '*n_left'.  The caller must free the returned array. */
static const struct slot_bucket **
sort_buckets(const struct slot_bucket buckets[], size_t n, size_t *n_left)
{
    const struct slot_bucket **sorted = xmalloc(n * sizeof *sorted);
    bool is_sorted = true;

    *n_left = 0;
    for (size_t i = 0; i < n; i++) {
        if (buckets[i].weight) {
            size_t last = (*n_left)++;

            sorted[last] = &buckets[i];
            is_sorted &= !last || sorted[last - 1]->id < buckets[i].id;
        }
    }
    if (!is_sorted) {
        qsort(sorted, *n_left, sizeof *sorted, compare_buckets_by_id);
    }
    ovs_assert(*n_left <= SLOT_TABLE_MAX_BUCKETS);
    return sorted;
}

/* Completes the members of 'w', which have ids and weights, with what their
 * draws for 'basis' depend on.  That of member i of 'old', whose index in 'w'
 * is map[i], is a copy. */
static void
complete_members(struct slot_winners *w, uint32_t basis,
                 const struct slot_winners *old, const uint16_t map[])
{
    size_t i = 0;

    for (size_t j = 0; j < w->n_members; j++) {
        struct rendezvous_member *member = &w->members[j];
        uint16_t weight = member->weight;

        while (i < old->n_members && map[i] == SLOT_MAP_NONE) {
            i++;
        }
        if (i < old->n_members && map[i] == j) {
            *member = old->members[i++];
            member->weight = weight;
        } else {
            rendezvous_member_init(member, basis, member->id, weight);
        }
    }
}

/* Completes the members of 'table' and finds the owners of its slots, from
 * those of 'old', which may be empty. */
static void
set_owners(struct slot_table *table, const struct slot_winners *old)
{
    const struct slot_table_params *params = &table->params;
    struct slot_winners *w = &table->winners;
    size_t n = w->n_members;
    uint16_t *map = slot_map_members(old->members, old->n_members,
                                     w->members, n);

    complete_members(w, params->basis, old, map);
    if (params->load_bound) {
        w->capacities = xmalloc(n * sizeof *w->capacities);
        slot_bound_capacities(w->members, n, params->n_bits,
                              params->load_bound, w->capacities);
    }
    if (!old->n_members || !slot_update(w, old, map)) {
        slot_match_build(w);
    }
    free(map);
}

/* Creates and returns a table with the given 'params' for the 'n' 'buckets'.
 * Their ids must be unique; their order does not matter.  A bucket with weight
 * 0 does not become part of the table, and not more than
 * SLOT_TABLE_MAX_BUCKETS may have another weight.
 *
 * The table is the same whether 'old' is the table that it replaces or null,
 * but with it only what has changed is computed, if the basis and the number
 * of slots have not.
 *
 * The caller owns the table and must destroy it with slot_table_destroy().  It
 * does not refer to 'params', 'buckets' or 'old', which the caller keeps.
 *
 * For the cost, see slot-table.h. */
struct slot_table *
slot_table_create(const struct slot_table_params *params,
                  const struct slot_bucket buckets[], size_t n,
                  const struct slot_table *old)
{
    ovs_assert(params->n_bits >= RENDEZVOUS_MIN_BITS
               && params->n_bits <= RENDEZVOUS_MAX_BITS);

    struct slot_table *table = xzalloc(sizeof *table);

    const struct slot_bucket **sorted = sort_buckets(buckets, n, &n);

    table->params = *params;
    if (n) {
        static const struct slot_winners none;

        slot_winners_init(&table->winners, params->n_bits, n);
        table->aux = xmalloc(n * sizeof *table->aux);
        for (size_t i = 0; i < n; i++) {
            table->winners.members[i].id = sorted[i]->id;
            table->winners.members[i].weight = sorted[i]->weight;
            table->aux[i] = sorted[i]->aux;
        }
        slot_winners_sum_weights(&table->winners);
        set_owners(table, (old && slot_table_has_same_slots(old, table)
                           ? &old->winners : &none));
    }
    free(sorted);
    return table;
}

/* Frees 'table', but not what the 'aux' of its buckets point to.  'table' may
 * be null. */
void
slot_table_destroy(struct slot_table *table)
{
    if (table) {
        slot_winners_uninit(&table->winners);
        free(table->aux);
        free(table);
    }
}

/* Returns the 'aux' of the bucket that owns 'slot', one of the slots of
 * 'table', or null if 'table' is empty, in constant time. */
void *
slot_table_owner(const struct slot_table *table, uint32_t slot)
{
    return (slot_table_is_empty(table)
            ? NULL : table->aux[table->winners.owners[slot]]);
}

/* Returns the 'aux' of the bucket of 'table' with the best claim to 'slot'
 * among those for which 'is_live', given their 'aux' and 'aux', returns true,
 * or null if there is none.  Calls 'is_live' just for buckets with a better
 * claim than the live ones before them.
 *
 * Takes time in proportion to the number of buckets. */
void *
slot_table_best_live(const struct slot_table *table, uint32_t slot,
                     slot_is_live_func *is_live, void *aux)
{
    const struct slot_winners *w = &table->winners;
    unsigned int n_bits = table->params.n_bits;
    struct slot_claim best = { .member = NULL };

    for (size_t i = 0; i < w->n_members; i++) {
        const struct rendezvous_member *member = &w->members[i];
        struct slot_claim claim = {
            member, slot, rendezvous_place(member, n_bits, slot)
        };

        if (slot_claim_is_better(&claim, &best, n_bits)
            && is_live(table->aux[i], aux)) {
            best = claim;
        }
    }
    return best.member ? table->aux[best.member - w->members] : NULL;
}
