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

/* Tests lib/slot-claim.c: that claims are compared as the definition says, and
 * that nothing beyond a reach is missed. */

#include <config.h>
#undef NDEBUG
#include "slot-claim.h"
#include "ovstest.h"
#include "random.h"
#include "slot-check.h"
#include "slot-group.h"
#include "util.h"

/* No claim at a place below that which slot_claim_min_place() names is better
 * than the one whose reach it is given. */
static void
test_reach(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < 1000000; i++) {
        unsigned int n_bits = 4 + random_range(13);
        uint16_t slot = random_range(1u << n_bits);
        struct rendezvous_member a, b;

        rendezvous_member_init(&a, i, slot_group_number(32), 1);
        rendezvous_member_init(&b, i, slot_group_number(32), 1);
        a.weight = random_range(2) ? 1 + slot_group_number(15) : 65535;
        b.weight = random_range(2) ? 1 + slot_group_number(15) : 65535;
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

static const struct ovs_cmdl_command commands[] = {
    { "reach", NULL, 0, 0, test_reach, OVS_RO },
    { "ties", NULL, 0, 0, test_ties, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_claim_main(int argc, char *argv[])
{
    slot_group_run_test(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-claim", test_slot_claim_main);
