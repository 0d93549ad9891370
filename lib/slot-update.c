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

/* When members or capacities change, first the members propose and then the
 * slots (see slot-proposals.h and slot-offers.h), from the owners of before:
 *
 *   - Slots whose owner has gone are left alone at first.  For the others, the
 *     old owners are a stable matching of the members that are still there,
 *     but for the new members, and for members with room now that were full
 *     before.  No other member finds a slot that would rather have it: if it
 *     was not full, that slot would have gone to it; if it still is, the slots
 *     that it owns are still the ones that it wants most.  Slots that would
 *     rather have a member that was full are at places below the worst that it
 *     owned.  So new members start from the top, members that were full start
 *     below their worst slot, and when all have no room or no slots left to
 *     look at, the matching of these slots is stable with the new members and
 *     capacities, or the old load where that is more than the new capacity.
 *
 *   - Then members with more slots than their capacity give up the worst of
 *     them, and these slots, and those whose owner has gone, propose until
 *     they have an owner.  No member has less slots after that, or more room,
 *     than its capacity says, so no member has to propose again.
 *
 * Without capacities, a member that gets more weight is like a new one that
 * has its slots already, and one that gets less weight like one that has gone,
 * but may win slots back.  With capacities, a weight that changes also changes
 * which slots would rather have the member, so that it counts as gone, and as
 * new.
 *
 * How far new members propose is the business of the reach: no slot has an
 * owner whose claim is beyond it, see slot-claim.c. */

#include <config.h>
#include "slot-update.h"
#include <stdlib.h>
#include <string.h>
#include "bitmap.h"
#include "coverage.h"
#include "slot-map.h"
#include "slot-offers.h"
#include "slot-proposals.h"
#include "slot-winners.h"
#include "util.h"

COVERAGE_DEFINE(slot_table_update);

/* Owners are better found anew if, per slot, members would propose more often
 * than this, or slots would ask more members. */
#define MAX_PROPOSALS 16
#define MAX_ASKED 32

/* What changes from old members to new ones. */
struct change {
    bool bounded;               /* There are or were capacities. */
    bool gone;                  /* Members have gone or got less weight. */
    unsigned long *gained;      /* Which are new or have got more weight. */
    uint64_t gained_weight;     /* Of those in 'gained'. */
    bool none;                  /* Members and capacities are the same. */
};


/* Finds out what changes from 'old' to 'w', and sets map[i] to SLOT_MAP_NONE
 * where member i of 'old' counts as gone. */
static void
compare_members(struct change *c, const struct slot_winners *w,
                const struct slot_winners *old, uint16_t map[])
{
    *c = (struct change) {
        .bounded = w->capacities || old->capacities,
        .gained = bitmap_allocate1(w->n_members),
    };
    size_t j;

    for (size_t i = 0; i < old->n_members; i++) {
        if (map[i] != SLOT_MAP_NONE) {
            uint16_t old_weight = old->members[i].weight;
            uint16_t weight = w->members[map[i]].weight;
            bool loses = weight < old_weight;
            bool gains = weight > old_weight;

            if (c->bounded) {
                /* Gone, and new. */
                loses = gains = loses || gains;
            }
            bitmap_set(c->gained, map[i], gains);
            if (loses) {
                map[i] = SLOT_MAP_NONE;
            }
        }
        c->gone |= map[i] == SLOT_MAP_NONE;
    }
    BITMAP_FOR_EACH_1 (j, w->n_members, c->gained) {
        c->gained_weight += w->members[j].weight;
    }
    c->none = (!c->gone && !c->gained_weight && w->n_members == old->n_members
               && !w->capacities == !old->capacities
               && (!w->capacities
                   || !memcmp(w->capacities, old->capacities,
                              w->n_members * sizeof *w->capacities)));
}

/* Counts the slots of each member, whose owners are those of 'old'.  Sets the
 * cursors of the members that were full in 'old', and makes those of them
 * hungry that have room now. */
