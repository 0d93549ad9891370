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

/* Tests what share of the slots each bucket of a slot table gets, and
 * lib/slot-advice.c. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "ovstest.h"
#include "random.h"
#include "slot-advice.h"
#include "slot-check.h"
#include "slot-group.h"
#include "util.h"

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

/* Returns a table of 'group' with the option 'name' as 'advice' has it, or
 * null if it does not name it. */
static struct slot_table *
follow_advice(const struct slot_group *group, const char *advice,
              const char *name)
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
    struct slot_group *group = xzalloc(sizeof *group);
    int n_followed[ARRAY_SIZE(names)] = { 0 };

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        bool equal = random_range(2);
        size_t n = 1 + random_range(100);

        group->params = (struct slot_table_params) {
            .basis = i, .n_bits = 4 + random_range(7),
            .load_bound = random_range(4) ? 0 : 1 + random_range(20),
        };
        group->n = 0;
        while (group->n < n) {
            slot_group_add(group, equal ? 100 : 1 + random_range(10));
        }

        struct slot_table *table = slot_group_create(group);
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
        struct slot_group *group = xzalloc(sizeof *group);

        group->params.n_bits = 10;
        group->params.load_bound = 5;
        for (size_t i = 0; i < n; i++) {
            slot_group_add(group, 100);
            group->buckets[i].id = i;
        }
        for (int basis = 0; basis < 50; basis++) {
            uint32_t loads[64] = { 0 };
            double sum = 0;

            group->params.basis = basis;
            struct slot_table *table = slot_group_create(group);
            for (uint32_t slot = 0; slot < 1024; slot++) {
                loads[slot_group_owner(table, slot)]++;
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
        struct slot_group group = {
            .params = { .n_bits = RENDEZVOUS_MIN_BITS },
        };
        size_t hits[16][5] = { { 0 } };
        double total = 0;

        for (size_t j = 0; j < 5; j++) {
            slot_group_add(&group, weights[i][j]);
            total += weights[i][j];
        }
        for (int j = 0; j < N_BASES; j++) {
            group.params.basis = j;

            struct slot_table *table = slot_group_create(&group);
            for (uint32_t slot = 0; slot < 16; slot++) {
                for (size_t k = 0; k < 5; k++) {
                    hits[slot][k] += (slot_group_owner(table, slot)
                                      == group.buckets[k].id);
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
    { "advice", NULL, 0, 0, test_advice, OVS_RO },
    { "deviation", NULL, 0, 0, test_deviation, OVS_RO },
    { "max-buckets", NULL, 0, 0, test_max_buckets, OVS_RO },
    { "shares", NULL, 0, 0, test_shares, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_shares_main(int argc, char *argv[])
{
    slot_group_run_test(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-shares", test_slot_shares_main);
