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

/* A slot that proposes asks for the best claim to it among the members that
 * would take it, which slot_claim_find_best() finds in a scan of all.  The
 * slots wait on a stack, 'free_slots', and a slot that a member gives up for a
 * better one comes back to it.
 *
 * A member without room would take a slot if it wants it more than the worst
 * of its own.  So 'min_places' has, for each member, the lowest place that it
 * would take, and the scan passes over the rest:
 *
 *     load < capacity     0: takes any slot
 *     load == capacity    one above the place of its worst slot
 *     capacity == 0       above all places: takes none
 *
 * To know its worst slot after one was given up, a member needs all of its
 * slots in order.  Most members never give one up, so their slots are just
 * linked, in next[], and become a heap when the first is given up.
 *
 * Without capacities nobody gives up anything.  If weights are equal, too, the
 * highest place wins a slot, unless two members have it, and a batch of slots
 * asks all members at once: see rendezvous_highest(). */

#include <config.h>
#include "slot-offers.h"
#include <stdlib.h>
#include "heap.h"
#include "slot-map.h"
#include "slot-winners.h"
#include "util.h"

/* A slot of a member that has to give some up.  The one that the member wants
 * least has the highest priority. */
struct owned_slot {
    struct heap_node node;
    uint16_t slot;
};

/* A member with a capacity, while slots propose. */
struct slot_holder {
    uint32_t capacity;
    uint32_t load;
    uint32_t worst;             /* The lowest place of a slot that it owns. */

    /* The slots that it owns: as a list in next[], and from when it has to
     * give one up, in a heap. */
    uint16_t first;
    struct heap heap;
    struct owned_slot *slots;
};

/* Initializes 'o' for slots of 'w', none of them free, but not more than
 * 'max_free' later.  'w' must stay until slot_offers_uninit(). */
void
slot_offers_init(struct slot_offers *o, struct slot_winners *w,
                 uint32_t max_free)
{
    *o = (struct slot_offers) {
        .winners = w,
        .free_slots = xmalloc(max_free * sizeof *o->free_slots),
    };
}

static void
update_min_place(struct slot_offers *o, size_t member)
{
    const struct slot_holder *holder = &o->holders[member];

    o->min_places[member] = (!holder->capacity ? UINT32_MAX
                             : holder->load < holder->capacity ? 0
                             : holder->worst + 1);
}

static void
append_slot(struct slot_offers *o, struct slot_holder *holder, uint16_t slot)
{
    o->next[slot] = holder->first;
    holder->first = slot;
    holder->worst = MIN(holder->worst, o->winners->places[slot]);
    holder->load++;
}

static uint64_t
place_to_priority(uint16_t place)
{
    return UINT16_MAX - place;
}

static struct owned_slot *
worst_slot(const struct slot_holder *holder)
{
    return CONTAINER_OF(heap_max(&holder->heap), struct owned_slot, node);
}

/* Makes sure that worst_slot() works for 'holder'. */
static void
fill_heap(struct slot_offers *o, struct slot_holder *holder)
{
    if (!holder->slots) {
        uint16_t slot = holder->first;

        holder->slots = xmalloc(holder->load * sizeof *holder->slots);
        for (uint32_t i = 0; i < holder->load; i++) {
            holder->slots[i].slot = slot;
            heap_raw_insert(&holder->heap, &holder->slots[i].node,
                            place_to_priority(o->winners->places[slot]));
            slot = o->next[slot];
        }
        heap_rebuild(&holder->heap);
    }
}

/* Makes the member with the given 'index' give up the worst of its slots until
 * it has not more than its capacity. */
static void
trim(struct slot_offers *o, size_t index)
{
    struct slot_holder *holder = &o->holders[index];

    if (holder->load > holder->capacity) {
        fill_heap(o, holder);
        for (; holder->load > holder->capacity; holder->load--) {
            struct owned_slot *worst = worst_slot(holder);

            slot_offers_add(o, worst->slot);
            heap_remove(&holder->heap, &worst->node);
        }
        if (holder->load) {
            holder->worst = o->winners->places[worst_slot(holder)->slot];
        }
    }
    update_min_place(o, index);
}

/* Lets those members of 'o''s table, which must have capacities, give up the
 * slots that they want least that own more than their capacity.
 *
 * Takes time in proportion to the slots and the members, and log(s) for each
 * slot that a member with s slots gives up. */
