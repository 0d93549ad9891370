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

/* Tests lib/slot-claim.c, lib/slot-table.c, lib/slot-bound.c and
 * lib/slot-diff.c: what a slot table promises, on random sets of buckets at
 * fixed seeds, with the checks in tests/slot-check.h.
 * tests/test-slot-vectors.c compares it with a model. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "command-line.h"
#include "ovstest.h"
#include "random.h"
#include "slot-advice.h"
#include "slot-check.h"
#include "slot-claim.h"
#include "slot-diff.h"
#include "util.h"

#define MAX_BUCKETS 600
#define MAX_RANDOM_BUCKETS 32   /* In most random groups. */
#define N_GROUPS 1000           /* Random groups for each property. */

/* The parameters of a table. */
struct group {
    struct slot_table_params params;
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
    group->n++;
}

/* Makes '*group' a random one with at least 'min' buckets and room for one
 * more.  In a third of the groups all buckets have the same weight. */
static void
random_group(struct group *group, size_t min)
{
    int weight = random_range(3) ? -1 : 1 + random_range(UINT16_MAX);
    size_t n = min + random_range(MAX_RANDOM_BUCKETS - min);

    group->params.basis = random_number(32);
    group->params.n_bits = 4 + random_range(5);
    group->params.load_bound = 0;
    group->n = 0;
    while (group->n < n) {
        add_bucket(group, weight);
    }
}

static struct slot_table *
create(struct group *group)
{
    for (size_t i = 0; i < group->n; i++) {
        group->buckets[i].aux = &group->buckets[i];
    }
    return slot_table_create(&group->params, group->buckets, group->n, NULL);
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
    struct slot_bucket *b = slot_table_owner(table, slot);
    return b ? (long long int) b->id : -1;
}

/* Checks that each slot that has different owners in the tables of 'a' and 'b'
 * is owned by bucket 'id' in the table of 'a' if 'gives', or in that of 'b' if
 * 'takes'. */
