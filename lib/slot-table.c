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
#include "slot-table.h"
#include <stdlib.h>
#include <string.h>
#include "bitmap.h"
#include "slot-bound.h"
#include "slot-claim.h"
#include "slot-match.h"
#include "util.h"

static int
compare_buckets_by_id(const void *a_, const void *b_)
{
    const struct slot_bucket *a = *(const struct slot_bucket *const *) a_;
    const struct slot_bucket *b = *(const struct slot_bucket *const *) b_;

    return a->id < b->id ? -1 : a->id > b->id;
}

/* Sets the buckets of 'table' to those of the 'n' 'buckets' that have a
 * weight, by increasing id. */
static void
set_buckets(struct slot_table *table, const struct slot_bucket buckets[],
            size_t n)
{
    const struct slot_bucket **sorted = xmalloc(n * sizeof *sorted);
    bool is_sorted = true;

    for (size_t i = 0; i < n; i++) {
        if (buckets[i].weight) {
            size_t last = table->n_buckets++;

            sorted[last] = &buckets[i];
            is_sorted &= !last || sorted[last - 1]->id < buckets[i].id;
        }
    }
    if (!is_sorted) {
        qsort(sorted, table->n_buckets, sizeof *sorted, compare_buckets_by_id);
    }
    ovs_assert(table->n_buckets <= SLOT_TABLE_MAX_BUCKETS);

    if (table->n_buckets) {
        table->members = xmalloc(table->n_buckets * sizeof *table->members);
        table->aux = xmalloc(table->n_buckets * sizeof *table->aux);
        for (size_t i = 0; i < table->n_buckets; i++) {
            table->members[i].id = sorted[i]->id;
            table->members[i].weight = sorted[i]->weight;
            table->aux[i] = sorted[i]->aux;
        }
    }
    free(sorted);
}

/* Completes the members of 'table' and finds the owners of its slots, from
 * those of 'old' if that is nonnull. */
static void
set_owners(struct slot_table *table, const struct slot_table *old)
{
    bool bounded = (table->params.load_bound
                    || (old && old->params.load_bound));
    unsigned long *gained = bitmap_allocate(table->n_buckets);
    size_t n_old = old ? old->n_buckets : 0;
    uint16_t *map = xmalloc(n_old * sizeof *map);
    size_t i = 0;

    for (size_t j = 0; j < table->n_buckets; j++) {
        struct rendezvous_member *member = &table->members[j];
        uint16_t weight = member->weight;

        while (i < n_old && old->members[i].id < member->id) {
            map[i++] = SLOT_MATCH_NONE;
        }
        if (i < n_old && old->members[i].id == member->id) {
            uint16_t old_weight = old->members[i].weight;
            bool loses = weight < old_weight;
            bool gains = weight > old_weight;

            *member = old->members[i];
            member->weight = weight;
            if (bounded) {
                /* Gone, and new. */
                loses = gains = loses || gains;
            }
            map[i++] = loses ? SLOT_MATCH_NONE : j;
            bitmap_set(gained, j, gains);
        } else {
            rendezvous_member_init(member, table->params.basis, member->id,
                                   weight);
            bitmap_set1(gained, j);
        }
    }
    while (i < n_old) {
        map[i++] = SLOT_MATCH_NONE;
    }

    if (table->params.load_bound) {
        table->capacities = xmalloc(table->n_buckets
                                    * sizeof *table->capacities);
        slot_bound_capacities(table->members, table->n_buckets,
                              table->params.n_bits, table->params.load_bound,
                              table->capacities);
    }
    if (!n_old || !slot_match_update(table, old, map, gained)) {
        slot_match_build(table);
    }
    free(gained);
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
 * does not refer to 'params', 'buckets' or 'old', which the caller keeps. */
struct slot_table *
slot_table_create(const struct slot_table_params *params,
                  const struct slot_bucket buckets[], size_t n,
                  const struct slot_table *old)
{
    ovs_assert(params->n_bits >= RENDEZVOUS_MIN_BITS
               && params->n_bits <= RENDEZVOUS_MAX_BITS);

    struct slot_table *table = xzalloc(sizeof *table);

    table->params = *params;
    set_buckets(table, buckets, n);
    if (table->n_buckets) {
        if (old && (old->params.basis != params->basis
                    || old->params.n_bits != params->n_bits)) {
            old = NULL;
        }

        uint32_t n_slots = slot_table_n_slots(table);

        table->owners = xmalloc(2 * n_slots * sizeof *table->owners);
        table->places = &table->owners[n_slots];
        set_owners(table, old);
    }
    return table;
}

/* Frees 'table', but not what the 'aux' of its buckets point to.  'table' may
 * be null. */
void
slot_table_destroy(struct slot_table *table)
{
    if (table) {
        free(table->members);
        free(table->aux);
        free(table->capacities);
        free(table->owners);
        free(table);
    }
}

/* Returns the 'aux' of the bucket that owns 'slot' in 'table', or null if
 * 'table' has no bucket, in constant time. */
void *
slot_table_owner(const struct slot_table *table, uint32_t slot)
{
    return table->n_buckets ? table->aux[table->owners[slot]] : NULL;
}

/* Returns the 'aux' of the bucket of 'table' with the best claim to 'slot'
 * among those for which 'is_live', given their 'aux' and 'aux', returns true,
 * or null if there is none.  Calls 'is_live' just for buckets with a better
 * claim than the live ones before them. */
void *
slot_table_best_live(const struct slot_table *table, uint32_t slot,
                     bool (*is_live)(void *bucket_aux, void *aux),
                     void *aux)
{
    unsigned int n_bits = table->params.n_bits;
    struct slot_claim best = { .member = NULL };

    for (size_t i = 0; i < table->n_buckets; i++) {
        const struct rendezvous_member *member = &table->members[i];
        struct slot_claim claim = {
            .member = member,
            .slot = slot,
            .place = rendezvous_place(member, n_bits, slot),
        };

        if (slot_claim_is_better(&claim, &best, n_bits)
            && is_live(table->aux[i], aux)) {
            best = claim;
        }
    }
    return best.member ? table->aux[best.member - table->members] : NULL;
}
