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

/* Tests lib/slot-table.c: what a slot table makes of sets of buckets.  Who
 * wins a slot, and by what changes, is what the tests of the layers below are
 * about.  tests/test-slot-vectors.c compares tables with a model. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <stdlib.h>
#include "ovstest.h"
#include "slot-check.h"
#include "slot-group.h"
#include "slot-match.h"
#include "slot-order.h"
#include "slot-test.h"

/* Creates and returns a table for 'group', whose members come in any order,
 * and some of weight 0 as well.  The 'aux' of buckets point to the members. */
static struct slot_table *
create(struct slot_group *group, const struct slot_table *old)
{
    static struct rendezvous_member no_weight = { .id = UINT32_MAX };
    struct slot_table_params params = {
        .basis = group->basis,
        .n_bits = group->n_bits,
        .load_bound = group->load_bound,
    };
    struct slot_bucket buckets[SLOT_GROUP_MAX + 1];
    size_t n = 0;

    for (size_t i = 0; i <= group->n; i++) {
        struct rendezvous_member *m = (i < group->n ? &group->members[i]
                                       : &no_weight);
        size_t j = random_range(++n);

        buckets[i] = buckets[j];
        buckets[j] = (struct slot_bucket) { m->id, m->weight, m };
    }
    return slot_table_create(&params, buckets, n, old);
}

static bool
is_live(void *member_, void *dead_)
{
    const struct rendezvous_member *member = member_;
    const uint32_t *dead = dead_;

    ovs_assert(member->weight);
    return member->id % 3 != *dead;
}

/* Owners are those of a matching of the members; while they are dead, their
 * substitutes are the first live ones in the order of the slot. */
static void
test_definition(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        uint32_t dead = random_range(3);
        struct slot_winners w;

        slot_group_random(&group);

        struct slot_table *table = create(&group, NULL);

        slot_group_init_winners(&group, &w);
        slot_match_build(&w);
        slot_check_equal(&table->winners, &w);
        for (uint32_t slot = 0; slot < slot_table_n_slots(table); slot++) {
            struct rendezvous_member *owner = &group.members[w.owners[slot]];
            struct rendezvous_member *live = NULL;

            for (size_t j = 0; j < group.n; j++) {
                struct rendezvous_member *m = &group.members[j];

                if (is_live(m, &dead)
                    && (!live || slot_order_precedes(m, live, group.n_bits,
                                                     slot))) {
                    live = m;
                }
            }
            ovs_assert(slot_table_owner(table, slot) == owner);
            ovs_assert(slot_table_owner_id(table, slot) == owner->id);
            ovs_assert(slot_table_best_live(table, slot, is_live, &dead)
                       == live);
            ovs_assert(slot_table_slot(table, i << group.n_bits | slot)
                       == slot);
        }
        slot_winners_uninit(&w);
        slot_table_destroy(table);
    }
}

/* A table that is made from the one before, through any sequence of changes,
 * is the same as one from nothing. */
static void
test_changes(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group, empty;
    struct slot_table *table = NULL;

    for (int i = 0; i < 5 * SLOT_GROUP_TRIALS; i++) {
        struct slot_group *g = random_range(50) ? &group : &empty;

        if (!i || !random_range(50)) {
            /* With another basis or number of slots, sooner or later. */
            slot_group_random(&group);
            if (random_range(2)) {
                group.n_bits = table ? table->params.n_bits : group.n_bits;
            } else {
                group.basis = table ? table->params.basis : group.basis;
                for (size_t j = 0; j < group.n; j++) {
                    struct rendezvous_member *m = &group.members[j];

                    rendezvous_member_init(m, group.basis, m->id, m->weight);
                }
            }
        }
        slot_group_change(&group);
        empty.n_bits = group.n_bits;
        empty.basis = group.basis;

        struct slot_table *fresh = create(g, NULL);
        struct slot_table *next = create(g, table);

        ovs_assert(slot_table_n_owned(next)
                   == (g->n ? slot_table_n_slots(next) : 0));
        for (uint32_t slot = 0; slot < slot_table_n_slots(next); slot++) {
            ovs_assert(slot_table_owner(next, slot)
                       == slot_table_owner(fresh, slot));
        }
        if (g->n) {
            slot_check_equal(&next->winners, &fresh->winners);
            slot_check_reach(&next->winners);
        }
        slot_table_destroy(fresh);
        slot_table_destroy(table);
        table = next;
    }
    slot_table_destroy(table);
}

/* A table has room for 65535 buckets. */
static void
test_max_buckets(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    size_t n = SLOT_TABLE_MAX_BUCKETS;
    struct slot_bucket *buckets = xcalloc(n, sizeof *buckets);
    struct slot_table_params params = { .n_bits = RENDEZVOUS_MAX_BITS };

    for (size_t i = 0; i < n; i++) {
        buckets[i].id = i;
        buckets[i].weight = 1 + i % 2;
    }
    struct slot_table *table = slot_table_create(&params, buckets, n, NULL);
    struct slot_table *less = slot_table_create(&params, buckets, n - 1,
                                                table);
    struct slot_table *fresh = slot_table_create(&params, buckets, n - 1,
                                                 NULL);
    struct slot_table *more = slot_table_create(&params, buckets, n, less);
    slot_check_equal(&less->winners, &fresh->winners);
    slot_check_equal(&more->winners, &table->winners);
    slot_check_matching(&table->winners, 1 << 13);

    slot_table_destroy(table);
    slot_table_destroy(less);
    slot_table_destroy(fresh);
    slot_table_destroy(more);
    free(buckets);
}

static const struct ovs_cmdl_command commands[] = {
    { "definition", NULL, 0, 0, test_definition, OVS_RO },
    { "changes", NULL, 0, 0, test_changes, OVS_RO },
    { "max-buckets", NULL, 0, 0, test_max_buckets, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_table_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-table", test_slot_table_main);
