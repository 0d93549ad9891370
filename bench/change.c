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

/* Prints what it costs to build a slot table, to change it and to use it, next
 * to stock dp_hash's way to fill its table, all in one run: times in turn, the
 * least of several.  With the argument "--csv", as comma-separated values. */

#include <config.h>
#undef NDEBUG
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "random.h"
#include "slot-table.h"
#include "util.h"
#include "webster.h"

enum { N_ROUNDS = 15 };

static double
now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/* What is measured for one set of buckets: microseconds. */
enum what { BUILD, INSERT, REMOVE, REWEIGHT, SAME, N_WHAT };

static const char *const names[N_WHAT] = {
    [BUILD] = "build",
    [INSERT] = "insert a bucket",
    [REMOVE] = "remove a bucket",
    [REWEIGHT] = "change a weight",
    [SAME] = "change actions only",
};

struct group {
    struct slot_table_params params;
    struct slot_bucket *buckets;
    size_t n;
};

/* Measures how long it takes to make the table of 'group' from 'old', or from
 * nothing. */
static double
time_create(const struct group *group, const struct slot_table *old)
{
    double start = now_us();
    struct slot_table *table = slot_table_create(&group->params,
                                                 group->buckets, group->n,
                                                 old);
    double us = now_us() - start;

    slot_table_destroy(table);
    return us;
}

static void
measure(struct group *group, double best[N_WHAT])
{
    struct slot_table *table = slot_table_create(&group->params,
                                                 group->buckets, group->n,
                                                 NULL);
    double us[N_WHAT];

    us[BUILD] = time_create(group, NULL);
    us[SAME] = time_create(group, table);

    /* The last bucket goes and comes. */
    group->n--;
    us[REMOVE] = time_create(group, table);
    struct slot_table *less = slot_table_create(&group->params,
                                                group->buckets, group->n,
                                                table);
    group->n++;
    us[INSERT] = time_create(group, less);
    slot_table_destroy(less);

    group->buckets[group->n / 2].weight += 1;
    us[REWEIGHT] = time_create(group, table);
    group->buckets[group->n / 2].weight -= 1;
    slot_table_destroy(table);

    for (int i = 0; i < N_WHAT; i++) {
        best[i] = MIN(best[i], us[i]);
    }
}

/* Returns the time of a pick in nanoseconds. */
static double
time_pick(const struct slot_table *table)
{
    uint32_t hash = 1;
    uintptr_t sum = 0;
    double start = now_us();

    for (int i = 0; i < 1000000; i++) {
        void *owner = slot_table_owner(table, slot_table_slot(table, hash));

        sum += (uintptr_t) owner;
        hash = hash * 1664525 + 1013904223 + (sum & 1);
    }
    ovs_assert(sum);
    return (now_us() - start) / 1000;
}

/* Measures stock's rebuild for 'n' buckets, with 'n_slots' hash values. */
static double
time_webster(size_t n, size_t n_slots, bool mixed)
{
    uint16_t *weights = xmalloc(n * sizeof *weights);
    uint16_t *owners = xmalloc(n_slots * sizeof *owners);

    for (size_t i = 0; i < n; i++) {
        weights[i] = mixed ? 1 + i * 7919 % 1000 : 100;
    }
    double start = now_us();
    webster_fill(weights, n, owners, n_slots);
    double us = now_us() - start;
    free(weights);
    free(owners);
    return us;
}

static size_t
memory(const struct group *group)
{
    struct mallinfo2 before = mallinfo2();
    struct slot_table *table = slot_table_create(&group->params,
                                                 group->buckets, group->n,
                                                 NULL);
    struct mallinfo2 after = mallinfo2();

    slot_table_destroy(table);
    return (after.uordblks + after.hblkhd) - (before.uordblks + before.hblkhd);
}

