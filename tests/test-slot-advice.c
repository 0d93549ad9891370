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

/* Tests lib/slot-advice.c. */

#include <config.h>
#undef NDEBUG
#include "slot-advice.h"
#include <stdlib.h>
#include <string.h>
#include "ovstest.h"
#include "slot-table.h"
#include "slot-test.h"

enum { MAX_BUCKETS = 100 };

/* Creates and returns a table with 'params', and the option 'name' as 'advice'
 * has it, or null if it does not name it. */
static struct slot_table *
follow_advice(struct slot_table_params params,
              const struct slot_bucket buckets[], size_t n,
              const char *advice, const char *name)
{
    const char *s = strstr(advice, name);

    if (!s) {
        return NULL;
    }

    int value = atoi(s + strlen(name));

    if (name[0] == 's') {
        params.n_bits = log_2_floor(value);
        ovs_assert(value == 1 << params.n_bits);
    } else {
        params.load_bound = value;
    }
    return slot_table_create(&params, buckets, n, NULL);
}

/* Checks that no bucket of 'table' of at least average weight has more than
 * 1.5 times its share. */
static void
check_balance(const struct slot_table *table)
{
    const struct slot_winners *w = &table->winners;
    uint32_t loads[MAX_BUCKETS];

    slot_winners_count(w, loads, NULL);
    for (size_t i = 0; i < w->n_members; i++) {
        uint64_t weight = w->members[i].weight;

        ovs_assert(weight * w->n_members < w->weight
                   || (2 * loads[i] * w->weight
                       <= 3 * weight * slot_table_n_slots(table)));
    }
}

/* A table that follows the advice of slot_advice_get() gets no other, and is
 * balanced. */
static void
test_follow(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const char *const names[] = { "slots=", "load_bound=" };
    int n_followed[ARRAY_SIZE(names)] = { 0 };

    for (int i = 0; i < 1000; i++) {
        struct slot_bucket buckets[MAX_BUCKETS];
        size_t n = 1 + random_range(MAX_BUCKETS);
        bool equal = random_range(2);
        struct slot_table_params params = {
            .basis = i, .n_bits = 4 + random_range(7),
            .load_bound = random_range(4) ? 0 : 1 + random_range(20),
        };

        for (size_t j = 0; j < n; j++) {
            buckets[j] = (struct slot_bucket) {
                .id = j, .weight = equal ? 100 : 1 + random_range(10)
            };
        }

        struct slot_table *table = slot_table_create(&params, buckets, n,
                                                     NULL);
        char *advice = slot_advice_get(table);

        slot_table_destroy(table);
        for (size_t j = 0; advice && j < ARRAY_SIZE(names); j++) {
            table = follow_advice(params, buckets, n, advice, names[j]);
            if (table) {
                n_followed[j]++;
                ovs_assert(!slot_advice_get(table));
                check_balance(table);
                slot_table_destroy(table);
            }
        }
        free(advice);
    }
    ovs_assert(n_followed[0] > 50 && n_followed[1] > 50);
}

static const struct ovs_cmdl_command commands[] = {
    { "follow", NULL, 0, 0, test_follow, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_advice_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-advice", test_slot_advice_main);
