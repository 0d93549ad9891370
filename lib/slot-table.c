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
#include "coverage.h"
#include "slot-bound.h"
#include "slot-claim.h"
#include "util.h"

COVERAGE_DEFINE(slot_table_build);
COVERAGE_DEFINE(slot_table_update);

/* Index of no member. */
#define NONE UINT16_MAX

/* A table is built anew if, per slot, more members than this would have to be
 * asked for what they think of slots without a winner.  Building asks each
 * member for a few hundred slots. */
#define MAX_ASKED 256

/* How many slots copy_winners() looks up at once: a divisor of all numbers of
 * slots, for which compilers use vector instructions. */
#define MAP_BLOCK 8

static struct slot_claim
winning_claim(const struct slot_table *table, uint32_t slot)
{
    uint16_t winner = table->winners[slot];

    return (struct slot_claim) {
        .member = winner != NONE ? &table->members[winner] : NULL,
        .slot = slot,
        .place = table->places[slot],
    };
}

/* Brings 'table''s reach up to date for the winners there are, if the
 * 'weight' of all members that have been let win has grown by half since it
 * was last. */
static void
update_reach(struct slot_table *table, uint64_t weight)
{
    if (2 * weight < 3 * table->reach_weight) {
        return;
    }
    table->reach_weight = weight;
    table->reach = 0;

    uint32_t n_slots = slot_table_n_slots(table);
    uint32_t *worst = xmalloc(table->n_buckets * sizeof *worst);

    for (size_t i = 0; i < table->n_buckets; i++) {
        worst[i] = UINT32_MAX;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint32_t *place = &worst[table->winners[slot]];

        *place = MIN(*place, table->places[slot]);
    }
    for (size_t i = 0; i < table->n_buckets; i++) {
        if (worst[i] != UINT32_MAX) {
            struct slot_claim claim = {
                .member = &table->members[i],
                .place = worst[i],
            };
            uint64_t reach = slot_claim_reach(&claim, table->params.n_bits);

            table->reach = MAX(table->reach, reach);
        }
    }
    free(worst);
}

/* Lets the member with the given 'index' in 'table' win all slots to which it
 * has a better claim than the winners there are.  Takes them in the member's
 * own order, from the one that it wants most, and stops where it cannot win
 * any more. */
static void
let_win(struct slot_table *table, uint16_t index)
{
    const struct rendezvous_member *member = &table->members[index];
    unsigned int n_bits = table->params.n_bits;
    uint32_t min_place = slot_claim_min_place(table->reach, n_bits,
                                              member->weight);
    uint32_t end = slot_table_n_slots(table);
    uint16_t places[RENDEZVOUS_BATCH];
    uint16_t slots[RENDEZVOUS_BATCH];

    while (end > min_place) {
        size_t n = MIN(end - min_place, RENDEZVOUS_BATCH);

        for (size_t i = 0; i < RENDEZVOUS_BATCH; i++) {
            places[i] = end - 1 - i;
        }
        rendezvous_slots(member, n_bits, places, slots);
        for (size_t i = 0; i < n; i++) {
            struct slot_claim claim = { member, slots[i], places[i] };
            struct slot_claim winner = winning_claim(table, slots[i]);

            if (slot_claim_is_better(&claim, &winner, n_bits)) {
                table->winners[slots[i]] = index;
                table->places[slots[i]] = places[i];
            }
        }
        end -= n;
    }
}

/* Finds winners for the 'n' 'slots', which have none. */
static void
find_winners(struct slot_table *table, const uint16_t slots[], size_t n)
{
    while (n > 0) {
        size_t n_batch = MIN(n, RENDEZVOUS_BATCH);
        uint16_t batch[RENDEZVOUS_BATCH] = { 0 };
        struct slot_claim best[RENDEZVOUS_BATCH];

        memcpy(batch, slots, n_batch * sizeof *batch);
        slot_claim_find_best(table->members, table->n_buckets,
                             table->params.n_bits, batch, n_batch, NULL, best);
        for (size_t i = 0; i < n_batch; i++) {
            uint64_t reach = slot_claim_reach(&best[i], table->params.n_bits);

            table->winners[slots[i]] = best[i].member - table->members;
            table->places[slots[i]] = best[i].place;
            table->reach = MAX(table->reach, reach);
        }
        slots += n_batch;
        n -= n_batch;
    }
}