int
main(int argc, char *argv[])
{
    static const struct {
        size_t n;
        uint8_t n_bits;
        uint8_t load_bound;
        bool mixed;
    } cases[] = {
        { 10, 10, 0, false }, { 10, 10, 0, true }, { 10, 10, 10, false },
        { 250, 12, 0, false }, { 250, 12, 0, true }, { 250, 12, 10, false },
        { 1000, 16, 0, false }, { 1000, 16, 0, true },
        { 1000, 16, 10, false }, { 1000, 16, 1, false },
        { 65535, 16, 0, false }, { 65535, 16, 0, true },
    };
    bool csv = argc > 1 && !strcmp(argv[1], "--csv");

    /* Let freed memory stay for the next table, as when one table follows the
     * other, so that the kernel's part is not measured. */
    mallopt(M_MMAP_THRESHOLD, 1 << 28);
    mallopt(M_TRIM_THRESHOLD, 1 << 28);

    random_set_seed(1);
    if (csv) {
        printf("buckets,slots,load_bound,weights,what,us,webster_250_us,"
               "ns_per_slot_and_bucket,webster_step_ns,pick_ns,bytes\n");
    }
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct group group = {
            .params = {
                .n_bits = cases[i].n_bits,
                .load_bound = cases[i].load_bound,
            },
            .buckets = xcalloc(cases[i].n, sizeof *group.buckets),
            .n = cases[i].n,
        };
        double webster = 1e9, pick = 1e9;
        double us[N_WHAT];

        for (int what = 0; what < N_WHAT; what++) {
            us[what] = 1e9;
        }
        for (size_t j = 0; j < group.n; j++) {
            group.buckets[j].id = j + 1;
            group.buckets[j].weight = (cases[i].mixed
                                       ? 1 + random_range(1000)
                                       : 100);
            group.buckets[j].aux = &group;
        }
        if (cases[i].mixed) {
            group.buckets[group.n - 1].weight = 500; /* The average. */
        }
        for (int round = 0; round < N_ROUNDS; round++) {
            measure(&group, us);
            webster = MIN(webster, time_webster(250, 256, cases[i].mixed));

            struct slot_table *table = slot_table_create(&group.params,
                                                         group.buckets,
                                                         group.n, NULL);
            pick = MIN(pick, time_pick(table));
            slot_table_destroy(table);
        }

        size_t n_slots = 1u << cases[i].n_bits;
        double step = webster * 1000 / 250 / 256;
        double per_pair = us[BUILD] * 1000 / group.n / n_slots;
        size_t bytes = memory(&group);

        if (!csv) {
            printf("%s%"PRIuSIZE" buckets with %s weights, %"PRIuSIZE" slots",
                   i ? "\n" : "", group.n,
                   cases[i].mixed ? "mixed" : "equal", n_slots);
            if (cases[i].load_bound) {
                printf(", load bound %d %%", cases[i].load_bound);
            }
            printf("\n%-24s %10s %16s %20s\n", "", "us", "build / this",
                   "this / dp_hash 250");
        }
        for (int what = 0; what < N_WHAT; what++) {
            if (csv) {
                printf("%"PRIuSIZE",%"PRIuSIZE",%d,%s,%s,%.1f,%.1f,%.3f,%.3f,"
                       "%.2f,%"PRIuSIZE"\n",
                       group.n, n_slots, cases[i].load_bound,
                       cases[i].mixed ? "mixed" : "equal", names[what],
                       us[what], webster, per_pair, step, pick, bytes);
            } else {
                printf("%-24s %10.1f %16.1f %20.2f\n", names[what], us[what],
                       us[BUILD] / us[what], us[what] / webster);
            }
        }
        if (!csv) {
            printf("A slot and bucket of a build / a step of dp_hash: "
                   "%.2f ns / %.2f ns = %.2f\n"
                   "A pick: %.1f ns.  Memory: %"PRIuSIZE" bytes = "
                   "%.1f a slot + %.1f a bucket.\n",
                   per_pair, step, per_pair / step, pick, bytes,
                   cases[i].load_bound ? 6.0 : 4.0,
                   (bytes - n_slots * (cases[i].load_bound ? 6.0 : 4.0))
                   / group.n);
        }
        fflush(stdout);
        free(group.buckets);
    }
    return 0;
}
