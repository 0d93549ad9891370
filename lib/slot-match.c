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

/* There are two ways to a stable matching.
 *
 * Members propose: a member with room takes its slots from the one that it
 * wants most on, and gets each slot to which it has a better claim than the
 * owner.  A member that loses a slot goes on where it stopped.  Slots only get
 * better owners that way, so a member that did not get a slot once never will,
 * and each has to look at each slot only once: its "cursor" says how far it
 * is.  This is how a table is built.
 *
 * Slots propose: see slot-offers.h.
 *
 * When members or capacities change, first the members propose and then the
 * slots, from the owners of before:
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
 * A weight that changes changes what other slots think of the member, too.
 * With capacities, such a member counts as gone, and as new. */

#include <config.h>
#include "slot-match.h"
#include <stdlib.h>
#include <string.h>
#include "bitmap.h"
#include "coverage.h"
#include "slot-claim.h"
#include "slot-map.h"
#include "slot-offers.h"
#include "slot-table.h"
#include "util.h"

COVERAGE_DEFINE(slot_table_build);
COVERAGE_DEFINE(slot_table_update);

#define NONE SLOT_MATCH_NONE

/* A table is built anew if, per slot, members would propose more often than
 * this, or slots would ask more members. */
#define MAX_PROPOSALS 16
#define MAX_ASKED 32

/* The part of a matching that is needed while members propose. */
struct proposals {
    struct slot_table *table;
    uint32_t *loads;            /* Slots of each member, if bounded. */
    uint32_t *cursors;          /* Each has looked at this place and above. */
    uint16_t min_weight;        /* Of all members. */

    /* Members with room that have slots to look at. */
    uint16_t *hungry;
    size_t n_hungry;

    /* Slots without an owner.  If 'take_free', members take them. */
    size_t n_free;
    bool take_free;

    uint64_t n_proposals;       /* So far. */
};

static void
proposals_init(struct proposals *p, struct slot_table *table)
{
    size_t n = table->n_buckets;

    *p = (struct proposals) {
        .table = table,
        .cursors = xcalloc(n, sizeof *p->cursors),
        .hungry = xmalloc(n * sizeof *p->hungry),
        .min_weight = UINT16_MAX,
    };
    for (size_t i = 0; i < n; i++) {
        p->min_weight = MIN(p->min_weight, table->members[i].weight);
    }
}

static void
proposals_uninit(struct proposals *p)
{
    free(p->loads);
    free(p->cursors);
    free(p->hungry);
}

static bool
has_room(const struct proposals *p, size_t member)
{
    const uint32_t *capacities = p->table->capacities;

    return !capacities || p->loads[member] < capacities[member];
}

/* Makes 'owner' lose a slot. */
static void
lose(struct proposals *p, uint16_t owner)
{
    if (p->table->capacities) {
        bool had_room = has_room(p, owner);

        p->loads[owner]--;
        if (!had_room && has_room(p, owner)) {
            p->hungry[p->n_hungry++] = owner;
        }
    }
}

/* Lets the member with the given 'index' own 'slot', which has 'place' in its
 * order, if it has a better claim to it than the owner.  Returns true if it
 * has. */
static bool
win_slot(struct proposals *p, uint16_t index, uint16_t slot, uint16_t place)
{
    struct slot_table *table = p->table;
    uint16_t owner = table->owners[slot];

    if (owner != NONE) {
        struct slot_claim a = { &table->members[index], slot, place };
        struct slot_claim b = {
            &table->members[owner], slot, table->places[slot]
        };

        if (owner == index
            || !slot_claim_is_better(&a, &b, table->params.n_bits)) {
            return false;
        }
        lose(p, owner);
    } else if (p->take_free) {
        p->n_free--;
    } else {
        return false;
    }
    table->owners[slot] = index;
    table->places[slot] = place;
    return true;
}

/* Stores in 'places' the places of the 'n' 'slots', which are one below the
 * other, and below 'end'.  Removes the slots whose owners have them at higher
 * places, if 'lightest' says that these have better claims.  Returns the
 * number of slots that are left. */
