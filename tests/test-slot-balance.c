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

/* Prints the table of balance and collateral that is in
 * Documentation/topics/consistent-dp-hash.rst, for users who have to choose a
 * number of slots and a load bound, or, with the argument "twice", how many
 * slots of a dead bucket move again when it is removed.  All of it is a
 * function of the table's construction, so it is the same on every machine. */

#include <config.h>
#undef NDEBUG
#include "slot-diff.h"
#include "slot-table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ovstest.h"
#include "slot-bound.h"
#include "util.h"

/* Each number is the average over so many bases... */
#define N_BASES 10
/* ...and so many buckets that are removed, and as many that are added. */
#define N_CHANGES 4

#define MAX_BUCKETS 250

struct figures {
    double fullest;             /* Slots of the fullest bucket, over its
                                 * share. */
    double collateral;          /* Of the slots that need not move, 0 to 1. */
};

/* Returns the number of slots that the bucket with the given 'id' owns. */
static uint32_t
count_slots(const struct slot_table *table, uint32_t id)
{
    uint32_t n = 0;

    for (uint32_t slot = 0; slot < slot_table_n_slots(table); slot++) {
        n += slot_table_owner_id(table, slot) == id;
    }
    return n;
}

/* Returns the greatest number of slots that a bucket owns. */
static uint32_t
most_slots(const struct slot_table *table)
{
    uint32_t loads[MAX_BUCKETS];
    uint32_t most = 0;

    slot_winners_count(&table->winners, loads, NULL);
    for (size_t i = 0; i < table->winners.n_members; i++) {
        most = MAX(most, loads[i]);
    }
    return most;
}

/* Returns the collateral of a change from 'old' to 'new', one of which has the
 * bucket 'id', and the other has not: the share of all slots of other buckets
 * that move. */
static double
collateral(const struct slot_table *old, const struct slot_table *new,
           uint32_t id)
{
    uint32_t n_others = (slot_table_n_slots(old) - count_slots(old, id)
                         - count_slots(new, id));

    return ((double) slot_diff(old, new, NULL, NULL, NULL).n_collateral
            / n_others);
}

/* Returns the figures of tables with 'n' buckets of the same weight, 2**n_bits
 * slots, and 'load_bound'. */
static struct figures
measure(size_t n, uint8_t n_bits, uint8_t load_bound)
{
    struct slot_bucket buckets[MAX_BUCKETS + 1];
    struct figures figures = { 0, 0 };

    for (size_t i = 0; i <= n; i++) {
        buckets[i] = (struct slot_bucket) { .id = i, .weight = 1 };
    }
    for (uint32_t basis = 0; basis < N_BASES; basis++) {
        struct slot_table_params params = {
            .basis = basis, .n_bits = n_bits, .load_bound = load_bound,
        };
        struct slot_table *table = slot_table_create(&params, buckets, n,
                                                     NULL);

        figures.fullest += most_slots(table);
        for (uint32_t i = 0; i < N_CHANGES; i++) {
            struct slot_bucket last = buckets[n - 1];
            struct slot_table *other;

            /* Without bucket i. */
            buckets[n - 1] = buckets[i];
            buckets[i] = last;
            other = slot_table_create(&params, buckets, n - 1, table);
            figures.collateral += collateral(table, other,
                                             buckets[n - 1].id);
            slot_table_destroy(other);
            buckets[i] = buckets[n - 1];
            buckets[n - 1] = last;

            /* With one more. */
            buckets[n].id = n + i;
            other = slot_table_create(&params, buckets, n + 1, table);
            figures.collateral += collateral(table, other, buckets[n].id);
            slot_table_destroy(other);
        }
        slot_table_destroy(table);
    }
    figures.fullest *= (double) n / (UINT32_C(1) << n_bits) / N_BASES;
    figures.collateral /= 2 * N_CHANGES * N_BASES;
    return figures;
}

static bool
is_not(void *bucket_, void *dead)
{
    return bucket_ != dead;
}

/* Returns the share of the slots of a bucket that move when it dies to another
 * bucket than when it is removed, of tables as in measure(). */
static double
measure_twice(size_t n, uint8_t n_bits, uint8_t load_bound)
{
    struct slot_bucket buckets[MAX_BUCKETS];
    uint32_t n_slots = 0, n_twice = 0;

    for (size_t i = 0; i < n; i++) {
        buckets[i] = (struct slot_bucket) {
            .id = i, .weight = 1, .aux = &buckets[i]
        };
    }
    for (uint32_t basis = 0; basis < N_BASES; basis++) {
        struct slot_table_params params = {
            .basis = basis, .n_bits = n_bits, .load_bound = load_bound,
        };
        struct slot_table *table = slot_table_create(&params, buckets, n,
                                                     NULL);
        struct slot_table *other = slot_table_create(&params, buckets, n - 1,
                                                     table);
        struct slot_bucket *last = &buckets[n - 1];

        for (uint32_t slot = 0; slot < slot_table_n_slots(table); slot++) {
            if (slot_table_owner(table, slot) == last) {
                n_slots++;
                n_twice += (slot_table_best_live(table, slot, is_not, last)
                            != slot_table_owner(other, slot));
            }
        }
        slot_table_destroy(other);
        slot_table_destroy(table);
    }
    return (double) n_twice / n_slots;
}

static void
test_slot_balance_main(int argc, char *argv[])
{
    static const size_t ns[] = { 4, 10, 32, 100, MAX_BUCKETS };
    static const uint8_t bounds[] = { 25, 10, 5, SLOT_BOUND_ZERO };

    set_program_name(argv[0]);
    if (argc > 1 && !strcmp(argv[1], "twice")) {
        ovs_assert(!measure_twice(64, 10, 0));
        for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
            printf("bound %2u%%: %2.0f%%\n", slot_bound_percent(bounds[i]),
                   100 * measure_twice(64, 10, bounds[i]));
        }
        return;
    }
    printf("%22s", "no bound");
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        printf("    bound %2u%%", slot_bound_percent(bounds[i]));
    }
    printf("\nbuckets  slots fullest");
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        printf("   full. coll");
    }
    putchar('\n');

    for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
        for (uint8_t n_bits = 8; n_bits <= 14; n_bits += 2) {
            struct figures figures = measure(ns[i], n_bits, 0);

            ovs_assert(!figures.collateral);
            printf("%7"PRIuSIZE" %6u %7.2f", ns[i], 1u << n_bits,
                   figures.fullest);
            for (size_t j = 0; j < ARRAY_SIZE(bounds); j++) {
                figures = measure(ns[i], n_bits, bounds[j]);
                printf("    %4.2f %3.1f%%", figures.fullest,
                       100 * figures.collateral);
            }
            putchar('\n');
            fflush(stdout);
        }
    }
}

OVSTEST_REGISTER("test-slot-balance", test_slot_balance_main);
