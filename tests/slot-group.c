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
#include <string.h>
#include "slot-bound.h"
#include "slot-test.h"
#include "slot-winners.h"

static uint16_t
random_weight(const struct slot_group *group)
{
    return 1 + slot_test_number(16) % group->max_weight;
}

/* Adds a member with a random id to 'group', unless it has that. */
static void
add(struct slot_group *group)
{
    uint32_t id = slot_test_number(32);
    size_t i = group->n;

    while (i > 0 && group->members[i - 1].id >= id) {
        i--;
    }
    if (i == group->n || group->members[i].id != id) {
        memmove(&group->members[i + 1], &group->members[i],
                (group->n++ - i) * sizeof *group->members);
        rendezvous_member_init(&group->members[i], group->basis, id,
                               random_weight(group));
    }
}

static void
remove_any(struct slot_group *group)
{
    size_t i = random_range(group->n);

    memmove(&group->members[i], &group->members[i + 1],
            (--group->n - i) * sizeof *group->members);
}

/* Lets the members of 'group' have equal weights, some alike, or any. */
static void
set_max_weight(struct slot_group *group)
{
    static const uint16_t max_weights[] = { 1, 10, UINT16_MAX };

    group->max_weight = max_weights[random_range(ARRAY_SIZE(max_weights))];
}

/* Returns any load bound, or often none. */
static unsigned int
random_load_bound(void)
{
    switch (random_range(8)) {
    case 0:
        return SLOT_BOUND_ZERO;
    case 1: case 2: case 3:
        return slot_test_number(8);
    default:
        return SLOT_BOUND_NONE;
    }
}

/* Makes '*group' a random one, with a few members. */
void
slot_group_random(struct slot_group *group)
{
    size_t n = 1 + random_range(32);

    *group = (struct slot_group) {
        .basis = slot_test_number(32),
        .n_bits = RENDEZVOUS_MIN_BITS + random_range(7),
        .load_bound = random_load_bound(),
    };
    set_max_weight(group);
    while (group->n < n) {
        add(group);
    }
}

/* Changes 'group' at random, in one of the ways that users do.  At least one
 * member is left. */
void
slot_group_change(struct slot_group *group)
{
    size_t n = 1 + random_range(random_range(8) ? 4 : SLOT_GROUP_MAX);

    switch (random_range(16)) {
    case 0: case 1: case 2: case 3: case 4:
        while (n-- && group->n < SLOT_GROUP_MAX) {
            add(group);
        }
        break;
    case 5: case 6: case 7: case 8:
        while (n-- && group->n > 1) {
            remove_any(group);
        }
        break;
    case 9: case 10: case 11:
        while (n--) {
            group->members[random_range(group->n)].weight
                = random_weight(group);
        }
        break;
    case 12:
        set_max_weight(group);
        for (size_t i = 0; i < group->n; i++) {
            group->members[i].weight = random_weight(group);
        }
        break;
    case 13:
        while (n-- && group->n > 1) {
            remove_any(group);
            add(group);
        }
        break;
    case 14:
        group->load_bound = random_load_bound();
        break;
    case 15:                    /* Nothing. */
        break;
    }
}

/* Initializes 'w' for 'group', but for the owners. */
void
slot_group_init_winners(const struct slot_group *group, struct slot_winners *w)
{
    slot_winners_init(w, group->n_bits, group->n);
    memcpy(w->members, group->members, group->n * sizeof *w->members);
    slot_winners_sum_weights(w);
    if (group->load_bound) {
        w->capacities = xmalloc(group->n * sizeof *w->capacities);
        slot_bound_capacities(w->members, group->n, group->n_bits,
                              group->load_bound, w->capacities);
    }
}
