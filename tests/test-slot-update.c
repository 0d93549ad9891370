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

/* Tests lib/slot-update.c. */

#include <config.h>
#undef NDEBUG
#include "slot-update.h"
#include <stdlib.h>
#include "ovstest.h"
#include "slot-check.h"
#include "slot-group.h"
#include "slot-map.h"
#include "slot-match.h"
#include "slot-test.h"
#include "slot-winners.h"

/* Owners that are found from those before, through any sequence of changes,
 * are the same as from nothing. */
static void
test_changes(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;
    struct slot_winners old = { .n_members = 0 };
    int n_updated = 0;

    for (int i = 0; i < 10 * SLOT_GROUP_TRIALS; i++) {
        struct slot_winners new, fresh;

        if (!(i % 200)) {
            slot_winners_uninit(&old);
            slot_group_random(&group);
            slot_group_init_winners(&group, &old);
            slot_match_build(&old);
        }
        slot_group_change(&group);
        slot_group_init_winners(&group, &fresh);
        slot_match_build(&fresh);

        slot_group_init_winners(&group, &new);
        uint16_t *map = slot_map_members(old.members, old.n_members,
                                         new.members, new.n_members);
        if (slot_update(&new, &old, map)) {
            n_updated++;
            slot_check_equal(&new, &fresh);
            slot_check_reach(&new);
            slot_winners_uninit(&old);
            slot_winners_uninit(&fresh);
            old = new;
        } else {
            slot_winners_uninit(&old);
            slot_winners_uninit(&new);
            old = fresh;
        }
        free(map);
    }
    slot_winners_uninit(&old);
    ovs_assert(n_updated > 5 * SLOT_GROUP_TRIALS);
}

static const struct ovs_cmdl_command commands[] = {
    { "changes", NULL, 0, 0, test_changes, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_update_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-update", test_slot_update_main);
