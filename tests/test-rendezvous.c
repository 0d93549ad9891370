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

/* Tests lib/rendezvous.c: that draws and costs are what they must be, and that
 * the members' orders look like random permutations. */

#include <config.h>
#undef NDEBUG
#include "rendezvous.h"
#include <math.h>
#include <stdlib.h>
#include "bitmap.h"
#include "ovstest.h"
#include "random.h"
#include "slot-group.h"
#include "util.h"

/* The draws of a bucket fall into each stratum once, for each number of slots,
 * for one member as for a group, and slots are found by their places. */
static void
test_strata(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (unsigned int n_bits = RENDEZVOUS_MIN_BITS;
         n_bits <= RENDEZVOUS_MAX_BITS; n_bits++) {
        unsigned long *seen = bitmap_allocate(1u << n_bits);

        for (int i = 0; i < 100; i++) {
            struct rendezvous_member members[RENDEZVOUS_GROUP];
            const struct rendezvous_member *member = &members[i % 8];
            struct rendezvous_group *group;

            for (int j = 0; j < RENDEZVOUS_GROUP; j++) {
                rendezvous_member_init(&members[j], slot_group_number(32),
                                       slot_group_number(32), 1);
            }
            group = rendezvous_groups_create(members, RENDEZVOUS_GROUP);
            for (uint32_t slot = 0; slot < 1u << n_bits; slot++) {
                uint32_t place = rendezvous_place(member, n_bits, slot);
                uint64_t x = rendezvous_draw(member, n_bits, slot, place);

                ovs_assert(x & 1);
                ovs_assert(x >> (64 - n_bits) == place);
                ovs_assert(bitmap_is_set(seen, place) == i % 2);
                bitmap_set(seen, place, !(i % 2));

                uint16_t places[RENDEZVOUS_GROUP];
                rendezvous_group_places(group, n_bits, slot, places);
                ovs_assert(places[member - members] == place);
            }
            free(group);

            struct rendezvous_group walk;
            rendezvous_walk_init(&walk, member);
            for (uint32_t end = 1; end <= 1u << n_bits; end++) {
                uint16_t slots[RENDEZVOUS_BATCH];

                rendezvous_walk(&walk, n_bits, end, slots);
                for (uint32_t j = 0; j < MIN(end, RENDEZVOUS_BATCH); j++) {
                    ovs_assert(rendezvous_place(member, n_bits, slots[j])
                               == end - 1 - j);
                }
                end += end > 64 ? 37 : 0;
            }
        }
        bitmap_free(seen);
    }
}

/* rendezvous_highest() finds the members with the highest places, and the
 * slots of which more than one has it. */
static void
test_highest(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { N_MEMBERS = 20 };
    struct rendezvous_member members[N_MEMBERS];
    size_t n_ties = 0;

    for (int i = 0; i < 10000; i++) {
        uint16_t slots[RENDEZVOUS_CHUNK];
        uint16_t winners[RENDEZVOUS_CHUNK], places[RENDEZVOUS_CHUNK];
        unsigned int n_bits = 4 + i % 13;
        size_t n = 1 + random_range(N_MEMBERS);
        size_t n_slots = 1 + random_range(RENDEZVOUS_CHUNK);

        for (size_t j = 0; j < n; j++) {
            rendezvous_member_init(&members[j], i, slot_group_number(32), 1);
        }
        for (size_t j = 0; j < n_slots; j++) {
            slots[j] = random_range(1u << n_bits);
        }

        rendezvous_highest(members, n, n_bits, slots, n_slots, winners,
                           places);
        for (size_t j = 0; j < n_slots; j++) {
            size_t n_highest = 0;

            for (size_t k = 0; k < n; k++) {
                uint32_t place = rendezvous_place(&members[k], n_bits,
                                                  slots[j]);

                ovs_assert(place <= places[j]);
                n_highest += place == places[j];
            }
            if (n_highest > 1 || !places[j]) {
                ovs_assert(winners[j] == RENDEZVOUS_TIE);
                n_ties++;
            } else {
                ovs_assert(rendezvous_place(&members[winners[j]], n_bits,
                                            slots[j]) == places[j]);
            }
        }
    }
    ovs_assert(n_ties > 1000);
}

/* The rough bounds of a cost are true, and not too rough. */
static void
test_cost_bounds(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < 1000000; i++) {
        uint64_t x = i < 2000 ? UINT64_MAX - i : random_uint64();

        x = (x >> random_range(64)) | 1;
        if (random_range(2)) {
            x = -x;             /* Close to 1 as often as close to 0. */
        }

        uint64_t cost = rendezvous_cost(x);
        uint64_t min = rendezvous_cost_min(x);
        uint64_t max = rendezvous_cost_max(x);

        ovs_assert(min <= cost && cost <= max);
        ovs_assert(cost - min <= cost / 9 + 2000);
        ovs_assert(max - cost <= cost / 9 + 2000);
    }
}

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

static const struct ovs_cmdl_command commands[] = {
    { "strata", NULL, 0, 0, test_strata, OVS_RO },
    { "highest", NULL, 0, 0, test_highest, OVS_RO },
    { "cost-bounds", NULL, 0, 0, test_cost_bounds, OVS_RO },
    { "independence", NULL, 0, 0, test_independence, OVS_RO },
    { "permutation", NULL, 0, 0, test_permutation, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_rendezvous_main(int argc, char *argv[])
{
    slot_group_run_test(argc, argv, commands);
}

OVSTEST_REGISTER("test-rendezvous", test_rendezvous_main);