static size_t
find_places(const struct slot_table *table, bool lightest, uint32_t end,
            uint16_t slots[], uint16_t places[], size_t n)
{
    const uint16_t *owners_places = table->places;
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
propose_to_slots(struct proposals *p, uint16_t index, uint64_t reach)
{
    struct slot_table *table = p->table;
    const struct rendezvous_member *member = &table->members[index];
    unsigned int n_bits = table->params.n_bits;
    uint32_t min_place = slot_claim_min_place(reach, n_bits, member->weight);
    uint32_t room = (table->capacities
                     ? table->capacities[index] - p->loads[index]
                     : UINT32_MAX);
    bool lightest = member->weight == p->min_weight;
    uint32_t end = p->cursors[index];
    uint32_t n_won = 0;

    struct rendezvous_walk walk;

    rendezvous_walk_init(&walk, member);
    while (end > min_place && n_won < room) {
        size_t n = MIN(lightest ? end : end - min_place, RENDEZVOUS_BATCH);
        uint16_t slots[RENDEZVOUS_BATCH], places[RENDEZVOUS_BATCH];

        p->n_proposals += n;
        rendezvous_walk(&walk, n_bits, end, slots);

        size_t n_left = find_places(table, lightest, end, slots, places, n);

        end -= n;
        for (size_t i = 0; i < n_left; i++) {
            if (win_slot(p, index, slots[i], places[i]) && ++n_won == room) {
                end = places[i];
                break;
            }
        }
    }
    p->cursors[index] = end;
    if (table->capacities) {
        p->loads[index] += n_won;
    }
}

/* Lets all hungry members propose, and those that become hungry by that.
 * Returns false if that would take more than 'max_proposals'. */
static bool
feed(struct proposals *p, uint64_t reach, uint64_t max_proposals)
{
    while (p->n_hungry && p->n_proposals <= max_proposals) {
        propose_to_slots(p, p->hungry[--p->n_hungry], reach);
    }
    return !p->n_hungry;
}

/* Lets all members that have room propose, each to slots in proportion to its
 * weight as far as 'reach' says.  Returns the sum of the weights of those that
 * had room. */
static uint64_t
feed_all(struct proposals *p, uint64_t reach)
{
    const struct slot_table *table = p->table;
    uint64_t weight = 0;

    for (size_t i = 0; i < table->n_buckets; i++) {
        if (p->cursors[i] && has_room(p, i)) {
            p->hungry[p->n_hungry++] = i;
            weight += table->members[i].weight;
        }
    }
    feed(p, reach, UINT64_MAX);
    return weight;
}

/* Brings 'table''s reach up to date for the owners that there are. */
static void
update_reach(struct slot_table *table)
{
    size_t n = table->n_buckets;
    uint32_t n_slots = slot_table_n_slots(table);
    uint32_t *worst = xmalloc(n * sizeof *worst); /* Slots. */

    for (size_t i = 0; i < n; i++) {
        worst[i] = UINT32_MAX;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint16_t owner = table->owners[slot];
        uint32_t w = worst[owner];

        if (w == UINT32_MAX || table->places[slot] < table->places[w]) {
            worst[owner] = slot;
        }
    }

    table->reach = 0;
    table->reach_weight = 0;
    for (size_t i = 0; i < n; i++) {
        if (worst[i] != UINT32_MAX) {
            struct slot_claim claim = {
                &table->members[i], worst[i], table->places[worst[i]]
            };
            uint64_t reach = slot_claim_reach(&claim, table->params.n_bits);

            table->reach = MAX(table->reach, reach);
        }
        table->reach_weight += table->members[i].weight;
    }
    free(worst);
}

/* Finds the owners of all slots of 'table' by letting members propose.  They
 * do so in turns, in each to about as many slots as there are, until no slot
 * is free, and then further, until the claims that they have not made yet are
 * beyond the worst one that has got a slot. */
static void
build_by_members(struct slot_table *table)
{
    uint32_t n_slots = slot_table_n_slots(table);
    uint64_t weight = 0, reach = 0;
    struct proposals p;

    proposals_init(&p, table);
    if (table->capacities) {
        p.loads = xcalloc(table->n_buckets, sizeof *p.loads);
    }
    p.n_free = n_slots;
    p.take_free = true;
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        table->owners[slot] = NONE;
        table->places[slot] = 0;
    }
    for (size_t i = 0; i < table->n_buckets; i++) {
        p.cursors[i] = n_slots;
        weight += table->members[i].weight;
    }

    while (p.n_free) {
        reach += ((uint64_t) n_slots << 16) / weight + 1;
        reach = MIN(reach, SLOT_CLAIM_MAX_REACH);
        weight = feed_all(&p, reach);
    }
    for (update_reach(table); reach < table->reach; update_reach(table)) {
        reach = MIN(2 * reach, table->reach);
        feed_all(&p, reach);
    }
    proposals_uninit(&p);
}

/* Finds the owners of all slots of 'table' by letting slots propose. */
static void
build_by_slots(struct slot_table *table)
{
    uint32_t n_slots = slot_table_n_slots(table);
    struct slot_offers o;

    slot_offers_init(&o, table, n_slots);
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        slot_offers_add(&o, slot);
    }
    slot_offers_run(&o, UINT64_MAX);
    slot_offers_uninit(&o);
    update_reach(table);
}

static bool
has_equal_weights(const struct slot_table *table)
{
    for (size_t i = 1; i < table->n_buckets; i++) {
        if (table->members[i].weight != table->members[0].weight) {
            return false;
        }
    }
    return true;
}