/* Finds the winners of all slots of 'table', member by member. */
static void
build(struct slot_table *table)
{
    uint32_t n_slots = slot_table_n_slots(table);
    uint64_t weight = 0;

    COVERAGE_INC(slot_table_build);
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        table->winners[slot] = NONE;
    }
    table->reach = SLOT_CLAIM_MAX_REACH;
    table->reach_weight = 0;
    for (size_t i = 0; i < table->n_buckets; i++) {
        let_win(table, i);
        weight += table->members[i].weight;
        update_reach(table, weight);
    }
}

/* Sets the winners of 'table' to those of 'old', whose member i has the index
 * map[i] in 'table', or NONE.  Stores the slots that have no winner then in
 * '*lost', which the caller must free, and returns their number. */
static size_t
copy_winners(struct slot_table *table, const struct slot_table *old,
             const uint16_t map[], uint16_t **lost)
{
    uint32_t n_slots = slot_table_n_slots(table);
    size_t n_lost = 0, allocated_lost = 0;

    *lost = NULL;
    for (uint32_t slot = 0; slot < n_slots; slot += MAP_BLOCK) {
        uint16_t winners[MAP_BLOCK];
        uint16_t n_none = 0;

        for (int i = 0; i < MAP_BLOCK; i++) {
            winners[i] = map[old->winners[slot + i]];
        }
        memcpy(&table->winners[slot], winners, sizeof winners);
        for (int i = 0; i < MAP_BLOCK; i++) {
            n_none += winners[i] == NONE;
        }
        for (int i = 0; n_none && i < MAP_BLOCK; i++) {
            if (winners[i] == NONE) {
                if (n_lost == allocated_lost) {
                    *lost = x2nrealloc(*lost, &allocated_lost, sizeof **lost);
                }
                (*lost)[n_lost++] = slot + i;
            }
        }
    }
    memcpy(table->places, old->places, n_slots * sizeof *table->places);
    return n_lost;
}

/* Finds the winners of 'table' from those of 'old', whose member i has the
 * index map[i] in 'table', or NONE if it is not there or has less weight now.
 * The members whose bits are set in 'gained' are new or have more weight.
 *
 * Returns false, with no useful winners, if building the table is cheaper. */
static bool
update(struct slot_table *table, const struct slot_table *old,
       const uint16_t map[], const unsigned long *gained)
{
    uint16_t *lost;
    size_t n_lost = copy_winners(table, old, map, &lost);

    if (n_lost * (uint64_t) table->n_buckets
        > (uint64_t) MAX_ASKED * slot_table_n_slots(table)) {
        free(lost);
        return false;
    }
    if (n_lost || bitmap_count1(gained, table->n_buckets)) {
        COVERAGE_INC(slot_table_update);
    }

    table->reach = old->reach;
    find_winners(table, lost, n_lost);
    free(lost);

    uint64_t weight = 0;
    for (size_t i = 0; i < table->n_buckets; i++) {
        weight += bitmap_is_set(gained, i) ? 0 : table->members[i].weight;
    }
    table->reach_weight = MIN(old->reach_weight, weight);

    size_t i;
    BITMAP_FOR_EACH_1 (i, table->n_buckets, gained) {
        let_win(table, i);
        weight += table->members[i].weight;
        update_reach(table, weight);
    }
    return true;
}

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

/* Finds the winners of 'table', from those of 'old' if there are any. */
static void
set_winners(struct slot_table *table, const struct slot_table *old)
{
    size_t n_old = old ? old->n_buckets : 0;
    unsigned long *gained = bitmap_allocate(table->n_buckets);
    uint16_t *map = xmalloc((n_old + 1) * sizeof *map);
    size_t i = 0;

    for (size_t j = 0; j < table->n_buckets; j++) {
        struct rendezvous_member *member = &table->members[j];
        uint16_t weight = member->weight;

        while (i < n_old && old->members[i].id < member->id) {
            map[i++] = NONE;
        }
        if (i < n_old && old->members[i].id == member->id) {
            *member = old->members[i];
            member->weight = weight;
            map[i] = weight < old->members[i].weight ? NONE : j;
            bitmap_set(gained, j, weight > old->members[i].weight);
            i++;
        } else {
            rendezvous_member_init(member, table->params.basis, member->id,
                                   weight);
            bitmap_set1(gained, j);
        }
    }
    while (i < n_old) {
        map[i++] = NONE;
    }

    if (!n_old || !update(table, old, map, gained)) {
        build(table);
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

        table->winners = xmalloc(2 * n_slots * sizeof *table->winners);
        table->places = &table->winners[n_slots];
        set_winners(table, old);
        table->owners = (params->load_bound
                         ? slot_bound_create_owners(table)
                         : table->winners);
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
        if (table->owners != table->winners) {
            free(table->owners);
        }
        free(table->winners);
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
