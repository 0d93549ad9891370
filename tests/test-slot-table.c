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

/* Tests lib/slot-table.c, lib/slot-bound.c and lib/slot-diff.c: what a slot
 * table promises, on random sets of buckets at fixed seeds, with the checks in
 * tests/slot-check.h.  tests/test-slot-vectors.c compares it with a model. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <stdlib.h>
#include "ovstest.h"
#include "random.h"
#include "slot-check.h"
#include "slot-claim.h"
#include "slot-diff.h"
#include "slot-group.h"
#include "util.h"

static void
remove_bucket(struct slot_group *group, size_t i)
{
    group->buckets[i] = group->buckets[--group->n];
}

/* Checks that each slot that has different owners in the tables of 'a' and 'b'
 * is owned by bucket 'id' in the table of 'a' if 'gives', or in that of 'b' if
 * 'takes'. */
static void
check_moves(struct slot_group *a, struct slot_group *b, uint32_t id,
            bool gives, bool takes)
{
    struct slot_table *ta = slot_group_create(a);
    struct slot_table *tb = slot_group_create(b);

    for (uint32_t slot = 0; slot < 1u << a->params.n_bits; slot++) {
        long long int oa = slot_group_owner(ta, slot);
        long long int ob = slot_group_owner(tb, slot);

        ovs_assert(oa == ob || (gives && oa == id) || (takes && ob == id));
    }
    slot_table_destroy(ta);
    slot_table_destroy(tb);
}

/* A bucket that comes only takes slots, one that goes only gives them. */
static void
test_add_remove(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_group a, b;

        slot_group_random(&a, 1);
        b = a;
        size_t victim = random_range(a.n);
        remove_bucket(&b, victim);
        check_moves(&a, &b, a.buckets[victim].id, true, false);
        check_moves(&b, &a, a.buckets[victim].id, false, true);
    }
}

/* A bucket whose weight rises only takes slots, one whose weight falls only
 * gives them. */
static void
test_weight(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_group a, b;

        slot_group_random(&a, 1);
        b = a;
        struct slot_bucket *ba = &a.buckets[random_range(a.n)];
        struct slot_bucket *bb = &b.buckets[ba - a.buckets];
        bb->weight = slot_group_number(16);
        check_moves(&a, &b, ba->id,
                    bb->weight < ba->weight, bb->weight > ba->weight);
    }
}

/* If a group has just some of the buckets of another, slots that the other
 * gives to one of those have the same owner in both. */
static void
test_subset(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_group a, b;

        slot_group_random(&a, 2);
        b = a;
        for (size_t j = random_range(a.n); j > 0; j--) {
            remove_bucket(&b, random_range(b.n));
        }

        struct slot_table *ta = slot_group_create(&a);
        struct slot_table *tb = slot_group_create(&b);
        for (uint32_t slot = 0; slot < 1u << a.params.n_bits; slot++) {
            for (size_t j = 0; j < b.n; j++) {
                if (slot_group_owner(ta, slot) == b.buckets[j].id) {
                    ovs_assert(slot_group_owner(tb, slot) == b.buckets[j].id);
                }
            }
        }
        slot_table_destroy(ta);
        slot_table_destroy(tb);
    }
}

/* Neither the order of the buckets matters, nor their unit of weight. */
static void
test_order_and_unit(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_group a, b;

        slot_group_random(&a, 1);
        for (size_t j = 0; j < a.n; j++) {
            a.buckets[j].weight >>= 8;
        }
        b = a;
        uint32_t factor = 1 + random_range(257);
        for (size_t j = b.n; j > 0; j--) {
            struct slot_bucket *other = &b.buckets[random_range(j)];
            struct slot_bucket tmp = *other;

            *other = b.buckets[j - 1];
            b.buckets[j - 1] = tmp;
            b.buckets[j - 1].weight *= factor;
        }
        check_moves(&a, &b, 0, false, false);
    }
}

static bool
is_live(void *b_, void *dead_)
{
    const struct slot_bucket *b = b_;
    const uint32_t *dead = dead_;
    return b->id % 3 != *dead;
}

/* Owners, and their substitutes while they are dead, are the first in the
 * order of the slot; the substitutes with a load bound, too.  A bucket of
 * weight 0 is neither. */
static void
test_definition(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct rendezvous_member members[SLOT_GROUP_MAX_RANDOM];
        uint32_t dead = random_range(3);
        struct slot_group group;

        slot_group_random(&group, 0);
        for (size_t j = 0; j < group.n; j++) {
            rendezvous_member_init(&members[j], group.params.basis,
                                   group.buckets[j].id,
                                   group.buckets[j].weight);
        }
        struct slot_table *table = slot_group_create(&group);
        group.params.load_bound = 1;
        struct slot_table *bounded = slot_group_create(&group);
        for (uint32_t slot = 0; slot < 1u << group.params.n_bits; slot++) {
            const struct rendezvous_member *first = NULL;
            const struct rendezvous_member *first_live = NULL;

            for (size_t j = 0; j < group.n; j++) {
                const struct rendezvous_member *m = &members[j];

                if (!m->weight) {
                    continue;
                }
                if (!first || slot_check_precedes(m, first,
                                                  group.params.n_bits, slot)) {
                    first = m;
                }
                if (is_live(&group.buckets[j], &dead)
                    && (!first_live
                        || slot_check_precedes(m, first_live,
                                               group.params.n_bits, slot))) {
                    first_live = m;
                }
            }
            ovs_assert(slot_table_owner(table, slot)
                       == (first ? &group.buckets[first - members] : NULL));

            struct slot_bucket *live = (first_live
                                        ? &group.buckets[first_live - members]
                                        : NULL);
            ovs_assert(slot_table_best_live(table, slot, is_live, &dead)
                       == live);
            ovs_assert(slot_table_best_live(bounded, slot, is_live, &dead)
                       == live);
        }
        slot_table_destroy(bounded);
        slot_table_destroy(table);
    }
}

