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
 * slots over equal buckets, and how many slots change between buckets that
 * stay when one is removed or added.  bench/balance makes a table and a picture
 * of it, and says what the columns mean. */

#include <config.h>
#undef NDEBUG
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "slot-bound.h"
#include "slot-table.h"
#include "util.h"
#include "webster.h"

/* A table that some method has made: the id of each slot's owner. */
struct owners {
    uint32_t *ids;
    size_t n_slots;
};

/* Fills 'owners' for buckets with the 'n' 'ids'.  Has room for 'n_bits'-bit
 * slots, but may use less. */
typedef void make_func(struct owners *, unsigned int n_bits, uint32_t basis,
                       const uint32_t ids[], size_t n, int arg);

static void
make_ours(struct owners *owners, unsigned int n_bits, uint32_t basis,
          const uint32_t ids[], size_t n, int load_bound)
{
    struct slot_table_params params = {
        .basis = basis, .n_bits = n_bits, .load_bound = load_bound,
    };
    struct slot_bucket *buckets = xcalloc(n, sizeof *buckets);

    for (size_t i = 0; i < n; i++) {
        buckets[i].id = ids[i];
        buckets[i].weight = 1;
    }

    struct slot_table *table = slot_table_create(&params, buckets, n, NULL);
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        owners->ids[slot] = slot_table_owner_id(table, slot);
    }
    slot_table_destroy(table);
    free(buckets);
}

static uint64_t
random_number(uint64_t *state)
{
    /* SplitMix64. */
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Returns the start of a sequence of random numbers for a bucket. */
static uint64_t
seed(uint32_t basis, uint32_t id)
{
    uint64_t state = ((uint64_t) basis << 32) | id;

    return random_number(&state);
}

/* Pure rendezvous hashing with ideal random numbers: independent ones, or with
 * 'stratified' in the order of a random permutation (Fisher and Yates). */
static void
make_ideal(struct owners *owners, unsigned int n_bits OVS_UNUSED,
           uint32_t basis, const uint32_t ids[], size_t n, int stratified)
{
    size_t n_slots = owners->n_slots;
    double *best = xcalloc(n_slots, sizeof *best);
    uint32_t *places = xcalloc(n_slots, sizeof *places);

    for (size_t i = 0; i < n; i++) {
        uint64_t state = seed(basis, ids[i]);

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
                owners->ids[slot] = ids[i];
            }
        }
    }
    free(best);
    free(places);
}

static bool
is_prime(size_t x)
{
    for (size_t i = 2; i * i <= x; i++) {
        if (!(x % i)) {
            return false;
        }
    }
    return true;
}

/* Maglev hashing (Eisenbud and others, "Maglev: A fast and reliable software
 * network load balancer", NSDI 2016, section 3.4): the buckets take turns, and
 * each takes the next free entry in its own order, of a table whose size is
 * the greatest prime below the number of slots. */
static void
make_maglev(struct owners *owners, unsigned int n_bits, uint32_t basis,
            const uint32_t ids[], size_t n, int arg OVS_UNUSED)
{
    size_t size = 1u << n_bits;
    size_t *entry = xcalloc(n, sizeof *entry);
    size_t *skip = xcalloc(n, sizeof *skip);

    while (!is_prime(--size)) {
        continue;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t state = seed(basis, ids[i]);

        entry[i] = random_number(&state) % size;
        skip[i] = random_number(&state) % (size - 1) + 1;
    }
    owners->n_slots = size;
    memset(owners->ids, 0xff, size * sizeof *owners->ids);
    for (size_t filled = 0; filled < size; filled++) {
        size_t i = filled % n;

        while (owners->ids[entry[i]] != UINT32_MAX) {
            entry[i] = (entry[i] + skip[i]) % size;
        }
        owners->ids[entry[i]] = ids[i];
    }
    free(entry);
    free(skip);
}

static void
make_webster(struct owners *owners, unsigned int n_bits OVS_UNUSED,
             uint32_t basis OVS_UNUSED, const uint32_t ids[], size_t n,
             int arg OVS_UNUSED)
{
    uint16_t *indexes = xmalloc(owners->n_slots * sizeof *indexes);
    uint16_t *weights = xmalloc(n * sizeof *weights);

    for (size_t i = 0; i < n; i++) {
        weights[i] = 1;
    }
    webster_fill(weights, n, indexes, owners->n_slots);
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        owners->ids[slot] = ids[indexes[slot]];
    }
    free(indexes);
    free(weights);
}

