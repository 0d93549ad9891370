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

/* A member that proposes walks down its order of slots, a batch at a time.
 * For each slot, its claim meets that of the owner: almost always, the places
 * decide, see slot-claim.h.  It stops when it has no room, or where its claims
 * are beyond the reach that it is given, see slot-claim.c.
 *
 * A member whose slot another one gets has room again and comes back to
 * 'hungry', until nobody is hungry.  Whose turn it is does not matter: the
 * stable matching is the same. */

#include <config.h>
#include "slot-proposals.h"
#include <stdlib.h>
#include "slot-claim.h"
#include "slot-map.h"
#include "slot-winners.h"
#include "util.h"

/* Initializes 'p' for slots and members of 'w', with all cursors at place 0
 * and nobody hungry.  If there are capacities, the caller must set 'loads' to
 * an array that 'p' then owns.  'w' must stay until slot_proposals_uninit().
 *
 * Takes time in proportion to the members. */
void
slot_proposals_init(struct slot_proposals *p, struct slot_winners *w)
{
    size_t n = w->n_members;

    *p = (struct slot_proposals) {
        .winners = w,
        .cursors = xcalloc(n, sizeof *p->cursors),
        .hungry = xmalloc(n * sizeof *p->hungry),
    };
}

/* Frees what belongs to 'p'. */
void
slot_proposals_uninit(struct slot_proposals *p)
{
    free(p->loads);
    free(p->cursors);
    free(p->hungry);
}

/* Makes 'member', which must not be hungry, hungry if it has room.  Returns
 * true if it has. */
bool
slot_proposals_add(struct slot_proposals *p, size_t member)
{
    const uint32_t *capacities = p->winners->capacities;
    bool room = !capacities || p->loads[member] < capacities[member];

    if (room) {
        p->hungry[p->n_hungry++] = member;
    }
    return room;
}

/* Lets the member with the given 'index' own 'slot', which has 'place' in its
 * order, if it has a better claim to it than the owner.  Returns true if it
 * has. */
static bool
win_slot(struct slot_proposals *p, uint16_t index, uint16_t slot,
         uint16_t place)
{
    struct slot_winners *w = p->winners;
    uint16_t owner = w->owners[slot];

    if (owner != SLOT_MAP_NONE) {
        struct slot_claim a = { &w->members[index], slot, place };
        struct slot_claim b = { &w->members[owner], slot, w->places[slot] };

        if (owner == index || !slot_claim_is_better(&a, &b, w->n_bits)) {
            return false;
        }
        if (w->capacities) {
            p->loads[owner]--;

            /* If it was full, it was not hungry. */
            if (p->loads[owner] + 1 == w->capacities[owner]) {
                p->hungry[p->n_hungry++] = owner;
            }
        }
    } else if (p->take_free) {
        p->n_free--;
    } else {
        return false;
    }
    w->owners[slot] = index;
    w->places[slot] = place;
    return true;
}

/* Stores in 'places' the places of the 'n' 'slots', which are one below the
 * other, and below 'end'.  Removes the slots whose owners have them at higher
 * places, if 'lightest' says that these have better claims.  Returns the
 * number of slots that are left. */
static size_t
find_places(const struct slot_winners *w, bool lightest, uint32_t end,
            uint16_t slots[], uint16_t places[], size_t n)
{
    const uint16_t *owners_places = w->places;
    size_t n_left = 0;

    if (!lightest) {
        for (size_t i = 0; i < n; i++) {
            places[i] = --end;
        }
        return n;
    }
    for (size_t i = 0; i < n; i++) {
        uint16_t slot = slots[i];
        uint16_t place = --end;

        if (place >= owners_places[slot]) {
            slots[n_left] = slot;
            places[n_left++] = place;
        }
    }
    return n_left;
}

/* Lets the member with the given 'index' propose to slots from its cursor on
 * until it has no room, or until it has seen those at which it has a better
 * claim than one with the given 'reach'.  Where proposals are cheap, goes on
 * to the end of a batch, which it will need sooner or later. */
static void
propose_to_slots(struct slot_proposals *p, uint16_t index, uint64_t reach)
{
    struct slot_winners *w = p->winners;
    const struct rendezvous_member *member = &w->members[index];
    unsigned int n_bits = w->n_bits;
    uint32_t min_place = slot_claim_min_place(reach, n_bits, member->weight);
    uint32_t room = (w->capacities
                     ? w->capacities[index] - p->loads[index]
                     : UINT32_MAX);
    bool lightest = member->weight == w->min_weight;
    uint32_t end = p->cursors[index];
    uint32_t n_won = 0;

    struct rendezvous_group walk;

    rendezvous_walk_init(&walk, member);
    while (end > min_place && n_won < room) {
        size_t n = MIN(lightest ? end : end - min_place, RENDEZVOUS_BATCH);
        uint16_t slots[RENDEZVOUS_BATCH], places[RENDEZVOUS_BATCH];

        p->n_proposals += n;
        rendezvous_walk(&walk, n_bits, end, slots);

        size_t n_left = find_places(w, lightest, end, slots, places, n);

        end -= n;
        for (size_t i = 0; i < n_left; i++) {
            if (win_slot(p, index, slots[i], places[i]) && ++n_won == room) {
                end = places[i];
                break;
            }
        }
    }
    p->cursors[index] = end;
    if (w->capacities) {
        p->loads[index] += n_won;
    }
}

/* Lets all hungry members propose, and those that become hungry by that, to
 * slots as far as they have better claims than one with the given 'reach'.
 * Returns false, with members still hungry, if that would take more than
 * 'max_proposals' since slot_proposals_init(). */
bool
slot_proposals_run(struct slot_proposals *p, uint64_t reach,
                   uint64_t max_proposals)
{
    while (p->n_hungry && p->n_proposals <= max_proposals) {
        propose_to_slots(p, p->hungry[--p->n_hungry], reach);
    }
    return !p->n_hungry;
}