static void
check_moves(struct group *a, struct group *b, uint32_t id,
            bool gives, bool takes)
{
    struct slot_table *ta = create(a);
    struct slot_table *tb = create(b);

    for (uint32_t slot = 0; slot < 1u << a->params.n_bits; slot++) {
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
        for (uint32_t slot = 0; slot < 1u << a.params.n_bits; slot++) {
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
    for (int i = 0; i < N_GROUPS; i++) {
        struct rendezvous_member members[MAX_RANDOM_BUCKETS];
        uint32_t dead = random_range(3);
        struct group group;

        random_group(&group, 0);
        for (size_t j = 0; j < group.n; j++) {
            rendezvous_member_init(&members[j], group.params.basis,
                                   group.buckets[j].id,
                                   group.buckets[j].weight);
        }
        struct slot_table *table = create(&group);
        group.params.load_bound = 1;
        struct slot_table *bounded = create(&group);
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
            ovs_assert(owner(table, slot) == (first
                                              ? (long long int) first->id
                                              : -1));

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

/* No claim at a place below that which slot_claim_min_place() names is better
 * than the one whose reach it is given. */
static void
test_reach(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < 1000000; i++) {
        unsigned int n_bits = 4 + random_range(13);
        uint16_t slot = random_range(1u << n_bits);
        struct rendezvous_member a, b;

        rendezvous_member_init(&a, i, random_number(32), 1);
        rendezvous_member_init(&b, i, random_number(32), 1);
        a.weight = random_range(2) ? 1 + random_number(15) : 65535;
        b.weight = random_range(2) ? 1 + random_number(15) : 65535;
        if (random_range(2)) {
            b.weight = a.weight;
        }

        struct slot_claim claim = {
            &a, slot,
            random_range(2) ? (1u << n_bits) - 1 : random_range(1u << n_bits)
        };
        uint64_t reach = slot_claim_reach(&claim, n_bits);
        uint32_t min_place = slot_claim_min_place(reach, n_bits, b.weight);

        if (min_place) {
            struct slot_claim lower = { &b, slot, min_place - 1 };

            ovs_assert(!slot_claim_is_better(&lower, &claim, n_bits));
        }
    }
}

/* Where costs divided by weights are equal, the greater draw decides,
 * whichever claim is asked about. */
static void
test_ties(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const struct {
        uint16_t slot;
        uint32_t better, worse; /* Bucket ids. */
        uint16_t better_weight, worse_weight;
    } ties[] = {
        { 8859, 445428, 634071, 1, 2 },
        { 10694, 1638703, 2590776, 1, 2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(ties); i++) {
        uint16_t slot = ties[i].slot;
        struct rendezvous_member a, b;

        rendezvous_member_init(&a, 0, ties[i].better, ties[i].better_weight);
        rendezvous_member_init(&b, 0, ties[i].worse, ties[i].worse_weight);
        ovs_assert(rendezvous_cost(slot_check_draw(&a, 16, slot)) * b.weight
                   == rendezvous_cost(slot_check_draw(&b, 16, slot))
                      * a.weight);

        struct slot_claim ca = { &a, slot, rendezvous_place(&a, 16, slot) };
        struct slot_claim cb = { &b, slot, rendezvous_place(&b, 16, slot) };
        ovs_assert(slot_claim_is_better(&ca, &cb, 16)
                   == slot_check_precedes(&a, &b, 16, slot));
        ovs_assert(slot_claim_is_better(&cb, &ca, 16)
                   == slot_check_precedes(&b, &a, 16, slot));
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

/* Changes 'group' at random, in one of the ways that users do. */
static void
random_change(struct group *group)
{
    size_t n = 1 + random_range(random_range(8) ? 4 : MAX_BUCKETS);
    bool equal = group->n && random_range(2);

    switch (random_range(16)) {
    case 0: case 1: case 2: case 3: case 4:
        while (n-- && group->n < MAX_BUCKETS) {
            add_bucket(group, equal ? group->buckets[0].weight : -1);
        }
        break;
    case 5: case 6: case 7: case 8:
        while (n-- && group->n) {
            remove_bucket(group, random_range(group->n));
        }
        break;
    case 9: case 10:
        while (n-- && group->n) {
            group->buckets[random_range(group->n)].weight = random_number(16);
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
            add_bucket(group, -1);
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
            group->params.basis = random_number(32);
        }
        break;
    }
}

/* Returns the weight of the bucket with the given 'id' in 'group', or 0. */
static uint16_t
weight_of(const struct group *group, long long int id)
{
    for (size_t i = 0; i < group->n; i++) {
        if (group->buckets[i].id == id) {
            return group->buckets[i].weight;
        }
    }
    return 0;
}

static bool
is_unchanged(const struct group *a, const struct group *b, long long int id)
{
    return weight_of(a, id) && weight_of(a, id) == weight_of(b, id);
}

/* Returns what owner() does, but for a table whose buckets have changed. */
static long long int
old_owner(const struct slot_table *table, uint32_t slot)
{
    return (slot_table_is_empty(table)
            ? -1 : (long long int) slot_table_owner_id(table, slot));
}

/* Checks slot_diff() from the table of 'a', as it was, to that of 'b'. */
static void
check_diff(const struct group *a, const struct slot_table *ta,
           const struct group *b, const struct slot_table *tb)
{
    struct slot_diff diff = slot_diff(ta, tb, NULL, NULL, NULL);
    uint32_t n_moved = 0, n_collateral = 0;

    for (uint32_t slot = 0; slot < slot_table_n_slots(ta); slot++) {
        long long int oa = old_owner(ta, slot);
        long long int ob = owner(tb, slot);

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
    struct group *group = xzalloc(sizeof *group);
    struct group *old = xzalloc(sizeof *old);
    struct slot_table *table = NULL;

    for (int i = 0; i < 10000; i++) {
        if (!(i % 200)) {
            slot_table_destroy(table);
            table = NULL;
            random_group(group, 0);
        }
        *old = *group;
        random_change(group);

        struct slot_table *fresh = create(group);
        struct slot_table *next = slot_table_create(&group->params,
                                                    group->buckets, group->n,
                                                    table);
        slot_check_equal(fresh, next);
        check_reach(next);
        if (table && group->params.basis == old->params.basis
            && group->params.n_bits == old->params.n_bits) {
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
    for (int i = 0; i < N_GROUPS; i++) {
        struct group group;

        random_group(&group, 1);
        group.params.load_bound = random_number(8);
        if (group.params.load_bound) {
            struct slot_table *table = create(&group);

            slot_check_bound(table);
            slot_table_destroy(table);
        }
    }
}

/* Returns a table of 'group' with the option 'name' as 'advice' has it, or
 * null if it does not name it. */
static struct slot_table *
follow_advice(const struct group *group, const char *advice, const char *name)
{
    struct slot_table_params params = group->params;
    const char *s = strstr(advice, name);

    if (!s) {
        return NULL;
    }
    int value = atoi(s + strlen(name));
    if (name[0] == 's') {
        params.n_bits = log_2_floor(value);
        ovs_assert(value == 1 << params.n_bits);
    } else {
        params.load_bound = value;
    }
    return slot_table_create(&params, group->buckets, group->n, NULL);
}

/* A table that follows the advice of slot_advice_get() gets no other.  With
 * the slots it names, no bucket of at least average weight has more than 1.5
 * times its share, with the load bound, either. */
static void
test_advice(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const char *const names[] = { "slots=", "load_bound=" };
    struct group *group = xzalloc(sizeof *group);
    int n_followed[ARRAY_SIZE(names)] = { 0 };

    for (int i = 0; i < N_GROUPS; i++) {
        bool equal = random_range(2);
        size_t n = 1 + random_range(100);

        group->params = (struct slot_table_params) {
            .basis = i, .n_bits = 4 + random_range(7),
            .load_bound = random_range(4) ? 0 : 1 + random_range(20),
        };
        group->n = 0;
        while (group->n < n) {
            add_bucket(group, equal ? 100 : 1 + random_range(10));
        }

        struct slot_table *table = create(group);
        char *advice = slot_advice_get(table);
        slot_table_destroy(table);
        for (size_t j = 0; advice && j < ARRAY_SIZE(names); j++) {
            table = follow_advice(group, advice, names[j]);
            if (!table) {
                continue;
            }
            n_followed[j]++;
            ovs_assert(!slot_advice_get(table));

            const struct slot_winners *w = &table->winners;
            uint32_t *loads = xmalloc(n * sizeof *loads);
            uint64_t total = 0;
            for (size_t k = 0; k < n; k++) {
                total += w->members[k].weight;
            }
            slot_winners_count(w, loads, NULL);
            for (size_t k = 0; k < n; k++) {
                uint64_t weight = w->members[k].weight;

                ovs_assert(weight * n < total
                           || (2 * loads[k] * total
                               <= 3 * weight * slot_table_n_slots(table)));
            }
            free(loads);
            slot_table_destroy(table);
        }
        free(advice);
    }
    ovs_assert(n_followed[0] > 50 && n_followed[1] > 50);
    free(group);
}

/* The test of dp_hash asks for a standard deviation of at most 12.5 % of a
 * bucket's share for 1 to 64 equal buckets.  A table with the default number
 * of slots and a load bound of 5 % meets that. */
static void
test_deviation(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (size_t n = 1; n <= 64; n++) {
        struct group *group = xzalloc(sizeof *group);

        group->params.n_bits = 10;
        group->params.load_bound = 5;
        for (size_t i = 0; i < n; i++) {
            add_bucket(group, 100);
            group->buckets[i].id = i;
        }
        for (int basis = 0; basis < 50; basis++) {
            uint32_t loads[64] = { 0 };
            double sum = 0;

            group->params.basis = basis;
            struct slot_table *table = create(group);
            for (uint32_t slot = 0; slot < 1024; slot++) {
                loads[owner(table, slot)]++;
            }
            slot_table_destroy(table);
            for (size_t i = 0; i < n; i++) {
                double ratio = loads[i] * n / 1024.0;
                sum += (ratio - 1) * (ratio - 1) / n;
            }
            ovs_assert(sqrt(sum) <= 0.125);
        }
        free(group);
    }
}

/* A table has room for 65535 buckets.  Those with twice the weight
 * own twice the slots. */
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
    slot_check_equal(less, fresh);
    slot_check_equal(more, table);

    double heavy = 0;
    for (uint32_t slot = 0; slot < slot_table_n_slots(table); slot++) {
        heavy += table->winners.owners[slot] % 2;
    }
    check_binomial(heavy, slot_table_n_slots(table), 2.0 / 3);

    slot_table_destroy(table);
    slot_table_destroy(less);
    slot_table_destroy(fresh);
    slot_table_destroy(more);
    free(buckets);
}

/* Fails unless the 'n' 'hits', of 'n_trials' independent trials together, can
 * come from the probabilities weights[i] / 'total': Pearson's chi-square test,
 * with a limit far beyond any chance.  Buckets that are expected to be hit
 * less than 5 times count as one. */
static void
check_chi_square(const size_t hits[], const uint16_t weights[], size_t n,
                 double total, double n_trials)
{
    double rare_hits = 0, rare = 0, sum = 0, df = -1;

    for (size_t i = 0; i <= n; i++) {
        double expected = i < n ? n_trials * weights[i] / total : rare;
        double seen = i < n ? hits[i] : rare_hits;

        if (i < n && expected < 5) {
            rare += expected;
            rare_hits += seen;
        } else if (expected >= 5) {
            sum += (seen - expected) * (seen - expected) / expected;
            df++;
        }
    }
    if (sum > df + 8 * sqrt(2 * df) + 25) {
        ovs_fatal(0, "chi-square %.1f with %.0f degrees of freedom", sum, df);
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
        { 65535, 1, 1, 1, 1 },
        { 65535, 4096, 256, 16, 1 },
        { 65535, 65534, 3 },
    };
    enum { N_BASES = 20000 };

    for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
        struct group group = { .params = { .n_bits = RENDEZVOUS_MIN_BITS } };
        size_t hits[16][5] = { { 0 } };
        double total = 0;

        for (size_t j = 0; j < 5; j++) {
            add_bucket(&group, weights[i][j]);
            total += weights[i][j];
        }
        for (int j = 0; j < N_BASES; j++) {
            group.params.basis = j;

            struct slot_table *table = create(&group);
            for (uint32_t slot = 0; slot < 16; slot++) {
                for (size_t k = 0; k < 5; k++) {
                    hits[slot][k] += owner(table, slot) == group.buckets[k].id;
                }
            }
            slot_table_destroy(table);
        }
        for (uint32_t slot = 0; slot < 16; slot++) {
            check_chi_square(hits[slot], weights[i], 5, total, N_BASES);
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

static const struct ovs_cmdl_command commands[] = {
    { "add-remove", NULL, 0, 0, test_add_remove, OVS_RO },
    { "weight", NULL, 0, 0, test_weight, OVS_RO },
    { "subset", NULL, 0, 0, test_subset, OVS_RO },
    { "order-and-unit", NULL, 0, 0, test_order_and_unit, OVS_RO },
    { "definition", NULL, 0, 0, test_definition, OVS_RO },
    { "reach", NULL, 0, 0, test_reach, OVS_RO },
    { "ties", NULL, 0, 0, test_ties, OVS_RO },
    { "changes", NULL, 0, 0, test_changes, OVS_RO },
    { "bound", NULL, 0, 0, test_bound, OVS_RO },
    { "advice", NULL, 0, 0, test_advice, OVS_RO },
    { "deviation", NULL, 0, 0, test_deviation, OVS_RO },
    { "max-buckets", NULL, 0, 0, test_max_buckets, OVS_RO },
    { "shares", NULL, 0, 0, test_shares, OVS_RO },
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