/* Stock's method "hash" has no slots: each connection is one of its own.  It
 * takes the bucket with the greatest 16-bit hash times weight. */
static void
make_hash(struct owners *owners, unsigned int n_bits OVS_UNUSED,
          uint32_t basis, const uint32_t ids[], size_t n, int arg OVS_UNUSED)
{
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        uint32_t flow_hash = hash_int(slot, basis);
        uint32_t best = 0;

        for (size_t i = 0; i < n; i++) {
            uint32_t score = (hash_int(ids[i], flow_hash) & 0xffff) + 1;

            if (score > best) {
                best = score;
                owners->ids[slot] = ids[i];
            }
        }
    }
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
};

static void
owners_init(struct owners *owners, unsigned int n_bits)
{
    owners->n_slots = 1u << n_bits;
    owners->ids = xmalloc(owners->n_slots * sizeof *owners->ids);
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
 * each of them in turn, and with each of some new ones. */
static void
measure(const struct method *method, size_t n, unsigned int n_bits,
        uint32_t basis, struct figures *figures)
{
    enum { N_NEW = 8 };
    uint32_t *ids = xmalloc((n + 1) * sizeof *ids);
    size_t *loads = xcalloc(n, sizeof *loads);
    double removal = 0, addition = 0;
    double fullest = 0, variance = 0;
    struct owners whole, other;

    owners_init(&whole, n_bits);
    owners_init(&other, n_bits);
    for (size_t i = 0; i < n; i++) {
        ids[i] = i + 1;
    }
    method->make(&whole, n_bits, basis, ids, n, method->arg);
    for (size_t slot = 0; slot < whole.n_slots; slot++) {
        loads[whole.ids[slot] - 1]++;
    }
    for (size_t i = 0; i < n; i++) {
        double load = (double) loads[i] * n / whole.n_slots;

        fullest = MAX(fullest, load);
        variance += (load - 1) * (load - 1) / n;
    }

    for (size_t i = 0; i < n; i++) {
        memmove(&ids[i], &ids[i + 1], (n - 1 - i) * sizeof *ids);
        method->make(&other, n_bits, basis, ids, n - 1, method->arg);
        removal += collateral(&whole, &other, i + 1) / n;
        memmove(&ids[i + 1], &ids[i], (n - 1 - i) * sizeof *ids);
        ids[i] = i + 1;
    }
    for (size_t i = 0; i < N_NEW; i++) {
        ids[n] = n + 1 + i;
        method->make(&other, n_bits, basis, ids, n + 1, method->arg);
        addition += collateral(&whole, &other, ids[n]) / N_NEW;
    }

    figures->fullest += fullest;
    figures->deviation += sqrt(variance);
    figures->removal += removal;
    figures->addition += addition;
    free(ids);
    free(loads);
    free(whole.ids);
    free(other.ids);
}

static void
print_figures(size_t n, unsigned int n_bits, size_t n_bases)
{
    for (size_t k = 0; k < ARRAY_SIZE(methods); k++) {
        struct figures sum = { 0, 0, 0, 0 };

        for (size_t basis = 0; basis < n_bases; basis++) {
            measure(&methods[k], n, n_bits, basis, &sum);
        }
        printf("%s,%"PRIuSIZE",%u,%"PRIuSIZE",%.4f,%.4f,%.5f,%.5f\n",
               methods[k].name, n, 1u << n_bits, n_bases,
               sum.fullest / n_bases, sum.deviation / n_bases,
               sum.removal / n_bases, sum.addition / n_bases);
        fflush(stdout);
    }
}

int
main(int argc, char *argv[])
{
    static const size_t ns[] = { 10, 32, 64, 100, 250 };
    static const unsigned int bits[] = { 8, 10, 12, 14 };

    printf("method,buckets,slots,bases,fullest,deviation,removal,addition\n");
    if (argc == 4) {
        print_figures(atoi(argv[1]), log_2_floor(atoi(argv[2])),
                      atoi(argv[3]));
        return 0;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ns); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(bits); j++) {
            print_figures(ns[i], bits[j], MAX(3, 300 / ns[i]));
        }
    }
}
