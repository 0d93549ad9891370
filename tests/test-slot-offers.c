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

/* Tests lib/slot-offers.c: that slots find the stable matching, and what that
 * promises. */

#include <config.h>
#undef NDEBUG
#include "slot-offers.h"
#include <string.h>
#include "ovstest.h"
#include "slot-check.h"
#include "slot-group.h"
#include "slot-test.h"
#include "slot-winners.h"

/* Initializes 'w' for 'group' and finds its owners: all slots propose, or if
 * 'in_steps', they do so without capacities first, and then, one by one, those
 * that members have to give up. */
static void
find_owners(const struct slot_group *group, bool in_steps,
            struct slot_winners *w)
{
    struct slot_offers o;

    slot_group_init_winners(group, w);

    uint32_t n_slots = slot_winners_n_slots(w);
    uint32_t *capacities = w->capacities;

    slot_offers_init(&o, w, n_slots);
    memset(w->owners, 0xff, n_slots * sizeof *w->owners);
    if (capacities && !in_steps) {
        slot_offers_trim(&o);
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        slot_offers_add(&o, slot);
    }
    if (in_steps) {
        w->capacities = NULL;
    }
    ovs_assert(slot_offers_run(&o, UINT64_MAX));
    if (capacities && in_steps) {
        w->capacities = capacities;
        slot_offers_trim(&o);
        while (!slot_offers_run(&o, 0)) {
            continue;
        }
    }
    slot_offers_uninit(&o);
}

/* The owners are the stable matching, and the same whichever slots propose
 * first. */
static void
test_matching(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_winners a, b;

        slot_group_random(&group);
        find_owners(&group, false, &a);
        slot_check_matching(&a, 1);
        slot_check_reach(&a);
        find_owners(&group, true, &b);
        slot_check_equal(&a, &b);
        slot_check_reach(&b);
        slot_winners_uninit(&a);
        slot_winners_uninit(&b);
    }
}

/* A member that comes only takes slots, one that goes only gives them, and no
 * others move. */
static void
test_moves(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        struct slot_winners old, new;

        slot_group_random(&group);
        group.load_bound = 0;
        find_owners(&group, false, &old);
        slot_group_change(&group);
        group.load_bound = 0;
        find_owners(&group, false, &new);
        slot_check_moves(&old, &new);
        slot_winners_uninit(&old);
        slot_winners_uninit(&new);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "matching", NULL, 0, 0, test_matching, OVS_RO },
    { "moves", NULL, 0, 0, test_moves, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_offers_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-offers", test_slot_offers_main);