/* Changes 'group' at random, in one of the ways that users do. */
static void
random_change(struct slot_group *group)
{
    size_t n = 1 + random_range(random_range(8) ? 4 : SLOT_GROUP_MAX_BUCKETS);
    bool equal = group->n && random_range(2);

    switch (random_range(16)) {
    case 0: case 1: case 2: case 3: case 4:
        while (n-- && group->n < SLOT_GROUP_MAX_BUCKETS) {
            slot_group_add(group, equal ? group->buckets[0].weight : -1);
        }
        break;
    case 5: case 6: case 7: case 8:
        while (n-- && group->n) {
            remove_bucket(group, random_range(group->n));
        }
        break;
    case 9: case 10:
        while (n-- && group->n) {
            group->buckets[random_range(group->n)].weight
                = slot_group_number(16);
        }
        break;
    case 11:
        for (size_t i = 0; i < group->n; i++) {
            group->buckets[i].weight = n;
        }
        break;
    case 12:
        for (size_t i = 0; i < n && group->n; i++) {
            remove_bucket(group, random_range(group->n));
            slot_group_add(group, -1);
        }
        break;
    case 13:                    /* Only the actions. */
        break;
    case 14:
        group->params.load_bound = random_range(2) ? random_range(256) : 0;
        break;
    case 15:
        if (!random_range(8)) {
            group->params.n_bits = 4 + random_range(7);
        } else if (!random_range(8)) {
            group->params.basis = slot_group_number(32);
        }
        break;
    }
}

/* Returns the weight of the bucket with the given 'id' in 'group', or 0. */
static uint16_t
weight_of(const struct slot_group *group, long long int id)
{
    for (size_t i = 0; i < group->n; i++) {
        if (group->buckets[i].id == id) {
            return group->buckets[i].weight;
        }
    }
    return 0;
}

static bool
is_unchanged(const struct slot_group *a, const struct slot_group *b,
             long long int id)
{
    return weight_of(a, id) && weight_of(a, id) == weight_of(b, id);
}

/* Checks slot_diff() from the table of 'a', as it was, to that of 'b'. */
static void
check_diff(const struct slot_group *a, const struct slot_table *ta,
           const struct slot_group *b, const struct slot_table *tb)
{
    struct slot_diff diff = slot_diff(ta, tb, NULL, NULL, NULL);
    uint32_t n_moved = 0, n_collateral = 0;

    for (uint32_t slot = 0; slot < slot_table_n_slots(ta); slot++) {
        long long int oa = slot_group_owner(ta, slot);
        long long int ob = slot_group_owner(tb, slot);

        if (oa != ob) {
            n_moved++;
            n_collateral += is_unchanged(a, b, oa) && is_unchanged(a, b, ob);
        }
    }
    ovs_assert(diff.n_moved == n_moved);
    ovs_assert(diff.n_collateral == n_collateral);
    ovs_assert(!n_collateral || a->params.load_bound || b->params.load_bound);
}

/* Fails if a claim that owns a slot of 'table' is beyond the table's reach. */
static void
check_reach(const struct slot_table *table)
{
    const struct slot_winners *w = &table->winners;
    size_t n_slots = slot_table_n_owned(table);

    for (uint32_t slot = 0; slot < n_slots; slot++) {
        struct slot_claim claim = {
            &w->members[w->owners[slot]], slot, w->places[slot]
        };

        ovs_assert(slot_claim_reach(&claim, table->params.n_bits)
                   <= w->reach);
    }
}

/* A table that is made from the one before, through any sequence of changes,
 * is the same as one from nothing. */
static void
test_changes(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct slot_group *group = xzalloc(sizeof *group);
    struct slot_group *old = xzalloc(sizeof *old);
    struct slot_table *table = NULL;

    for (int i = 0; i < 10000; i++) {
        if (!(i % 200)) {
            slot_table_destroy(table);
            table = NULL;
            slot_group_random(group, 0);
        }
        *old = *group;
        random_change(group);

        struct slot_table *fresh = slot_group_create(group);
        struct slot_table *next = slot_table_create(&group->params,
                                                    group->buckets, group->n,
                                                    table);
        slot_check_equal(fresh, next);
        check_reach(next);
        if (table && slot_table_has_same_slots(table, next)) {
            check_diff(old, table, group, next);
        }
        slot_table_destroy(fresh);
        slot_table_destroy(table);
        table = next;
    }
    slot_table_destroy(table);
    free(old);
    free(group);
}

/* With a load bound, the owners are the stable matching. */
static void
test_bound(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_group group;

        slot_group_random(&group, 1);
        group.params.load_bound = slot_group_number(8);
        if (group.params.load_bound) {
            struct slot_table *table = slot_group_create(&group);

            slot_check_bound(table);
            slot_table_destroy(table);
        }
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "add-remove", NULL, 0, 0, test_add_remove, OVS_RO },
    { "weight", NULL, 0, 0, test_weight, OVS_RO },
    { "subset", NULL, 0, 0, test_subset, OVS_RO },
    { "order-and-unit", NULL, 0, 0, test_order_and_unit, OVS_RO },
    { "definition", NULL, 0, 0, test_definition, OVS_RO },
    { "changes", NULL, 0, 0, test_changes, OVS_RO },
    { "bound", NULL, 0, 0, test_bound, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_table_main(int argc, char *argv[])
{
    slot_group_run_test(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-table", test_slot_table_main);
