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

/* A slot that a member without room owns.  The one that the member wants least
 * has the highest priority. */
struct owned_slot {
    struct heap_node node;
    uint16_t slot;
};

/* A member while owners are found. */
struct suitor {
    uint32_t capacity;
    uint32_t n_owned;

    /* While it has room: the slots that it owns, as a list in match->next. */
    uint32_t first;

    /* From when it has no room on: the same, to find the worst. */
    struct heap heap;
    struct owned_slot *slots;
};

struct match {
    const struct slot_table *table;
    struct suitor *suitors;     /* For each member. */
    uint32_t *min_places;       /* A member takes no slots at lower places. */
    uint16_t *owners;           /* For each slot that is not free. */
    uint32_t *next;             /* For each slot, see struct suitor. */

    /* Slots without an owner. */
    uint16_t *free_slots;
    size_t n_free;
};

static uint64_t
place_to_priority(uint16_t place)
{
    return UINT16_MAX - place;
}

/* Makes 'member', which has no room any more, refuse what it does not want
 * more than the worst of the slots that it owns. */
static void
update_min_place(struct match *match, size_t member)
{
    uint64_t priority = heap_max(&match->suitors[member].heap)->priority;

    match->min_places[member] = UINT16_MAX - priority + 1;
}

/* Puts the slots of 'member' into its heap when it has no room any more. */
static void
fill_up(struct match *match, size_t member)
{
    const struct slot_table *table = match->table;
    struct suitor *suitor = &match->suitors[member];
    uint32_t slot = suitor->first;

    suitor->slots = xmalloc(suitor->capacity * sizeof *suitor->slots);
    for (uint32_t i = 0; i < suitor->capacity; i++) {
        uint16_t place = (table->winners[slot] == member
                          ? table->places[slot]
                          : rendezvous_place(&table->members[member],
                                             table->params.n_bits, slot));

        suitor->slots[i].slot = slot;
        heap_raw_insert(&suitor->heap, &suitor->slots[i].node,
                        place_to_priority(place));
        slot = match->next[slot];
    }
    heap_rebuild(&suitor->heap);
    update_min_place(match, member);
}

/* Lets 'member' own 'slot', which has 'place' in its order, if it has room or
 * wants it more than one that it owns, and give up that one. */
static void
propose(struct match *match, size_t member, uint16_t slot, uint16_t place)
{
    struct suitor *suitor = &match->suitors[member];

    if (place < match->min_places[member]) {
        match->free_slots[match->n_free++] = slot;
        return;
    }

    match->owners[slot] = member;
    if (suitor->n_owned < suitor->capacity) {
        match->next[slot] = suitor->first;
        suitor->first = slot;
        if (++suitor->n_owned == suitor->capacity) {
            fill_up(match, member);
        }
    } else {
        struct owned_slot *worst = CONTAINER_OF(heap_max(&suitor->heap),
                                                struct owned_slot, node);

        match->free_slots[match->n_free++] = worst->slot;
        worst->slot = slot;
        heap_change(&suitor->heap, &worst->node, place_to_priority(place));
        update_min_place(match, member);
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
        .suitors = xcalloc(n, sizeof *match.suitors),
        .min_places = xcalloc(n, sizeof *match.min_places),
        .owners = xmalloc(n_slots * sizeof *match.owners),
        .next = xmalloc(n_slots * sizeof *match.next),
        .free_slots = xmalloc(n_slots * sizeof *match.free_slots),
    };

    uint32_t *capacities = xmalloc(n * sizeof *capacities);
    slot_bound_capacities(table->members, n, table->params.n_bits,
                          table->params.load_bound, capacities);
    for (size_t i = 0; i < n; i++) {
        match.suitors[i].capacity = capacities[i];
        if (!capacities[i]) {
            match.min_places[i] = UINT32_MAX;
        }
    }
    free(capacities);

    for (uint32_t slot = 0; slot < n_slots; slot++) {
        propose(&match, table->winners[slot], slot, table->places[slot]);
    }
    while (match.n_free) {
        propose_free_slots(&match);
    }

    for (size_t i = 0; i < n; i++) {
        heap_destroy(&match.suitors[i].heap);
        free(match.suitors[i].slots);
    }
    free(match.suitors);
    free(match.min_places);
    free(match.next);
    free(match.free_slots);
    return match.owners;
}