void
slot_offers_trim(struct slot_offers *o)
{
    struct slot_winners *w = o->winners;
    uint32_t n_slots = slot_winners_n_slots(w);
    size_t n = w->n_members;

    o->holders = xcalloc(n, sizeof *o->holders);
    o->min_places = xmalloc(n * sizeof *o->min_places);
    o->next = xmalloc(n_slots * sizeof *o->next);
    for (size_t i = 0; i < n; i++) {
        o->holders[i].capacity = w->capacities[i];
        o->holders[i].worst = UINT32_MAX;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        if (w->owners[slot] != SLOT_MAP_NONE) {
            append_slot(o, &o->holders[w->owners[slot]], slot);
        }
    }
    for (size_t i = 0; i < n; i++) {
        trim(o, i);
    }
}

/* Frees what belongs to 'o'. */
void
slot_offers_uninit(struct slot_offers *o)
{
    for (size_t i = 0; o->holders && i < o->winners->n_members; i++) {
        heap_destroy(&o->holders[i].heap);
        free(o->holders[i].slots);
    }
    free(o->holders);
    free(o->min_places);
    free(o->next);
    free(o->free_slots);
}

/* Makes sure that 'o->reach' includes 'claim'. */
static void
extend_reach(struct slot_offers *o, const struct slot_claim *claim)
{
    if (claim->place <= o->worst.place
        || claim->member->weight < o->worst.member->weight) {
        uint64_t reach = slot_claim_reach(claim, o->winners->n_bits);

        if (reach > o->reach) {
            o->reach = reach;
            o->worst = *claim;
        }
    }
}

/* Lets the member of 'claim', who wants its slot more than one of its own or
 * has room, own the slot, and give up another one if it has no room. */
static void
propose_to_member(struct slot_offers *o, const struct slot_claim *claim)
{
    struct slot_winners *w = o->winners;
    size_t member = claim->member - w->members;
    uint16_t slot = claim->slot;

    extend_reach(o, claim);
    w->owners[slot] = member;
    w->places[slot] = claim->place;

    if (o->holders) {
        struct slot_holder *holder = &o->holders[member];

        if (holder->load < holder->capacity) {
            append_slot(o, holder, slot);
        } else {
            fill_heap(o, holder);

            struct owned_slot *worst = worst_slot(holder);
            slot_offers_add(o, worst->slot);
            worst->slot = slot;
            heap_change(&holder->heap, &worst->node,
                        place_to_priority(claim->place));
            holder->worst = w->places[worst_slot(holder)->slot];
        }
        update_min_place(o, member);
    }
}

/* Finds owners for free slots, where members have equal weights and no
 * capacities.  Leaves the few for which that takes draws, or for which asking
 * for one slot after the other is cheaper. */
static void
offer_to_equals(struct slot_offers *o)
{
    struct slot_winners *w = o->winners;
    size_t n_left = (w->n_members > SLOT_OFFERS_FEW
                     ? o->n_free % RENDEZVOUS_GROUP
                     : 0);

    for (size_t i = n_left; i < o->n_free; i += RENDEZVOUS_CHUNK) {
        const uint16_t *slots = &o->free_slots[i];
        size_t n = MIN(o->n_free - i, RENDEZVOUS_CHUNK);
        uint16_t winners[RENDEZVOUS_CHUNK], places[RENDEZVOUS_CHUNK];

        rendezvous_highest(w->members, w->n_members,
                           w->n_bits, slots, n, winners, places);
        for (size_t j = 0; j < n; j++) {
            uint16_t slot = slots[j];

            if (winners[j] == RENDEZVOUS_TIE) {
                o->free_slots[n_left++] = slot;
                continue;
            }
            w->owners[slot] = winners[j];
            w->places[slot] = places[j];
            if (places[j] <= o->worst.place) {
                extend_reach(o, &(struct slot_claim) {
                                 &w->members[winners[j]], slot, places[j] });
            }
        }
    }
    o->n_free = n_left;
}

/* Finds owners for the free slots of 'o', and for those that members give up
 * for them.  Returns false, with slots still free, if that would take more
 * than 'max_asked' questions to members. */
bool
slot_offers_run(struct slot_offers *o, uint64_t max_asked)
{
    const struct slot_winners *w = o->winners;
    const struct rendezvous_member *members = w->members;
    size_t n = w->n_members;

    o->worst = (struct slot_claim) { .member = members, .place = UINT16_MAX };
    o->reach = 0;
    if (!o->holders && w->min_weight == w->max_weight) {
        offer_to_equals(o);
    }
    if (o->n_free) {
        struct rendezvous_group *groups = rendezvous_groups_create(members, n);

        for (uint64_t n_asked = 0; o->n_free && n_asked <= max_asked;
             n_asked += n) {
            uint16_t slot = o->free_slots[--o->n_free];
            struct slot_claim best = slot_claim_find_best(
                members, n, groups, w->max_weight, o->min_places, w->n_bits,
                slot);

            propose_to_member(o, &best);
        }
        free(groups);
    }
    o->winners->reach = MAX(o->winners->reach, o->reach);
    return !o->n_free;
}
