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

#include <config.h>
#undef NDEBUG
#include "slot-group.h"
#include "ovstest.h"
#include "random.h"
#include "util.h"

/* Returns a random number of 1 to 'max_bits' bits, so that small ones are as
 * likely as large ones. */
uint32_t
slot_group_number(int max_bits)
{
    return random_uint32() >> (31 - random_range(max_bits));
}

/* Adds to 'group' a bucket with a random id that no other has and a random
 * weight, or 'weight' if that is not -1. */
void
slot_group_add(struct slot_group *group, int weight)
{
    struct slot_bucket *b = &group->buckets[group->n];
    size_t i;

    do {
        b->id = slot_group_number(32);
        for (i = 0; i < group->n && group->buckets[i].id != b->id; i++) {
            continue;
        }
    } while (i < group->n);
    b->weight = weight >= 0 ? weight : slot_group_number(16);
    group->n++;
}

/* Makes '*group' a random one with at least 'min' buckets and room for one
 * more.  In a third of the groups all buckets have the same weight. */
void
slot_group_random(struct slot_group *group, size_t min)
{
    int weight = random_range(3) ? -1 : 1 + random_range(UINT16_MAX);
    size_t n = min + random_range(SLOT_GROUP_MAX_RANDOM - min);

    group->params.basis = slot_group_number(32);
    group->params.n_bits = 4 + random_range(5);
    group->params.load_bound = 0;
    group->n = 0;
    while (group->n < n) {
        slot_group_add(group, weight);
    }
}

/* Creates and returns the table of 'group'.  The 'aux' of its buckets point to
 * those of 'group'. */
struct slot_table *
slot_group_create(struct slot_group *group)
{
    for (size_t i = 0; i < group->n; i++) {
        group->buckets[i].aux = &group->buckets[i];
    }
    return slot_table_create(&group->params, group->buckets, group->n, NULL);
}

/* Returns the id of the bucket that owns 'slot', or -1 if none does. */
long long int
slot_group_owner(const struct slot_table *table, uint32_t slot)
{
    return (slot_table_is_empty(table)
            ? -1 : (long long int) slot_table_owner_id(table, slot));
}

/* Runs one of the 'commands' of a test program with the given arguments, with
 * the same random numbers each time. */
void
slot_group_run_test(int argc, char *argv[],
                    const struct ovs_cmdl_command commands[])
{
    struct ovs_cmdl_context ctx = {
        .argc = argc - 1,
        .argv = argv + 1,
    };

    set_program_name(argv[0]);
    random_set_seed(1);
    ovs_cmdl_run_command(&ctx, commands);
}