/* Finds the owners of all slots of 'table', which must have its members and,
 * if they are bounded, their capacities. */
void
slot_match_build(struct slot_table *table)
{
    COVERAGE_INC(slot_table_build);
    if (table->n_buckets <= SLOT_OFFERS_FEW && !table->capacities
        && has_equal_weights(table)) {
        build_by_slots(table);
    } else {
        build_by_members(table);
    }
}

/* Counts the slots of each member of 'p->table', whose owners are those of
 * 'old'.  Sets the cursors of the members that were full in 'old', and makes
 * those of them hungry that have room now. */
static void
set_loads(struct proposals *p, const struct slot_table *old,
          const uint16_t map[])
{
    const struct slot_table *table = p->table;
    uint32_t n_slots = slot_table_n_slots(table);
    size_t n = table->n_buckets;
    uint32_t *worst = xmalloc(n * sizeof *worst);

    p->loads = xcalloc(n, sizeof *p->loads);
    for (size_t i = 0; i < n; i++) {
        worst[i] = n_slots;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint16_t owner = table->owners[slot];

        if (owner != NONE) {
            p->loads[owner]++;
            worst[owner] = MIN(worst[owner], table->places[slot]);
        }
    }
    for (size_t i = 0; old->capacities && i < old->n_buckets; i++) {
        uint16_t member = map[i];

        if (member != NONE && p->loads[member] == old->capacities[i]) {
            p->cursors[member] = worst[member];
            if (has_room(p, member)) {
                p->hungry[p->n_hungry++] = member;
            }
        }
    }
    free(worst);
}

/* Makes the members whose bits are set in 'gained' hungry. */
static void
set_gained(struct proposals *p, const unsigned long *gained)
{
    const struct slot_table *table = p->table;
    size_t i;

    BITMAP_FOR_EACH_1 (i, table->n_buckets, gained) {
        p->cursors[i] = slot_table_n_slots(table);
        if (has_room(p, i)) {
            p->hungry[p->n_hungry++] = i;
        }
    }
}

/* Finds the owners of 'table', which must have its members and, if they are
 * bounded, their capacities, from those of 'old'.  The latter's member i has
 * the index map[i] in 'table', or SLOT_MATCH_NONE if it is not there or has
 * less weight now.  The members whose bits are set in 'gained' are new or have
 * more weight.  If one of the tables has a bound, members with other weights
 * are both.
 *
 * Returns false, with no useful owners, if building the table is cheaper, at
 * the price of a part of a build. */
bool
slot_match_update(struct slot_table *table, const struct slot_table *old,
                  const uint16_t map[], const unsigned long *gained)
{
    bool bounded = table->capacities || old->capacities;
    uint32_t n_slots = slot_table_n_slots(table);
    size_t n = table->n_buckets;
    struct slot_offers o;
    uint64_t weight = 0, gained_weight = 0;
    bool gone = false, done = true;

    for (size_t i = 0; i < old->n_buckets; i++) {
        gone = gone || map[i] == NONE;
    }
    memcpy(table->places, old->places, n_slots * sizeof *table->places);
    slot_map_owners(map, old->n_buckets, old->owners, table->owners, n_slots);
    slot_offers_init(&o, table, gone || table->capacities ? n_slots : 0);
    if (gone) {
        o.n_free = slot_map_find_ownerless(table->owners, n_slots,
                                           o.free_slots);
    }
    for (size_t i = 0; i < n; i++) {
        weight += table->members[i].weight;
        if (bitmap_is_set(gained, i)) {
            gained_weight += table->members[i].weight;
        }
    }
    if (o.n_free * (uint64_t) n > (uint64_t) MAX_ASKED * n_slots
        || 4 * gained_weight > weight) {
        slot_offers_uninit(&o);
        return false;
    }

    table->reach = old->reach;
    table->reach_weight = MIN(old->reach_weight, weight - gained_weight);
    if (!o.n_free && !gained_weight && n == old->n_buckets
        && table->params.load_bound == old->params.load_bound) {
        slot_offers_uninit(&o);
        return true;
    }

    if (bounded || gained_weight) {
        struct proposals p;

        proposals_init(&p, table);
        if (bounded) {
            set_loads(&p, old, map);
        }
        set_gained(&p, gained);
        done = feed(&p, table->reach, (uint64_t) MAX_PROPOSALS * n_slots);
        proposals_uninit(&p);
    }
    if (done && table->capacities) {
        slot_offers_trim(&o);
    }
    if (done && o.n_free) {
        done = slot_offers_run(&o, (uint64_t) MAX_ASKED * n_slots);
    }
    slot_offers_uninit(&o);
    if (!done) {
        return false;
    }
    COVERAGE_INC(slot_table_update);

    if (bounded || 2 * weight >= 3 * table->reach_weight) {
        update_reach(table);
    }
    return true;
}
