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
#include "slot-bound.h"
#include <stdlib.h>
#include <string.h>
#include "heap.h"
#include "slot-claim.h"
#include "slot-table.h"
#include "util.h"

/* How far the fraction of a member's capacity is from being rounded up: it is
 * if this is negative. */
struct lack {
    int64_t lack;
    size_t member;
};

static int
compare_lacks(const void *a_, const void *b_)
{
    const struct lack *a = a_;
    const struct lack *b = b_;

    return (a->lack != b->lack ? (a->lack < b->lack ? -1 : 1)
            : a->member < b->member ? -1 : a->member > b->member);
}

/* Stores in 'capacities' the capacities of the 'n' 'members', by increasing
 * id, for a table of 2**n_bits slots and the given 'load_bound' in percent.
 * Their sum is not less than the number of slots.
 *
 * Takes time in proportion to n * log(n). */
void
slot_bound_capacities(const struct rendezvous_member members[], size_t n,
                      unsigned int n_bits, unsigned int load_bound,
                      uint32_t capacities[])
{
    int64_t missing = INT64_C(1) << n_bits;
    struct lack *lacks = xmalloc(n * sizeof *lacks);
    uint64_t divisor = 0;

    for (size_t i = 0; i < n; i++) {
        divisor += UINT64_C(100) * members[i].weight;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t dividend = ((uint64_t) members[i].weight
                             * (100 + load_bound)) << n_bits;

        /* Remainder and divisor are less than 2**39, thresholds than 2**24. */
        capacities[i] = dividend / divisor;
        lacks[i].lack = (divisor * rendezvous_threshold(&members[i])
                         - (dividend % divisor << 24));
        lacks[i].member = i;
        missing -= capacities[i];
    }

    qsort(lacks, n, sizeof *lacks, compare_lacks);
    for (size_t i = 0; i < n && (lacks[i].lack < 0 || missing > 0); i++) {
        capacities[lacks[i].member]++;
        missing--;
    }
    free(lacks);
}

/* A slot in the heap of the bucket that holds it.  The slot that the bucket
 * wants least has the highest priority. */
struct held_slot {
    struct heap_node node;
};

struct match {
    const struct slot_table *table;
    struct held_slot *slots;

    /* For each member. */
    uint32_t *capacities;
    struct heap *held;
    uint32_t *min_places;       /* It takes no slots at lower places. */

    /* Slots that no member holds. */
    uint16_t *free_slots;
    size_t n_free;
};

/* Lets 'member' take 'slot', which has 'place' in its order, if it has room or
 * wants it more than one that it holds, and give up that one. */
static void
propose(struct match *match, size_t member, uint16_t slot, uint16_t place)
{
    struct heap *held = &match->held[member];

    if (place < match->min_places[member]) {
        match->free_slots[match->n_free++] = slot;
        return;
    }
    heap_insert(held, &match->slots[slot].node, UINT16_MAX - place);
    if (heap_count(held) > match->capacities[member]) {
        struct held_slot *worst = CONTAINER_OF(heap_max(held),
                                               struct held_slot, node);

        heap_remove(held, &worst->node);
        match->free_slots[match->n_free++] = worst - match->slots;
    }
    if (heap_count(held) == match->capacities[member]) {
        match->min_places[member] = UINT16_MAX - heap_max(held)->priority + 1;
    }
}

/* Lets up to RENDEZVOUS_BATCH free slots propose to the best member of those
 * that would take them.  A member's demands only rise, so that one that would
 * not take a slot never will. */
static void
propose_free_slots(struct match *match)
{
    const struct slot_table *table = match->table;
    struct slot_claim best[RENDEZVOUS_BATCH];
    uint16_t slots[RENDEZVOUS_BATCH] = { 0 };
    size_t n = MIN(match->n_free, RENDEZVOUS_BATCH);

    match->n_free -= n;
    memcpy(slots, &match->free_slots[match->n_free], n * sizeof *slots);
    slot_claim_find_best(table->members, table->n_buckets,
                         table->params.n_bits, slots, n, match->min_places,
                         best);
    for (size_t i = 0; i < n; i++) {
        propose(match, best[i].member - table->members, slots[i],
                best[i].place);
    }
}

/* Returns the index of the owner of each slot of 'table', which must have its
 * buckets, a load bound and winners.  The caller must free the returned array.
 *
 * Each slot proposes to its winner first.  Takes time in proportion to the
 * number of slots, and in proportion to the buckets for each slot that a
 * member gives up. */
uint16_t *
slot_bound_create_owners(const struct slot_table *table)
{
    uint32_t n_slots = slot_table_n_slots(table);
    size_t n = table->n_buckets;
    struct match match = {
        .table = table,
        .slots = xmalloc(n_slots * sizeof *match.slots),
        .capacities = xmalloc(n * sizeof *match.capacities),
        .held = xmalloc(n * sizeof *match.held),
        .min_places = xcalloc(n, sizeof *match.min_places),
        .free_slots = xmalloc(n_slots * sizeof *match.free_slots),
    };

    slot_bound_capacities(table->members, n, table->params.n_bits,
                          table->params.load_bound, match.capacities);
    for (size_t i = 0; i < n; i++) {
        heap_init(&match.held[i]);
        if (!match.capacities[i]) {
            match.min_places[i] = UINT32_MAX;
        }
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        propose(&match, table->winners[slot], slot, table->places[slot]);
    }
    while (match.n_free) {
        propose_free_slots(&match);
    }

    uint16_t *owners = xmalloc(n_slots * sizeof *owners);
    for (size_t i = 0; i < n; i++) {
        struct held_slot *slot;

        HEAP_FOR_EACH (slot, node, &match.held[i]) {
            owners[slot - match.slots] = i;
        }
        heap_destroy(&match.held[i]);
    }
    free(match.slots);
    free(match.capacities);
    free(match.held);
    free(match.min_places);
    free(match.free_slots);
    return owners;
}
