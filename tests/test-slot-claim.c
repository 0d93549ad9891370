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
#include <stdlib.h>
#include "ovstest.h"
#include "slot-order.h"
#include "slot-test.h"

/* The best claim of some members is that of the one which precedes all others,
 * but for those that are left out. */
static void
test_best(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { MAX_MEMBERS = 40 };

    for (int i = 0; i < 30000; i++) {
        struct rendezvous_member members[MAX_MEMBERS];
        uint32_t min_places[MAX_MEMBERS];
        size_t n = 1 + random_range(MAX_MEMBERS);
        const struct rendezvous_member *first = NULL;
        uint16_t weight = random_range(3) ? 0 : slot_test_weight();
        unsigned int n_bits = 4 + random_range(13);
        uint16_t slot = random_range(1u << n_bits);
        bool leave_out = random_range(2);
        uint16_t max_weight = 0;

        for (size_t j = 0; j < n; j++) {
            rendezvous_member_init(&members[j], i, slot_test_number(32),
                                   weight ? weight : slot_test_weight());
            max_weight = MAX(max_weight, members[j].weight);
            min_places[j] = random_range(2u << n_bits);
            if ((!leave_out || rendezvous_place(&members[j], n_bits, slot)
                               >= min_places[j])
                && (!first || slot_order_precedes(&members[j], first, n_bits,
                                                  slot))) {
                first = &members[j];
            }
        }

        struct rendezvous_group *groups = rendezvous_groups_create(members, n);
        struct slot_claim best = slot_claim_find_best(
            members, n, groups, max_weight, leave_out ? min_places : NULL,
            n_bits, slot);
        ovs_assert(best.member == first && best.slot == slot);
        ovs_assert(!first || (best.place
                              == rendezvous_place(first, n_bits, slot)));
        free(groups);
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

        rendezvous_member_init(&a, i, slot_test_number(32), 1);
        rendezvous_member_init(&b, i, slot_test_number(32), 1);
        a.weight = random_range(2) ? slot_test_weight() : UINT16_MAX;
        b.weight = random_range(2) ? slot_test_weight() : UINT16_MAX;
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
        uint32_t better, worse; /* Member ids. */
    } ties[] = {
        { 8859, 445428, 634071 },
        { 10694, 1638703, 2590776 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(ties); i++) {
        uint16_t slot = ties[i].slot;
        struct rendezvous_member a, b;

        rendezvous_member_init(&a, 0, ties[i].better, 1);
        rendezvous_member_init(&b, 0, ties[i].worse, 2);

        struct slot_claim ca = { &a, slot, rendezvous_place(&a, 16, slot) };
        struct slot_claim cb = { &b, slot, rendezvous_place(&b, 16, slot) };
        uint64_t draw_a = rendezvous_draw(&a, 16, slot, ca.place);
        uint64_t draw_b = rendezvous_draw(&b, 16, slot, cb.place);

        ovs_assert(rendezvous_cost(draw_a) * b.weight
                   == rendezvous_cost(draw_b) * a.weight);
        ovs_assert(draw_a > draw_b);
        ovs_assert(slot_claim_is_better(&ca, &cb, 16));
        ovs_assert(!slot_claim_is_better(&cb, &ca, 16));
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "best", NULL, 0, 0, test_best, OVS_RO },
    { "reach", NULL, 0, 0, test_reach, OVS_RO },
    { "ties", NULL, 0, 0, test_ties, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_claim_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-claim", test_slot_claim_main);