static void
set_loads(struct slot_proposals *p, const struct slot_winners *old,
          const uint16_t map[])
{
    const struct slot_winners *w = p->winners;
    uint32_t *worst = xmalloc(w->n_members * sizeof *worst);

    p->loads = xmalloc(w->n_members * sizeof *p->loads);
    slot_winners_count(w, p->loads, worst);
    for (size_t i = 0; old->capacities && i < old->n_members; i++) {
        uint16_t member = map[i];

        if (member != SLOT_MAP_NONE
            && p->loads[member] == old->capacities[i]) {
            p->cursors[member] = (p->loads[member]
                                  ? w->places[worst[member]]
                                  : slot_winners_n_slots(w));
            slot_proposals_add(p, member);
        }
    }
    free(worst);
}

/* Lets members of 'w' propose, from the owners of 'old', that are new or have
 * room now.  Returns false if that would take too long. */
static bool
propose(struct slot_winners *w, const struct slot_winners *old,
        const uint16_t map[], const struct change *c)
{
    uint32_t n_slots = slot_winners_n_slots(w);
    struct slot_proposals p;
    size_t i;

    slot_proposals_init(&p, w);
    if (c->bounded) {
        set_loads(&p, old, map);
    }
    BITMAP_FOR_EACH_1 (i, w->n_members, c->gained) {
        p.cursors[i] = n_slots;
        slot_proposals_add(&p, i);
    }

    bool done = slot_proposals_run(&p, w->reach,
                                   (uint64_t) MAX_PROPOSALS * n_slots);
    slot_proposals_uninit(&p);
    return done;
}

/* Finds the owners of 'w', which are those of 'old' as far as these have not
 * gone.  Returns false if that would take too long. */
static bool
find_owners(struct slot_winners *w, const struct slot_winners *old,
            const uint16_t map[], const struct change *c)
{
    uint32_t n_slots = slot_winners_n_slots(w);
    uint64_t max_asked = (uint64_t) MAX_ASKED * n_slots;
    struct slot_offers o;

    slot_offers_init(&o, w, c->gone || w->capacities ? n_slots : 0);
    if (c->gone) {
        o.n_free = slot_map_find_ownerless(w->owners, n_slots, o.free_slots);
    }

    bool done = (o.n_free * (uint64_t) w->n_members <= max_asked
                 && 4 * c->gained_weight <= w->weight
                 && ((!c->bounded && !c->gained_weight)
                     || propose(w, old, map, c)));
    if (done && w->capacities) {
        slot_offers_trim(&o);
    }
    if (done && o.n_free) {
        done = slot_offers_run(&o, max_asked);
    }
    slot_offers_uninit(&o);
    if (!done) {
        return false;
    }
    COVERAGE_INC(slot_table_update);

    if (c->bounded || 2 * w->weight >= 3 * w->reach_weight) {
        slot_winners_update_reach(w);
    }
    return true;
}

/* Finds the owners of 'w', and its reach, from those of 'old', which has as
 * many slots and the same draws.  'w' must have its members and, if they are
 * bounded, their capacities.  Member i of 'old' has the index map[i] in 'w',
 * or SLOT_MAP_NONE if it is not there.  Modifies 'map'.
 *
 * Returns false, with no useful owners, if slot_match_build() is cheaper, at
 * the price of a part of it.  For the cost, see slot-update.h. */
bool
slot_update(struct slot_winners *w, const struct slot_winners *old,
            uint16_t map[])
{
    uint32_t n_slots = slot_winners_n_slots(w);
    struct change c;

    compare_members(&c, w, old, map);
    memcpy(w->places, old->places, n_slots * sizeof *w->places);
    slot_map_owners(map, old->n_members, old->owners, w->owners, n_slots);
    w->reach = old->reach;
    w->reach_weight = MIN(old->reach_weight, w->weight - c.gained_weight);

    bool done = c.none || find_owners(w, old, map, &c);

    free(c.gained);
    return done;
}
