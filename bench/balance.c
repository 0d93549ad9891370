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

/* Prints, as comma-separated values, how evenly methods of selection spread
 * slots over equal buckets, how many slots change between buckets that stay when
 * one is removed or added, or if the same set of buckets came to be in another
 * order, and what a table takes.  bench/balance makes a table and a picture of
 * it, and says what the columns mean. */

#include <config.h>
#undef NDEBUG
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "hash.h"
#include "methods.h"
#include "slot-bound.h"
#include "slot-table.h"
#include "util.h"
#include "webster.h"

/* Fills 'owners' as the method does for buckets with the given 'history'.  Has
 * 'owners->n_slots' slots, a power of two, but may use less. */
typedef void make_func(struct owners *, uint32_t basis, const struct history *,
                       int arg);

static void
make_ours(struct owners *owners, uint32_t basis, const struct history *history,
          int load_bound)
{
    struct slot_table_params params = {
        .basis = basis, .n_bits = log_2_floor(owners->n_slots),
        .load_bound = load_bound,
    };
    struct slot_bucket *buckets = xcalloc(history->n, sizeof *buckets);

    for (size_t i = 0; i < history->n; i++) {
        buckets[i].id = history->ids[i];
        buckets[i].weight = 1;
    }

    struct slot_table *table = slot_table_create(&params, buckets, history->n,
                                                 NULL);
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        owners->ids[slot] = slot_table_owner_id(table, slot);
    }
    slot_table_destroy(table);
    free(buckets);

    /* See slot-table.h. */
    owners->n_bytes = 4 * owners->n_slots
                      + history->n * (load_bound == SLOT_BOUND_NONE ? 48 : 52);
}

/* Pure rendezvous hashing with ideal random numbers: independent ones, or with
 * 'stratified' in the order of a random permutation (Fisher and Yates). */
static void
make_ideal(struct owners *owners, uint32_t basis,
           const struct history *history, int stratified)
{
    size_t n_slots = owners->n_slots;
    double *best = xcalloc(n_slots, sizeof *best);
    uint32_t *places = xcalloc(n_slots, sizeof *places);

    for (size_t i = 0; i < history->n; i++) {
        uint64_t state = seed(basis, history->ids[i]);

        for (size_t slot = 0; slot < n_slots; slot++) {
            size_t other = random_number(&state) % (slot + 1);

            places[slot] = places[other];
            places[other] = slot;
        }
        for (size_t slot = 0; slot < n_slots; slot++) {
            double u = ((random_number(&state) >> 11) + .5) / (1ULL << 53);

            if (stratified) {
                u = (places[slot] + u) / n_slots;
            }
            if (u > best[slot]) {
                best[slot] = u;
                owners->ids[slot] = history->ids[i];
            }
        }
    }
    owners->n_bytes = 0;
    free(best);
    free(places);
}

static void
make_webster(struct owners *owners, uint32_t basis OVS_UNUSED,
             const struct history *history, int arg OVS_UNUSED)
{
    size_t n = history->n;
    uint16_t *indexes = xmalloc(owners->n_slots * sizeof *indexes);
    uint16_t *weights = xmalloc(n * sizeof *weights);

    for (size_t i = 0; i < n; i++) {
        weights[i] = 1;
    }
    webster_fill(weights, n, indexes, owners->n_slots);
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        owners->ids[slot] = history->ids[indexes[slot]];
    }
    owners->n_bytes = owners->n_slots * sizeof(void *);
    free(indexes);
    free(weights);
}

/* Stock's method "hash" has no slots: each connection is one of its own.  It
 * takes the bucket with the greatest 16-bit hash times weight. */
static void
make_hash(struct owners *owners, uint32_t basis, const struct history *history,
          int arg OVS_UNUSED)
{
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        uint32_t flow_hash = hash_int(slot, basis);
        uint32_t best = 0;

        for (size_t i = 0; i < history->n; i++) {
            uint32_t score = (hash_int(history->ids[i], flow_hash) & 0xffff) + 1;

            if (score > best) {
                best = score;
                owners->ids[slot] = history->ids[i];
            }
        }
    }
    owners->n_bytes = 0;
}

static const struct method {
    const char *name;
    make_func *make;
    int arg;
} methods[] = {
    { "pure", make_ours, SLOT_BOUND_NONE },
    { "bound 10 %", make_ours, 10 },
    { "bound 5 %", make_ours, 5 },
    { "bound 1 %", make_ours, 1 },
    { "bound 0 %", make_ours, SLOT_BOUND_ZERO },
    { "Maglev", make_maglev, 0 },
    { "ring", make_ring, 100 },
    { "AnchorHash", make_anchor, 0 },
    { "DxHash", make_dx, 0 },
    { "jump", make_jump, 0 },
    { "bounded load", make_bounded, 10 },
    { "Webster", make_webster, 0 },
    { "hash", make_hash, 0 },
    { "(ideal)", make_ideal, 1 },
    { "(unstratified)", make_ideal, 0 },
};

