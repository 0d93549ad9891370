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

/* Tests lib/slot-proposals.c: that members find the stable matching. */

#include <config.h>
#undef NDEBUG
#include "slot-proposals.h"
#include <stdlib.h>
#include <string.h>
#include "ovstest.h"
#include "slot-check.h"
#include "slot-claim.h"
#include "slot-group.h"
#include "slot-test.h"
#include "slot-winners.h"

/* If all members propose to all slots, one by one or in turns, the owners are
 * the stable matching. */
static void
test_matching(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_winners w;
        struct slot_proposals p;

        slot_group_random(&group);
        slot_group_init_winners(&group, &w);

        uint32_t n_slots = slot_winners_n_slots(&w);

        memset(w.owners, 0xff, n_slots * sizeof *w.owners);
        memset(w.places, 0, n_slots * sizeof *w.places);
        slot_proposals_init(&p, &w);
        if (w.capacities) {
            p.loads = xcalloc(group.n, sizeof *p.loads);
        }
        p.n_free = n_slots;
        p.take_free = true;
        for (size_t j = 0; j < group.n; j++) {
            p.cursors[j] = n_slots;
            slot_proposals_add(&p, j);
        }
        while (!slot_proposals_run(&p, SLOT_CLAIM_MAX_REACH,
                                   p.n_proposals + random_range(100))) {
            continue;
        }
        slot_proposals_uninit(&p);
        ovs_assert(!p.n_free);
        slot_check_matching(&w, 1);
        slot_winners_uninit(&w);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "matching", NULL, 0, 0, test_matching, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_proposals_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-proposals", test_slot_proposals_main);
