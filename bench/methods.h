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

#ifndef METHODS_H
#define METHODS_H 1

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "splitmix64.h"
#include "util.h"

/* Methods of others that spread connections over buckets, for bench/balance.c.
 * Those that have no slots decide for as many connections. */

enum { HISTORY_MAX = 1024 };

/* How a set of buckets came to be, and the set, by id. */
struct history {
    struct step {
        bool added;
        uint32_t id;
    } steps[HISTORY_MAX];
    size_t n_steps;

    uint32_t ids[HISTORY_MAX];
    size_t n;

    size_t capacity;            /* Of methods that have to know it before. */

    /* Whether connections come in another order than with other histories. */
    bool other_order;
};

static inline void
history_step(struct history *history, bool added, uint32_t id)
{
    size_t i = 0;

    ovs_assert(history->n_steps < HISTORY_MAX);
    history->steps[history->n_steps++] = (struct step) { added, id };
    while (i < history->n && history->ids[i] < id) {
        i++;
    }
    if (added) {
        memmove(&history->ids[i + 1], &history->ids[i],
                (history->n++ - i) * sizeof *history->ids);
        history->ids[i] = id;
    } else {
        memmove(&history->ids[i], &history->ids[i + 1],
                (--history->n - i) * sizeof *history->ids);
    }
}

/* What a method has made. */
struct owners {
    uint32_t *ids;              /* The id of each slot's owner. */
    size_t n_slots;
    size_t n_bytes;             /* What a switch would keep. */
};

static inline uint64_t
random_number(uint64_t *state)
{
    uint64_t number = splitmix64(*state, 0);

    *state += UINT64_C(0x9e3779b97f4a7c15);     /* As for the next index. */
    return number;
}

/* Returns the start of a sequence of random numbers for a bucket, slot or other
 * thing with the given 'id'. */
static inline uint64_t
seed(uint32_t basis, uint32_t id)
{
    uint64_t state = ((uint64_t) basis << 32) | id;

    return random_number(&state);
}

/* For slots, where they must not be those of buckets. */
static inline uint64_t
slot_seed(uint32_t basis, size_t slot)
{
    return seed(basis, ~(uint32_t) slot);
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
make_maglev(struct owners *owners, uint32_t basis, const struct history *history,
            int arg OVS_UNUSED)
{
    size_t size = owners->n_slots, n = history->n;
    size_t *entry = xcalloc(n, sizeof *entry);
    size_t *skip = xcalloc(n, sizeof *skip);

    while (!is_prime(--size)) {
        continue;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t state = seed(basis, history->ids[i]);

        entry[i] = random_number(&state) % size;
        skip[i] = random_number(&state) % (size - 1) + 1;
    }
    owners->n_slots = size;
    owners->n_bytes = size * sizeof *owners->ids;
    memset(owners->ids, 0xff, size * sizeof *owners->ids);
    for (size_t filled = 0; filled < size; filled++) {
        size_t i = filled % n;

        while (owners->ids[entry[i]] != UINT32_MAX) {
            entry[i] = (entry[i] + skip[i]) % size;
        }
        owners->ids[entry[i]] = history->ids[i];
    }
    free(entry);
    free(skip);
}

/* Jump consistent hash (Lamping and Veach, 2014, section 2) of places, which it
 * can only add and remove at the end: the last bucket takes the place of one
 * that goes. */
static void
make_jump(struct owners *owners, uint32_t basis, const struct history *history,
          int arg OVS_UNUSED)
{
    uint32_t places[HISTORY_MAX];
    size_t n = 0;

    for (size_t i = 0; i < history->n_steps; i++) {
        const struct step *step = &history->steps[i];

        if (step->added) {
            places[n++] = step->id;
        } else {
            size_t place = 0;

            while (places[place] != step->id) {
                place++;
            }
            places[place] = places[--n];
        }
    }
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        uint64_t state = slot_seed(basis, slot);
        size_t next = 0, place;

        do {
            double u = ((random_number(&state) >> 11) + 1) / (double) (1ULL << 53);

            place = next;
            next = MIN((place + 1) / u, SIZE_MAX / 2);
        } while (next < n);
        owners->ids[slot] = places[place];
    }
    owners->n_bytes = n * sizeof *places;
}

struct point {
    uint64_t hash;
    uint32_t id;
};

static int
compare_points(const void *a_, const void *b_)
{
    const struct point *a = a_;
    const struct point *b = b_;

    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* Returns the points of a ring, 'n_each' for each bucket. */
static struct point *
make_points(uint32_t basis, const struct history *history, size_t n_each)
{
    size_t n_points = history->n * n_each;
    struct point *points = xmalloc(n_points * sizeof *points);

    for (size_t i = 0; i < history->n; i++) {
        uint64_t state = seed(basis, history->ids[i]);

        for (size_t j = 0; j < n_each; j++) {
            points[i * n_each + j].hash = random_number(&state);
            points[i * n_each + j].id = history->ids[i];
        }
    }
    qsort(points, n_points, sizeof *points, compare_points);
    return points;
}

/* Returns the first of the 'n' 'points' at 'hash' or after it. */
static const struct point *
find_point(const struct point points[], size_t n, uint64_t hash)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (points[middle].hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return &points[low < n ? low : 0];
}

/* A ring (Karger and others, "Consistent hashing and random trees", STOC 1997)
 * with 'n_each' points for each bucket. */
static void
make_ring(struct owners *owners, uint32_t basis, const struct history *history,
          int n_each)
{
    struct point *points = make_points(basis, history, n_each);
    size_t n_points = history->n * n_each;

    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        owners->ids[slot] = find_point(points, n_points,
                                       slot_seed(basis, slot))->id;
    }
    owners->n_bytes = n_points * 8;         /* With 32 bits of the hash. */
    free(points);
}

