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

/* Tests lib/slot-match.c. */

#include <config.h>
#undef NDEBUG
#include "slot-match.h"
#include <math.h>
#include "ovstest.h"
#include "slot-check.h"
#include "slot-group.h"
#include "slot-test.h"
#include "slot-winners.h"

/* The owners are the stable matching, and none is beyond the reach. */
static void
test_build(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_winners w;

        slot_group_random(&group);
        slot_group_init_winners(&group, &w);
        slot_match_build(&w);
        slot_check_matching(&w, 1);
        slot_check_reach(&w);
        slot_winners_uninit(&w);
    }
}

/* The test of dp_hash asks for a standard deviation of at most 12.5 % of a
 * bucket's share for 1 to 64 equal buckets.  1024 slots with a load bound of
 * 5 % meet that. */
static void
test_deviation(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (uint32_t i = 0; i < 64 * 50; i++) {
        uint32_t loads[SLOT_GROUP_MAX];
        struct slot_winners w;
        double sum = 0;

        group.n_bits = 10;
        group.load_bound = 5;
        group.n = 1 + i % 64;
        for (size_t j = 0; j < group.n; j++) {
            rendezvous_member_init(&group.members[j], i / 64, j, 100);
        }
        slot_group_init_winners(&group, &w);
        slot_match_build(&w);
        slot_winners_count(&w, loads, NULL);
        for (size_t j = 0; j < group.n; j++) {
            double ratio = loads[j] * group.n / 1024.0;

            sum += (ratio - 1) * (ratio - 1) / group.n;
        }
        ovs_assert(sqrt(sum) <= 0.125);
        slot_winners_uninit(&w);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "build", NULL, 0, 0, test_build, OVS_RO },
    { "deviation", NULL, 0, 0, test_deviation, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_match_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-match", test_slot_match_main);
