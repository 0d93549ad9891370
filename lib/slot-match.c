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

/* There are two ways to a stable matching, and both are in here.
 *
 * Members propose: a member with room takes its slots from the one that it
 * wants most on, and gets each slot to which it has a better claim than the
 * owner.  A member that loses a slot goes on where it stopped.  Slots only get
 * better owners that way, so a member that did not get a slot once never will,
 * and each has to look at each slot only once: its "cursor" says how far it
 * is.  This is how a table is built.
 *
 * Slots propose: a slot without an owner asks the member with the best claim
 * to it of those that have room or own a slot that they want less, and which
 * that member gives up.  Members only get slots that they want more that way,
 * so a slot that a member has not taken once it never will.
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
#include "heap.h"
#include "slot-claim.h"
#include "slot-table.h"
#include "util.h"

COVERAGE_DEFINE(slot_table_build);
COVERAGE_DEFINE(slot_table_update);

#define NONE SLOT_MATCH_NONE

/* With so few members, of equal weights and without capacities, a table is
 * built by letting slots propose, otherwise by letting members propose. */
#define FEW_MEMBERS 16

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
        uint16_t slots[RENDEZVOUS_BATCH];

        p->n_proposals += n;
        rendezvous_walk(&walk, n_bits, end, slots);
        for (size_t i = 0; i < n; i++) {
            uint16_t slot = slots[i];

            /* It is mostly enough to see that another claim is better. */
            end--;
            if ((!lightest || end >= table->places[slot])
                && win_slot(p, index, slot, end)
                && ++n_won == room) {
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

/* A slot of a member that has to give some up.  The one that the member wants
 * least has the highest priority. */
struct owned_slot {
    struct heap_node node;
    uint16_t slot;
};

/* A member with a capacity, while slots propose. */
struct holder {
    uint32_t capacity;
    uint32_t load;
    uint32_t worst;             /* The lowest place of a slot that it owns. */

    /* The slots that it owns: as a list in next[], and from when it has to
     * give one up, in a heap. */
    uint16_t first;
    struct heap heap;
    struct owned_slot *slots;
};

/* The part of a matching that is needed while slots propose. */
struct offers {
    struct slot_table *table;

    /* Slots without an owner. */
    uint16_t *free_slots;
    size_t n_free;

    /* The claim with the greatest reach that has been successful. */
    struct slot_claim worst;
    uint64_t reach;

    /* With capacities, otherwise null. */
    struct holder *holders;     /* For each member. */
    uint32_t *min_places;       /* A member takes no slots at lower places. */
    uint16_t *next;             /* For each slot, see struct holder. */
};

static void
set_free(struct offers *o, uint16_t slot)
{
    o->free_slots[o->n_free++] = slot;
}

static void
update_min_place(struct offers *o, size_t member)
{
    const struct holder *holder = &o->holders[member];

    o->min_places[member] = (!holder->capacity ? UINT32_MAX
                             : holder->load < holder->capacity ? 0
                             : holder->worst + 1);
}

static void
append_slot(struct offers *o, struct holder *holder, uint16_t slot)
{
    o->next[slot] = holder->first;
    holder->first = slot;
    holder->worst = MIN(holder->worst, o->table->places[slot]);
    holder->load++;
}

static uint64_t
place_to_priority(uint16_t place)
{
    return UINT16_MAX - place;
}

static struct owned_slot *
worst_slot(const struct holder *holder)
{
    return CONTAINER_OF(heap_max(&holder->heap), struct owned_slot, node);
}

/* Makes sure that worst_slot() works for 'holder'. */
static void
fill_heap(struct offers *o, struct holder *holder)
{
    if (!holder->slots) {
        uint16_t slot = holder->first;

        holder->slots = xmalloc(holder->load * sizeof *holder->slots);
        for (uint32_t i = 0; i < holder->load; i++) {
            holder->slots[i].slot = slot;
            heap_raw_insert(&holder->heap, &holder->slots[i].node,
                            place_to_priority(o->table->places[slot]));
            slot = o->next[slot];
        }
        heap_rebuild(&holder->heap);
    }
}

/* Makes the member with the given 'index' give up the worst of its slots until
 * it has not more than its capacity. */
static void
trim(struct offers *o, size_t index)
{
    struct holder *holder = &o->holders[index];

    if (holder->load > holder->capacity) {
        fill_heap(o, holder);
        for (; holder->load > holder->capacity; holder->load--) {
            struct owned_slot *worst = worst_slot(holder);

            set_free(o, worst->slot);
            heap_remove(&holder->heap, &worst->node);
        }
        if (holder->load) {
            holder->worst = o->table->places[worst_slot(holder)->slot];
        }
    }
    update_min_place(o, index);
}

/* Makes 'o' know the slots that each member of its table owns. */
static void
set_holders(struct offers *o)
{
    struct slot_table *table = o->table;
    uint32_t n_slots = slot_table_n_slots(table);
    size_t n = table->n_buckets;

    o->holders = xcalloc(n, sizeof *o->holders);
    o->min_places = xmalloc(n * sizeof *o->min_places);
    o->next = xmalloc(n_slots * sizeof *o->next);
    for (size_t i = 0; i < n; i++) {
        o->holders[i].capacity = table->capacities[i];
        o->holders[i].worst = UINT32_MAX;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        if (table->owners[slot] != NONE) {
            append_slot(o, &o->holders[table->owners[slot]], slot);
        }
    }
    for (size_t i = 0; i < n; i++) {
        trim(o, i);
    }
}

static void
offers_uninit(struct offers *o)
{
    for (size_t i = 0; o->holders && i < o->table->n_buckets; i++) {
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
extend_reach(struct offers *o, const struct slot_claim *claim)
{
    if (claim->place <= o->worst.place
        || claim->member->weight < o->worst.member->weight) {
        uint64_t reach = slot_claim_reach(claim, o->table->params.n_bits);

        if (reach > o->reach) {
            o->reach = reach;
            o->worst = *claim;
        }
    }
}

/* Lets the member of 'claim', who wants its slot more than one of its own or
 * has room, own the slot, and give up another one if it has no room. */
static void
propose_to_member(struct offers *o, const struct slot_claim *claim)
{
    struct slot_table *table = o->table;
    size_t member = claim->member - table->members;
    uint16_t slot = claim->slot;

    extend_reach(o, claim);
    table->owners[slot] = member;
    table->places[slot] = claim->place;

    if (o->holders) {
        struct holder *holder = &o->holders[member];

        if (holder->load < holder->capacity) {
            append_slot(o, holder, slot);
        } else {
            fill_heap(o, holder);

            struct owned_slot *worst = worst_slot(holder);
            set_free(o, worst->slot);
            worst->slot = slot;
            heap_change(&holder->heap, &worst->node,
                        place_to_priority(claim->place));
            holder->worst = table->places[worst_slot(holder)->slot];
        }
        update_min_place(o, member);
    }
}

/* Finds owners for up to RENDEZVOUS_GROUP free slots, where members have equal
 * weights and no capacities.  Returns false if it would take draws, or if
 * asking for one slot after the other is cheaper. */
static bool
offer_group_to_equals(struct offers *o)
{
    struct slot_table *table = o->table;
    size_t n = MIN(o->n_free, RENDEZVOUS_GROUP);
    uint16_t slots[RENDEZVOUS_GROUP] = { 0 };
    uint16_t winners[RENDEZVOUS_GROUP], places[RENDEZVOUS_GROUP];

    if (n < RENDEZVOUS_GROUP && table->n_buckets > FEW_MEMBERS) {
        return false;
    }

    memcpy(slots, &o->free_slots[o->n_free - n], n * sizeof *slots);
    if (!rendezvous_highest(table->members, table->n_buckets,
                            table->params.n_bits, slots, winners, places)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        table->owners[slots[i]] = winners[i];
        table->places[slots[i]] = places[i];
        if (places[i] <= o->worst.place) {
            struct slot_claim claim = {
                &table->members[winners[i]], slots[i], places[i]
            };

            extend_reach(o, &claim);
        }
    }
    o->n_free -= n;
    return true;
}

/* Finds owners for the free slots.  Returns false if that would take more than
 * 'max_asked' questions to members. */
static bool
offer_slots(struct offers *o, uint64_t max_asked)
{
    const struct slot_table *table = o->table;
    const struct rendezvous_member *members = table->members;
    size_t n = table->n_buckets;
    struct rendezvous_group *groups = NULL;
    uint16_t min_weight = UINT16_MAX, max_weight = 0;

    for (size_t i = 0; i < n; i++) {
        min_weight = MIN(min_weight, members[i].weight);
        max_weight = MAX(max_weight, members[i].weight);
    }

    bool equal = !o->holders && min_weight == max_weight;
    uint64_t n_asked = 0;

    o->worst = (struct slot_claim) { .member = members, .place = UINT16_MAX };
    o->reach = 0;
    while (o->n_free && n_asked <= max_asked) {
        n_asked += RENDEZVOUS_GROUP * n;
        if (!equal || !offer_group_to_equals(o)) {
            if (!groups) {
                groups = rendezvous_groups_create(members, n);
            }
            for (size_t i = 0; i < RENDEZVOUS_GROUP && o->n_free; i++) {
                uint16_t slot = o->free_slots[--o->n_free];
                struct slot_claim best = slot_claim_find_best(
                    members, n, groups, max_weight, o->min_places,
                    table->params.n_bits, slot);

                propose_to_member(o, &best);
            }
        }
    }
    o->table->reach = MAX(o->table->reach, o->reach);
    free(groups);
    return !o->n_free;
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
    struct offers o = {
        .table = table,
        .free_slots = xmalloc(n_slots * sizeof *o.free_slots),
    };

    for (uint32_t slot = 0; slot < n_slots; slot++) {
        set_free(&o, slot);
    }
    offer_slots(&o, UINT64_MAX);
    offers_uninit(&o);
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
    if (table->n_buckets <= FEW_MEMBERS && !table->capacities
        && has_equal_weights(table)) {
        build_by_slots(table);
    } else {
        build_by_members(table);
    }
}

/* Sets the owners of 'table' to those of 'old', whose member i has the index
 * map[i] in 'table', or NONE.  Stores the slots that have no owner then in
 * 'free_slots', and returns their number. */
static size_t
copy_owners(struct slot_table *table, const struct slot_table *old,
            const uint16_t map[], uint16_t free_slots[])
{
    uint32_t n_slots = slot_table_n_slots(table);
    const uint16_t *old_owners = old->owners;
    uint16_t *owners = table->owners;
    bool same = true, gone = false;
    size_t n_free = 0;

    for (size_t i = 0; i < old->n_buckets; i++) {
        same = same && map[i] == i;
        gone = gone || map[i] == NONE;
    }

    memcpy(table->places, old->places, n_slots * sizeof *table->places);
    if (same) {
        memcpy(owners, old_owners, n_slots * sizeof *owners);
    } else if (!gone) {
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            owners[slot] = map[old_owners[slot]];
        }
    } else {
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            uint16_t owner = map[old_owners[slot]];

            owners[slot] = owner;
            free_slots[n_free] = slot;
            n_free += owner == NONE;
        }
    }
    return n_free;
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
    struct offers o = {
        .table = table,
        .free_slots = xmalloc((n_slots + 1) * sizeof *o.free_slots),
    };
    uint64_t weight = 0, gained_weight = 0;
    struct proposals p;

    o.n_free = copy_owners(table, old, map, o.free_slots);
    for (size_t i = 0; i < n; i++) {
        weight += table->members[i].weight;
        if (bitmap_is_set(gained, i)) {
            gained_weight += table->members[i].weight;
        }
    }
    if (o.n_free * (uint64_t) n > (uint64_t) MAX_ASKED * n_slots
        || 4 * gained_weight > weight) {
        offers_uninit(&o);
        return false;
    }

    table->reach = old->reach;
    table->reach_weight = MIN(old->reach_weight, weight - gained_weight);
    if (!o.n_free && !gained_weight && n == old->n_buckets
        && table->params.load_bound == old->params.load_bound) {
        offers_uninit(&o);
        return true;
    }

    proposals_init(&p, table);
    if (bounded) {
        set_loads(&p, old, map);
    }
    set_gained(&p, gained);
    bool done = feed(&p, table->reach,
                     (uint64_t) MAX_PROPOSALS * n_slots);
    proposals_uninit(&p);

    if (done && table->capacities) {
        set_holders(&o);
    }
    if (done && o.n_free) {
        done = offer_slots(&o, (uint64_t) MAX_ASKED * n_slots);
    }
    offers_uninit(&o);
    if (!done) {
        return false;
    }
    COVERAGE_INC(slot_table_update);

    if (bounded || 2 * weight >= 3 * table->reach_weight) {
        update_reach(table);
    }
    return true;
}
