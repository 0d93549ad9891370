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

/* Tests lib/rendezvous.c and lib/slot-table.c: what a slot table promises, on
 * random sets of buckets at fixed seeds, each property in a way that does not
 * lean on how the table is made.  tests/slot_table.py is a model of the table
 * that it is compared with, through the "compute" command. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bitmap.h"
#include "command-line.h"
#include "openvswitch/dynamic-string.h"
#include "ovstest.h"
#include "random.h"
#include "util.h"

#define MAX_BUCKETS 32
#define N_GROUPS 1000           /* Random groups for each property. */

/* The parameters of a table. */
struct group {
    uint32_t basis;
    unsigned int n_bits;
    size_t n;
    struct slot_bucket buckets[MAX_BUCKETS];
};

/* Returns a random number of 1 to 'max_bits' bits, so that small ones are as
 * likely as large ones. */
static uint32_t
random_number(int max_bits)
{
    return random_uint32() >> (31 - random_range(max_bits));
}

/* Adds to 'group' a bucket with a random id that no other has and a random
 * weight, or 'weight' if that is not -1. */
static void
add_bucket(struct group *group, int weight)
{
    struct slot_bucket *b = &group->buckets[group->n];
    size_t i;

    do {
        b->id = random_number(32);
        for (i = 0; i < group->n && group->buckets[i].id != b->id; i++) {
            continue;
        }
    } while (i < group->n);
    b->weight = weight >= 0 ? weight : random_number(16);
    b->aux = NULL;
    group->n++;
}

/* Makes '*group' a random one with at least 'min' buckets and room for one
 * more.  In a third of the groups all buckets have the same weight. */
static void
random_group(struct group *group, size_t min)
{
    int weight = random_range(3) ? -1 : 1 + random_range(UINT16_MAX);
    size_t n = min + random_range(MAX_BUCKETS - min);

    group->basis = random_number(32);
    group->n_bits = 4 + random_range(5);
    group->n = 0;
    while (group->n < n) {
        add_bucket(group, weight);
    }
}

static struct slot_table *
create(const struct group *group)
{
    return slot_table_create(group->basis, group->n_bits, group->buckets,
                             group->n);
}

static void
remove_bucket(struct group *group, size_t i)
{
    group->buckets[i] = group->buckets[--group->n];
}

/* Returns the id of the bucket that owns 'slot', or -1 if none does. */
static long long int
owner(const struct slot_table *table, uint32_t slot)
{
    const struct slot_bucket *b = slot_table_owner(table, slot);
    return b ? (long long int) b->id : -1;
}

/* Checks that each slot that has different owners in the tables of 'a' and 'b'
 * is owned by bucket 'id' in the table of 'a' if 'gives', or in that of 'b' if
 * 'takes'. */
static void
check_moves(const struct group *a, const struct group *b, uint32_t id,
            bool gives, bool takes)
{
    struct slot_table *ta = create(a);
    struct slot_table *tb = create(b);

    for (uint32_t slot = 0; slot < 1u << a->n_bits; slot++) {
        long long int oa = owner(ta, slot);
        long long int ob = owner(tb, slot);

        ovs_assert(oa == ob || (gives && oa == id) || (takes && ob == id));
    }
    slot_table_destroy(ta);
    slot_table_destroy(tb);
}

/* A bucket that comes only takes slots, one that goes only gives them. */
static void
test_add_remove(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < N_GROUPS; i++) {
        struct group a, b;

        random_group(&a, 1);
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
    for (int i = 0; i < N_GROUPS; i++) {
        struct group a, b;

        random_group(&a, 1);
        b = a;
        struct slot_bucket *ba = &a.buckets[random_range(a.n)];
        struct slot_bucket *bb = &b.buckets[ba - a.buckets];
        bb->weight = random_number(16);
        check_moves(&a, &b, ba->id,
                    bb->weight < ba->weight, bb->weight > ba->weight);
    }
}

/* If a group has just some of the buckets of another, slots that the other
 * gives to one of those have the same owner in both. */
