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

/* Tests lib/slot-winners.c and lib/slot-map.c, with owners that have not won
 * anything. */

#include <config.h>
#undef NDEBUG
#include "slot-winners.h"
#include <stdlib.h>
#include "ovstest.h"
#include "slot-claim.h"
#include "slot-group.h"
#include "slot-map.h"
#include "slot-test.h"

/* Checks that 'map' leads from members of 'a' to those of 'b' with the same
 * id. */
static void
check_map(const struct slot_group *a, const struct slot_group *b,
          const uint16_t map[])
{
    for (size_t i = 0; i < a->n; i++) {
        size_t j = 0;

        while (j < b->n && b->members[j].id != a->members[i].id) {
            j++;
        }
        ovs_assert(map[i] == (j < b->n ? j : SLOT_MAP_NONE));
    }
}

/* Owners in a group are, in one that it changes to, the members with the same
 * ids, and slots whose owners have gone have none. */
static void
test_map(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group a, b;

    for (int i = 0; i < 10 * SLOT_GROUP_TRIALS; i++) {
        uint16_t owners[1 << 10], mapped[1 << 10], slots[1 << 10];
        uint32_t n_moved = 0, n_slots;
        size_t n_ownerless = 0;

        if (!(i % 50)) {
            slot_group_random(&b);
        }
        a = b;
        slot_group_change(&b);

        uint16_t *map = slot_map_members(a.members, a.n, b.members, b.n);
        check_map(&a, &b, map);

        n_slots = 1u << a.n_bits;
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            owners[slot] = random_range(a.n);
        }
        slot_map_owners(map, a.n, owners, mapped, n_slots);
        ovs_assert(!slot_map_count_moved(map, a.n, owners, mapped, n_slots));

        size_t n = slot_map_find_ownerless(mapped, n_slots, slots);
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            ovs_assert(mapped[slot] == map[owners[slot]]);
            if (mapped[slot] == SLOT_MAP_NONE) {
                ovs_assert(n_ownerless < n && slots[n_ownerless] == slot);
                n_ownerless++;
            }
            if (!random_range(8)) {
                mapped[slot] = random_range(b.n);
                n_moved += mapped[slot] != map[owners[slot]];
            }
        }
        ovs_assert(n_ownerless == n);
        ovs_assert(slot_map_count_moved(map, a.n, owners, mapped, n_slots)
                   == n_moved);
        free(map);
    }
}

/* Loads are counted, and the reach is the greatest of the owners' claims. */
static void
test_reach(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static struct slot_group group;

    for (int i = 0; i < SLOT_GROUP_TRIALS; i++) {
        uint32_t loads[SLOT_GROUP_MAX], counted[SLOT_GROUP_MAX] = { 0 };
        uint64_t reach = 0, weight = 0;
        struct slot_winners w;

        slot_group_random(&group);
        slot_group_init_winners(&group, &w);
        for (uint32_t slot = 0; slot < slot_winners_n_slots(&w); slot++) {
            size_t owner = random_range(group.n + 1);
            struct slot_claim claim = { &w.members[owner], slot, 0 };

            if (owner == group.n) {
                w.owners[slot] = SLOT_MAP_NONE;
                continue;
            }
            claim.place = rendezvous_place(claim.member, w.n_bits, slot);
            w.owners[slot] = owner;
            w.places[slot] = claim.place;
            reach = MAX(reach, slot_claim_reach(&claim, w.n_bits));
            counted[owner]++;
        }
        slot_winners_count(&w, loads, NULL);
        slot_winners_update_reach(&w);
        for (size_t j = 0; j < group.n; j++) {
            uint16_t member_weight = group.members[j].weight;

            ovs_assert(loads[j] == counted[j]);
            ovs_assert(w.min_weight <= member_weight);
            ovs_assert(w.max_weight >= member_weight);
            weight += member_weight;
        }
        ovs_assert(w.reach == reach);
        ovs_assert(w.reach_weight == weight);
        slot_winners_uninit(&w);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "map", NULL, 0, 0, test_map, OVS_RO },
    { "reach", NULL, 0, 0, test_reach, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_winners_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-winners", test_slot_winners_main);
