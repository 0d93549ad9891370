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

/* There are two ways to a stable matching: members propose, see
 * slot-proposals.h, or slots propose, see slot-offers.h.  With few members, of
 * equal weights and without capacities, all slots ask all members, which takes
 * several slots at a time.  Otherwise, the members propose.
 *
 * If all members looked at all slots, that would take n looks a slot for n
 * members.  But a member gets about s / n of s slots, mostly from the first
 * few times s / n places in its order.  So members propose in turns, each time
 * as far as a reach, which grows such that a turn takes about s looks of all
 * together.  After some log(s) turns each slot has an owner.  Then only claims
 * within the reach of the worst owner's claim can still win, and when the
 * members have made these, the matching is stable. */

#include <config.h>
#include "slot-match.h"
#include <stdlib.h>
#include "coverage.h"
#include "slot-claim.h"
#include "slot-map.h"
#include "slot-offers.h"
#include "slot-proposals.h"
#include "slot-winners.h"
#include "util.h"

COVERAGE_DEFINE(slot_table_build);

/* Lets all members that have room propose, each to slots in proportion to its
 * weight as far as 'reach' says.  Returns the sum of the weights of those that
 * had room. */
static uint64_t
propose_all(struct slot_proposals *p, uint64_t reach)
{
    const struct slot_winners *w = p->winners;
    uint64_t weight = 0;

    for (size_t i = 0; i < w->n_members; i++) {
        if (p->cursors[i] && slot_proposals_add(p, i)) {
            weight += w->members[i].weight;
        }
    }
    slot_proposals_run(p, reach, UINT64_MAX);
    return weight;
}

/* Finds the owners of all slots of 'w' by letting members propose. */
static void
build_by_members(struct slot_winners *w)
{
    uint32_t n_slots = slot_winners_n_slots(w);
    uint64_t weight = w->weight, reach = 0;
    struct slot_proposals p;

    slot_proposals_init(&p, w);
    if (w->capacities) {
        p.loads = xcalloc(w->n_members, sizeof *p.loads);
    }
    p.n_free = n_slots;
    p.take_free = true;
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        w->owners[slot] = SLOT_MAP_NONE;
        w->places[slot] = 0;
    }
    for (size_t i = 0; i < w->n_members; i++) {
        p.cursors[i] = n_slots;
    }

    while (p.n_free) {
        reach += ((uint64_t) n_slots << 16) / weight + 1;
        reach = MIN(reach, SLOT_CLAIM_MAX_REACH);
        weight = propose_all(&p, reach);
    }
    for (slot_winners_update_reach(w); reach < w->reach;
         slot_winners_update_reach(w)) {
        reach = MIN(2 * reach, w->reach);
        propose_all(&p, reach);
    }
    slot_proposals_uninit(&p);
}

/* Finds the owners of all slots of 'w' by letting slots propose. */
static void
build_by_slots(struct slot_winners *w)
{
    uint32_t n_slots = slot_winners_n_slots(w);
    struct slot_offers o;

    slot_offers_init(&o, w, n_slots);
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        slot_offers_add(&o, slot);
    }
    slot_offers_run(&o, UINT64_MAX);
    slot_offers_uninit(&o);
    slot_winners_update_reach(w);
}

/* Finds the owners of all slots of 'w', and its reach.  'w' must have its
 * members and, if they are bounded, their capacities.
 * Documentation/topics/consistent-dp-hash-construction.rst defines the owners
 * in the sections whose titles begin with "Owners".
 *
 * Takes time in proportion to s * log(s) + n for s slots and n members. */
void
slot_match_build(struct slot_winners *w)
{
    COVERAGE_INC(slot_table_build);
    if (w->n_members <= SLOT_OFFERS_FEW && !w->capacities
        && w->min_weight == w->max_weight) {
        build_by_slots(w);
    } else {
        build_by_members(w);
    }
}
