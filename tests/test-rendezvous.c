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

/* Tests lib/rendezvous.c: that draws and costs are what they must be.
 * tests/test-rendezvous-chance.c has what it takes many draws to see. */

#include <config.h>
#undef NDEBUG
#include "rendezvous.h"
#include <stdlib.h>
#include "bitmap.h"
#include "ovstest.h"
#include "slot-test.h"

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
                rendezvous_member_init(&members[j], slot_test_number(32),
                                       slot_test_number(32),
                                       slot_test_weight());
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
            ovs_assert(rendezvous_threshold(member) < 1u << 24);

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
            rendezvous_member_init(&members[j], i, slot_test_number(32), 1);
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

static const struct ovs_cmdl_command commands[] = {
    { "strata", NULL, 0, 0, test_strata, OVS_RO },
    { "highest", NULL, 0, 0, test_highest, OVS_RO },
    { "cost-bounds", NULL, 0, 0, test_cost_bounds, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_rendezvous_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-rendezvous", test_rendezvous_main);