static void
test_subset(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < N_GROUPS; i++) {
        struct group a, b;

        random_group(&a, 2);
        b = a;
        for (size_t j = random_range(a.n); j > 0; j--) {
            remove_bucket(&b, random_range(b.n));
        }

        struct slot_table *ta = create(&a);
        struct slot_table *tb = create(&b);
        for (uint32_t slot = 0; slot < 1u << a.n_bits; slot++) {
            for (size_t j = 0; j < b.n; j++) {
                if (owner(ta, slot) == b.buckets[j].id) {
                    ovs_assert(owner(tb, slot) == b.buckets[j].id);
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
    for (int i = 0; i < N_GROUPS; i++) {
        struct group a, b;

        random_group(&a, 1);
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

/* Returns true if 'a' precedes 'b' for 'slot': the definition, without the
 * table's short cuts. */
static bool
precedes(const struct slot_bucket *a, const struct slot_bucket *b,
         const struct group *group, uint32_t slot)
{
    struct rendezvous_key key_a, key_b;

    rendezvous_key_init(&key_a, group->basis, a->id);
    rendezvous_key_init(&key_b, group->basis, b->id);
    uint64_t draw_a = rendezvous_draw(&key_a, group->n_bits, slot);
    uint64_t draw_b = rendezvous_draw(&key_b, group->n_bits, slot);
    uint64_t cost_a = rendezvous_cost(draw_a) * b->weight;
    uint64_t cost_b = rendezvous_cost(draw_b) * a->weight;

    return (cost_a != cost_b ? cost_a < cost_b
            : draw_a != draw_b ? draw_a > draw_b
            : a->id < b->id);
}

static bool
is_live(const struct slot_bucket *b, void *dead_)
{
    const uint32_t *dead = dead_;
    return b->id % 3 != *dead;
}

/* Owners, and their substitutes while they are dead, are the first in the
 * order of the slot.  A bucket of weight 0 is neither. */
static void
test_definition(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < N_GROUPS; i++) {
        uint32_t dead = random_range(3);
        struct group group;

        random_group(&group, 0);
        struct slot_table *table = create(&group);
        for (uint32_t slot = 0; slot < 1u << group.n_bits; slot++) {
            const struct slot_bucket *first = NULL;
            const struct slot_bucket *first_live = NULL;

            for (size_t j = 0; j < group.n; j++) {
                const struct slot_bucket *b = &group.buckets[j];
                if (!b->weight) {
                    continue;
                }
                if (!first || precedes(b, first, &group, slot)) {
                    first = b;
                }
                if (is_live(b, &dead)
                    && (!first_live
                        || precedes(b, first_live, &group, slot))) {
                    first_live = b;
                }
            }
            ovs_assert(owner(table, slot) == (first
                                          ? (long long int) first->id
                                          : -1));

            const struct slot_bucket *live
                = slot_table_best_live(table, slot, is_live, &dead);
            ovs_assert(!live == !first_live);
            ovs_assert(!live || live->id == first_live->id);
        }
        slot_table_destroy(table);
    }
}

/* The draws of a bucket fall into each stratum once, for each number of
 * slots. */
static void
test_strata(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (unsigned int n_bits = RENDEZVOUS_MIN_BITS;
         n_bits <= RENDEZVOUS_MAX_BITS; n_bits++) {
        unsigned long *seen = bitmap_allocate(1u << n_bits);

        for (int i = 0; i < 100; i++) {
            struct rendezvous_key key;

            rendezvous_key_init(&key, random_number(32), random_number(32));
            for (uint32_t slot = 0; slot < 1u << n_bits; slot++) {
                uint64_t draw = rendezvous_draw(&key, n_bits, slot);

                ovs_assert(draw & 1);
                ovs_assert(bitmap_is_set(seen, draw >> (64 - n_bits))
                           == i % 2);
                bitmap_set(seen, draw >> (64 - n_bits), !(i % 2));
            }
        }
        bitmap_free(seen);
    }
}

/* Fails unless 'hits' out of 'n' independent trials, each with probability
 * 'p', can be chance: by the bound of Chernoff and Hoeffding, so many hits or
 * more, or so few or less, have a probability below exp(-25) = 1.4e-11. */
static void
check_binomial(double hits, double n, double p)
{
    double q = hits / n;
    double divergence = ((q > 0 ? q * log(q / p) : 0)
                         + (q < 1 ? (1 - q) * log((1 - q) / (1 - p)) : 0));

    if (n * divergence > 25) {
        ovs_fatal(0, "%.0f hits of %.0f, expected %.1f", hits, n, n * p);
    }
}

/* The share of a bucket is its weight's share of the sum of weights.  Tables
 * with different bases are independent, so that each slot gives one trial. */
static void
test_shares(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const uint16_t weights[][5] = {
        { 1, 1 },
        { 1, 1, 1, 1, 1 },
        { 2, 1, 1 },
        { 1, 2, 3, 4, 5 },
        { 100, 1 },
        { 1000, 999, 1 },
        { 65535, 1 },
        { 65535, 65534, 3 },
    };
    enum { N_BASES = 20000 };

    for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
        struct group group = { .n_bits = RENDEZVOUS_MIN_BITS };
        size_t hits[16][5] = { { 0 } };
        double total = 0;

        for (size_t j = 0; j < 5; j++) {
            add_bucket(&group, weights[i][j]);
            total += weights[i][j];
        }
        for (int j = 0; j < N_BASES; j++) {
            group.basis = j;

            struct slot_table *table = create(&group);
            for (uint32_t slot = 0; slot < 16; slot++) {
                for (size_t k = 0; k < 5; k++) {
                    hits[slot][k] += owner(table, slot) == group.buckets[k].id;
                }
            }
            slot_table_destroy(table);
        }
        for (uint32_t slot = 0; slot < 16; slot++) {
            for (size_t k = 0; k < 5; k++) {
                if (weights[i][k]) {
                    check_binomial(hits[slot][k], N_BASES,
                                   weights[i][k] / total);
                } else {
                    ovs_assert(!hits[slot][k]);
                }
            }
        }
    }
}

static void
print_owners(char *params)
{
    struct group group = { .n = 0 };
    char *save_ptr = NULL;
    int n = 0;

    ovs_assert(ovs_scan(params, "owners %"SCNu32" %u%n",
                        &group.basis, &group.n_bits, &n));
    for (char *s = strtok_r(params + n, " ", &save_ptr); s;
         s = strtok_r(NULL, " ", &save_ptr)) {
        struct slot_bucket *b = &group.buckets[group.n++];

        ovs_assert(group.n <= MAX_BUCKETS);
        ovs_assert(ovs_scan(s, "%"SCNu32":%"SCNu16, &b->id, &b->weight));
    }

    struct slot_table *table = create(&group);
    for (uint32_t slot = 0; slot < 1u << group.n_bits; slot++) {
        long long int id = owner(table, slot);

        if (id >= 0) {
            printf(" %lld", id);
        } else {
            printf(" none");
        }
    }
    slot_table_destroy(table);
}

/* Reads lines of these forms, without what follows a "=", and prints them with
 * a "=" and the values:
 *
 *     seed BASIS ID              the seed of a bucket
 *     places BASIS ID BITS       the places of all slots in a bucket's order
 *     draw BASIS ID BITS SLOT    a draw
 *     cost DRAW                  the cost of a draw
 *     owners BASIS BITS ID:WEIGHT...   the ids of the owners of all slots */
static void
compute(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&ds, stdin)) {
        char *line = ds_cstr(&ds);
        uint32_t basis, id, slot;
        struct rendezvous_key key;
        unsigned int n_bits;
        uint64_t draw;

        line[strcspn(line, "=")] = '\0';
        while (line[0] && line[strlen(line) - 1] == ' ') {
            line[strlen(line) - 1] = '\0';
        }
        printf("%s =", line);
        if (ovs_scan(line, "places %"SCNu32" %"SCNu32" %u",
                     &basis, &id, &n_bits)) {
            rendezvous_key_init(&key, basis, id);
            for (slot = 0; slot < 1u << n_bits; slot++) {
                draw = rendezvous_draw(&key, n_bits, slot);
                printf(" %"PRIu64, draw >> (64 - n_bits));
            }
        } else if (ovs_scan(line, "draw %"SCNu32" %"SCNu32" %u %"SCNu32,
                            &basis, &id, &n_bits, &slot)) {
            rendezvous_key_init(&key, basis, id);
            printf(" %#018"PRIx64, rendezvous_draw(&key, n_bits, slot));
        } else if (ovs_scan(line, "seed %"SCNu32" %"SCNu32, &basis, &id)) {
            rendezvous_key_init(&key, basis, id);
            printf(" %#018"PRIx64, key.seed);
        } else if (ovs_scan(line, "cost %"SCNx64, &draw)) {
            printf(" %"PRIu64, rendezvous_cost(draw));
        } else {
            print_owners(line);
        }
        putchar('\n');
    }
    ds_destroy(&ds);
}

static const struct ovs_cmdl_command commands[] = {
    { "add-remove", NULL, 0, 0, test_add_remove, OVS_RO },
    { "weight", NULL, 0, 0, test_weight, OVS_RO },
    { "subset", NULL, 0, 0, test_subset, OVS_RO },
    { "order-and-unit", NULL, 0, 0, test_order_and_unit, OVS_RO },
    { "definition", NULL, 0, 0, test_definition, OVS_RO },
    { "strata", NULL, 0, 0, test_strata, OVS_RO },
    { "shares", NULL, 0, 0, test_shares, OVS_RO },
    { "compute", NULL, 0, 0, compute, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_table_main(int argc, char *argv[])
{
    struct ovs_cmdl_context ctx = {
        .argc = argc - 1,
        .argv = argv + 1,
    };

    set_program_name(argv[0]);
    random_set_seed(1);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-slot-table", test_slot_table_main);