/* Envoy's bounded load, over a ring of 100 points for each bucket: where the
 * chosen bucket would have more than 100 + 'percent' percent of the average of
 * the connections that are open, the first that would not in a random order of
 * the connection's own.  Connections come one after the other. */
static void
make_bounded(struct owners *owners, uint32_t basis,
             const struct history *history, int percent)
{
    enum { N_EACH = 100 };
    struct point *points = make_points(basis, history, N_EACH);
    size_t n = history->n, n_points = n * N_EACH;
    uint32_t *order = xmalloc(owners->n_slots * sizeof *order);
    uint32_t max_id = history->ids[n - 1];
    uint32_t *loads = xcalloc(max_id + 1, sizeof *loads);
    uint32_t *shuffled = xmalloc(n * sizeof *shuffled);
    uint64_t state = seed(basis, history->other_order);

    for (size_t i = 0; i < owners->n_slots; i++) {
        size_t other = random_number(&state) % (i + 1);

        order[i] = order[other];
        order[other] = i;
    }
    for (size_t i = 0; i < owners->n_slots; i++) {
        double most = (100 + percent) / 100. * (i + 1) / n;
        uint64_t hash = slot_seed(basis, order[i]);
        uint32_t id = find_point(points, n_points, hash)->id;

        memcpy(shuffled, history->ids, n * sizeof *shuffled);
        for (size_t j = 0; loads[id] + 1 > MAX(most, 1) && j < n; j++) {
            size_t other = j + random_number(&hash) % (n - j);

            id = shuffled[other];
            shuffled[other] = shuffled[j];
        }
        loads[id]++;
        owners->ids[order[i]] = id;
    }
    owners->n_bytes = n_points * 8 + n * sizeof *loads;
    free(points);
    free(order);
    free(loads);
    free(shuffled);
}

/* AnchorHash (Mendelson and others, "AnchorHash: A scalable consistent hash",
 * IEEE/ACM ToN 2021, algorithm 3).  The arrays have the paper's names: A, when
 * a place was removed, as the number that were left; W, the places in use, and
 * L, where each is in there; K, who is there since it was removed; R, the
 * removed ones, the last of which returns first. */
static void
make_anchor(struct owners *owners, uint32_t basis,
            const struct history *history, int arg OVS_UNUSED)
{
    size_t a = history->capacity, n = 0, n_removed = 0;
    uint32_t *A = xcalloc(a, sizeof *A), *W = xcalloc(a, sizeof *W);
    uint32_t *L = xcalloc(a, sizeof *L), *K = xcalloc(a, sizeof *K);
    uint32_t *R = xcalloc(a, sizeof *R), *ids = xcalloc(a, sizeof *ids);

    for (size_t b = 0; b < a; b++) {
        W[b] = L[b] = K[b] = b;
    }
    for (size_t b = a; b-- > 0; ) {
        A[b] = b;
        R[n_removed++] = b;
    }
    for (size_t i = 0; i < history->n_steps; i++) {
        const struct step *step = &history->steps[i];
        size_t b;

        if (step->added) {
            b = R[--n_removed];
            ids[b] = step->id;
            A[b] = 0;
            L[W[n]] = n;
            W[L[b]] = K[b] = b;
            n++;
        } else {
            for (b = 0; A[b] || ids[b] != step->id; b++) {
                continue;
            }
            R[n_removed++] = b;
            n--;
            A[b] = n;
            W[L[b]] = K[b] = W[n];
            L[W[n]] = L[b];
        }
    }
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        uint64_t state = slot_seed(basis, slot);
        size_t b = random_number(&state) % a;

        while (A[b]) {
            uint64_t own = seed(basis, b) ^ state;
            size_t h = random_number(&own) % A[b];

            while (A[h] >= A[b]) {
                h = K[h];
            }
            b = h;
        }
        owners->ids[slot] = ids[b];
    }
    owners->n_bytes = a * 4 * sizeof *A + a * sizeof *ids;
    free(A);
    free(W);
    free(L);
    free(K);
    free(R);
    free(ids);
}

/* DxHash (Dong and Wang, "DxHash: A scalable consistent hashing based on the
 * pseudo-random sequence", 2021): as many places as a power of two, and a
 * sequence of places for each connection, of which the first one in use is
 * taken.  The place that is free for longest is used next. */
static void
make_dx(struct owners *owners, uint32_t basis, const struct history *history,
        int arg OVS_UNUSED)
{
    size_t a = UINT64_C(1) << log_2_ceil(history->capacity);
    uint32_t *ids = xcalloc(a, sizeof *ids);
    bool *used = xcalloc(a, sizeof *used);
    uint32_t *queue = xcalloc(a + history->n_steps, sizeof *queue);
    size_t head = 0, tail = 0;

    while (tail < a) {
        queue[tail] = tail;
        tail++;
    }
    for (size_t i = 0; i < history->n_steps; i++) {
        const struct step *step = &history->steps[i];
        size_t place = 0;

        if (step->added) {
            place = queue[head++];
        } else {
            while (!used[place] || ids[place] != step->id) {
                place++;
            }
            queue[tail++] = place;
        }
        used[place] = step->added;
        ids[place] = step->id;
    }
    for (size_t slot = 0; slot < owners->n_slots; slot++) {
        uint64_t state = slot_seed(basis, slot);
        size_t place;

        do {
            place = random_number(&state) & (a - 1);
        } while (!used[place]);
        owners->ids[slot] = ids[place];
    }
    owners->n_bytes = a / 8 + a * sizeof *ids;
    free(ids);
    free(used);
    free(queue);
}

#endif /* methods.h */