struct figures {
    double fullest;             /* Over the share of a bucket. */
    double deviation;           /* Over the share of a bucket. */
    double removal;             /* Collateral. */
    double addition;            /* Collateral. */
    double history;             /* Slots that another order of changes moves. */
    double n_bytes;
    double seconds;             /* Of processor, to make a table. */
};

static double
cpu_seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Has 'method' fill 'owners' for 'n_bits'-bit slots. */
static void
make(const struct method *method, struct owners *owners, unsigned int n_bits,
     uint32_t basis, const struct history *history)
{
    owners->n_slots = 1u << n_bits;
    method->make(owners, basis, history, method->arg);
}

/* Returns the share of the slots, of those that bucket 'id' owns neither in
 * 'a' nor in 'b', that have different owners. */
static double
collateral(const struct owners *a, const struct owners *b, uint32_t id)
{
    size_t moved = 0, stayed = 0;

    for (size_t slot = 0; slot < a->n_slots; slot++) {
        if (a->ids[slot] != id && b->ids[slot] != id) {
            moved += a->ids[slot] != b->ids[slot];
            stayed += a->ids[slot] == b->ids[slot];
        }
    }
    return (double) moved / (moved + stayed);
}

/* Adds to 'figures' those of one basis: the table of buckets 1 to 'n', without
 * each of some of them, with each of some new ones, and after two of them went
 * and came back in the same order. */
static void
measure(const struct method *method, size_t n, unsigned int n_bits,
        uint32_t basis, struct figures *figures)
{
    enum { N_CHANGES = 8 };
    struct owners whole = { .ids = xmalloc(sizeof(uint32_t) << n_bits) };
    struct owners other = { .ids = xmalloc(sizeof(uint32_t) << n_bits) };
    struct history *all = xzalloc(sizeof *all);
    struct history *changed = xmalloc(sizeof *changed);
    size_t *loads = xcalloc(n, sizeof *loads);
    double removal = 0, addition = 0;
    double fullest = 0, variance = 0;

    all->capacity = 2 * n;
    for (size_t i = 0; i < n; i++) {
        history_step(all, true, i + 1);
    }

    double start = cpu_seconds();
    make(method, &whole, n_bits, basis, all);
    figures->seconds += cpu_seconds() - start;
    figures->n_bytes += whole.n_bytes;
    for (size_t slot = 0; slot < whole.n_slots; slot++) {
        loads[whole.ids[slot] - 1]++;
    }
    for (size_t i = 0; i < n; i++) {
        double load = (double) loads[i] * n / whole.n_slots;

        fullest = MAX(fullest, load);
        variance += (load - 1) * (load - 1) / n;
    }

    for (size_t i = 0; i < N_CHANGES; i++) {
        uint32_t gone = 1 + i * n / N_CHANGES, new = n + 1 + i;

        *changed = *all;
        history_step(changed, false, gone);
        make(method, &other, n_bits, basis, changed);
        removal += collateral(&whole, &other, gone) / N_CHANGES;

        *changed = *all;
        history_step(changed, true, new);
        make(method, &other, n_bits, basis, changed);
        addition += collateral(&whole, &other, new) / N_CHANGES;
    }

    *changed = *all;
    changed->other_order = true;
    for (int added = 0; added < 2; added++) {
        history_step(changed, added, n / 3);
        history_step(changed, added, n / 2);
    }
    make(method, &other, n_bits, basis, changed);

    figures->fullest += fullest;
    figures->deviation += sqrt(variance);
    figures->removal += removal;
    figures->addition += addition;
    figures->history += collateral(&whole, &other, 0);
    free(loads);
    free(all);
    free(changed);
    free(whole.ids);
    free(other.ids);
}

static void
print_figures(size_t n, unsigned int n_bits, size_t n_bases)
{
    for (size_t k = 0; k < ARRAY_SIZE(methods); k++) {
        struct figures sum = { 0 };

        for (size_t basis = 0; basis < n_bases; basis++) {
            measure(&methods[k], n, n_bits, basis, &sum);
        }
        printf("%s,%"PRIuSIZE",%u,%"PRIuSIZE",%.4f,%.4f,%.5f,%.5f,%.5f,%.0f,"
               "%.3f\n",
               methods[k].name, n, 1u << n_bits, n_bases,
               sum.fullest / n_bases, sum.deviation / n_bases,
               sum.removal / n_bases, sum.addition / n_bases,
               sum.history / n_bases, sum.n_bytes / n_bases,
               1e6 * sum.seconds / n_bases);
        fflush(stdout);
    }
}

int
main(int argc, char *argv[])
{
    static const size_t ns[] = { 10, 32, 64, 100, 250 };
    static const unsigned int bits[] = { 8, 10, 12, 14 };

    printf("method,buckets,slots,bases,fullest,deviation,removal,addition,"
           "history,bytes,us\n");
    if (argc == 4) {
        print_figures(atoi(argv[1]), log_2_floor(atoi(argv[2])),
                      atoi(argv[3]));
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(bits); j++) {
            print_figures(ns[i], bits[j], bits[j] < 14 ? 200 : 20);
        }
    }
}
