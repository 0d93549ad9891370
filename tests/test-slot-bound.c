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

/* Tests lib/slot-bound.c. */

#include <config.h>
#undef NDEBUG
#include "slot-bound.h"
#include <math.h>
#include "ovstest.h"
#include "slot-test.h"

/* A capacity is a share and so many percent, rounded up or down, and all
 * together there is room for each slot, and for no more with 0 percent.  A
 * capacity that is rounded down although another one is rounded up has no
 * lesser lack. */
static void
test_capacities(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { MAX_MEMBERS = 100 };
    static const double rounding = 0.000001;

    for (int i = 0; i < 10000; i++) {
        struct rendezvous_member members[MAX_MEMBERS];
        uint32_t capacities[MAX_MEMBERS];
        unsigned int n_bits = 4 + random_range(13);
        unsigned int load_bound = (random_range(4)
                                   ? 1 + random_range(SLOT_BOUND_ZERO)
                                   : SLOT_BOUND_ZERO);
        size_t n = 1 + random_range(MAX_MEMBERS);
        double n_slots = 1u << n_bits;
        double total = 0, sum = 0, up = -1, down = 1;
        uint32_t id = 0;

        for (size_t j = 0; j < n; j++) {
            id += 1 + slot_test_number(20);
            rendezvous_member_init(&members[j], i, id, slot_test_weight());
            total += members[j].weight;
        }
        slot_bound_capacities(members, n, n_bits, load_bound, capacities);
        for (size_t j = 0; j < n; j++) {
            double most = (members[j].weight * n_slots / total
                           * (100 + slot_bound_percent(load_bound)) / 100);
            double lack = (rendezvous_threshold(&members[j]) / 0x1p24
                           - (most - floor(most)));

            sum += capacities[j];
            ovs_assert(fabs(capacities[j] - most) < 1 + rounding);
            if (capacities[j] > most) {
                up = MAX(up, lack);
            } else {
                down = MIN(down, lack);
            }
        }
        ovs_assert(up <= down + rounding);
        ovs_assert(load_bound == SLOT_BOUND_ZERO
                   ? sum == n_slots : sum >= n_slots);

        /* What is rounded up against its threshold is for the last slot. */
        ovs_assert(up <= rounding || sum == n_slots);
    }
}

/* Of members that lack the same, the one with the lesser id gets more. */
static void
test_ties(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const uint32_t ids[] = { 73, 1412, 6389 };
    static const uint32_t expected[] = { 5, 6, 5 };
    struct rendezvous_member members[ARRAY_SIZE(ids)];
    uint32_t capacities[ARRAY_SIZE(ids)];

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        rendezvous_member_init(&members[i], 0, ids[i], 1);
    }
    ovs_assert(rendezvous_threshold(&members[1])
               == rendezvous_threshold(&members[2]));
    slot_bound_capacities(members, ARRAY_SIZE(ids), 4, 1, capacities);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        ovs_assert(capacities[i] == expected[i]);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "capacities", NULL, 0, 0, test_capacities, OVS_RO },
    { "ties", NULL, 0, 0, test_ties, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_bound_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-bound", test_slot_bound_main);
