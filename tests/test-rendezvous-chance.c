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

/* Tests lib/rendezvous.c: that the members' orders look like random
 * permutations, and that each wins as often as its weight says.  All that is
 * chance has fixed seeds, and limits far beyond it. */

#include <config.h>
#undef NDEBUG
#include "rendezvous.h"
#include <math.h>
#include "ovstest.h"
#include "slot-order.h"
#include "slot-test.h"

/* Makes 'places' a random permutation (Fisher and Yates). */
static void
random_permutation(uint16_t places[], uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = random_range(i + 1);

        places[i] = places[j];
        places[j] = i;
    }
}

/* Fails if 'sum', of numbers with the mean 0 and together the given
 * 'variance', is further from 0 than chance would have it. */
static void
check_sum(double sum, double variance, const char *what, unsigned int n_bits)
{
    double z = sum / sqrt(variance);

    if (fabs(z) > 6) {
        ovs_fatal(0, "%s with %u bits: %.1f standard deviations", what, n_bits,
                  z);
    }
}

/* The orders of two members of which only the ids or only the bases differ, in
 * one bit or by 1, have nothing to do with each other: their places are not
 * correlated, and neither are whether they are in the upper half, odd or
 * even, or at the top. */
static void
test_independence(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { N_PAIRS = 3000 };
    static const uint32_t differences[] = { 1, 2, 0x100, 0x80000000 };

    for (unsigned int n_bits = 4; n_bits <= 8; n_bits++) {
        uint32_t n = 1u << n_bits;

        for (size_t i = 0; i < 2 * ARRAY_SIZE(differences); i++) {
            uint32_t difference = differences[i / 2];
            double places = 0, halves = 0, odds = 0, tops = 0;

            for (uint32_t j = 0; j < N_PAIRS; j++) {
                struct rendezvous_member a, b;
                double mean = (n - 1) / 2.0;

                rendezvous_member_init(&a, j, j / 2, 1);
                rendezvous_member_init(&b, j + (i % 2 ? difference : 0),
                                       j / 2 + (i % 2 ? 0 : difference), 1);
                for (uint32_t slot = 0; slot < n; slot++) {
                    uint32_t pa = rendezvous_place(&a, n_bits, slot);
                    uint32_t pb = rendezvous_place(&b, n_bits, slot);

                    places += (pa - mean) * (pb - mean) * 12 / (n * n - 1.0);
                    halves += (pa < n / 2) == (pb < n / 2) ? 1 : -1;
                    odds += pa % 2 == pb % 2 ? 1 : -1;
                    tops += pa == n - 1 && pb == n - 1;
                }
            }

            /* For random permutations, the variance of each of the first three
             * sums is n * n / (n - 1) for each pair. */
            double variance = (double) N_PAIRS * n * n / (n - 1);
            check_sum(places, variance, "correlation of places", n_bits);
            check_sum(halves, variance, "correlation of halves", n_bits);
            check_sum(odds, variance, "correlation of odd places", n_bits);
            check_sum(tops - N_PAIRS / (double) n, N_PAIRS / (double) n,
                      "coincidence of top places", n_bits);
        }
    }
}

/* Tables of some members with equal weights, whose orders are the members' own
 * or random permutations, give two slots the same owner equally often, for
 * every difference of the slots, and members loads of the same variance. */
static void
test_permutation(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { N_TABLES = 40000, N_MEMBERS = 4, N_BITS = 6, N = 1 << N_BITS };
    double same[2][N] = { { 0 } };
    double variance[2] = { 0 };

    for (int ideal = 0; ideal < 2; ideal++) {
        for (int table = 0; table < N_TABLES; table++) {
            uint64_t best[N] = { 0 };
            int owner[N] = { 0 };
            double load[N_MEMBERS] = { 0 };

            for (int i = 0; i < N_MEMBERS; i++) {
                struct rendezvous_member member;
                uint16_t places[N];

                rendezvous_member_init(&member, table, i, 1);
                random_permutation(places, N);
                for (int slot = 0; slot < N; slot++) {
                    uint32_t place = (ideal ? places[slot]
                                      : rendezvous_place(&member, N_BITS,
                                                         slot));
                    uint64_t x = rendezvous_draw(&member, N_BITS, slot, place);

                    if (x > best[slot]) {
                        best[slot] = x;
                        owner[slot] = i;
                    }
                }
            }
            for (int slot = 0; slot < N; slot++) {
                load[owner[slot]]++;
                for (int d = 1; d < N; d++) {
                    same[ideal][d] += owner[slot] == owner[slot ^ d];
                }
            }
            for (int i = 0; i < N_MEMBERS; i++) {
                double difference = load[i] - N / N_MEMBERS;

                variance[ideal] += difference * difference;
            }
        }
    }
    for (int d = 1; d < N; d++) {
        /* Each pair of slots counts twice. */
        double p = same[1][d] / N_TABLES / N;

        check_sum(same[0][d] - same[1][d],
                  2 * 2 * p * (1 - p) * N_TABLES * N, "same owner", N_BITS);
    }
    ovs_assert(fabs(variance[0] / variance[1] - 1) < .1);
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

/* Fails unless the 'n' 'hits', of 'n_trials' independent trials together, can
 * come from the probabilities weights[i] / 'total': Pearson's chi-square test,
 * with a limit far beyond any chance.  Members that are expected to be hit
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

/* The share of a member is its weight's share of the sum of weights.  Tables
 * with different bases are independent, so that each slot gives one trial. */
static void
test_shares(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { N_BASES = 20000, N_BITS = 4, N = 1 << N_BITS, MAX_MEMBERS = 5 };
    static const uint16_t weights[][MAX_MEMBERS] = {
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

    for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
        size_t hits[N][MAX_MEMBERS] = { { 0 } };
        uint32_t ids[MAX_MEMBERS];
        double total = 0;
        size_t n = 0;

        while (n < MAX_MEMBERS && weights[i][n]) {
            ids[n] = random_uint32();
            total += weights[i][n++];
        }
        for (int j = 0; j < N_BASES; j++) {
            struct rendezvous_member members[MAX_MEMBERS];

            for (size_t k = 0; k < n; k++) {
                rendezvous_member_init(&members[k], j, ids[k], weights[i][k]);
            }
            for (uint32_t slot = 0; slot < N; slot++) {
                size_t first = 0;

                for (size_t k = 1; k < n; k++) {
                    if (slot_order_precedes(&members[k], &members[first],
                                            N_BITS, slot)) {
                        first = k;
                    }
                }
                hits[slot][first]++;
            }
        }
        for (uint32_t slot = 0; slot < N; slot++) {
            check_chi_square(hits[slot], weights[i], n, total, N_BASES);
            for (size_t k = 0; k < n; k++) {
                check_binomial(hits[slot][k], N_BASES, weights[i][k] / total);
            }
        }
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "independence", NULL, 0, 0, test_independence, OVS_RO },
    { "permutation", NULL, 0, 0, test_permutation, OVS_RO },
    { "shares", NULL, 0, 0, test_shares, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_rendezvous_chance_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-rendezvous-chance", test_rendezvous_chance_main);
