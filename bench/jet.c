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

/* Just Enough Tracking and full tracking, with tables of connections of several
 * sizes, on the same connections and changes of servers: prints, as
 * comma-separated values, how many connections get to another server, though
 * theirs is still there.  bench/jet makes a table of it.
 *
 * The setting is that of Mendelson and others, "Load Balancing with JET: Just
 * Enough Tracking for Connection Consistency", CoNEXT 2021, section 5: 468
 * servers, 10 a minute of which go down at random times, each for a while after
 * which one from the horizon comes, and 100,000 open connections, whose
 * durations are those of a Hadoop cluster.  Each connection has a packet a
 * second, in random order.  A table forgets the connection that has had no
 * packet for longest, and connections that end. */

#include <config.h>
#undef NDEBUG
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "random.h"
#include "slot-bound.h"
#include "slot-table.h"
#include "util.h"

enum {
    N_SERVERS = 468,
    N_OPEN = 100000,            /* Connections, on average. */
    MAX_OPEN = 2 * N_OPEN,
    MAX_SERVERS = 1024,
    GONE_PER_MINUTE = 10,
    N_BITS = 14,
};

/* A cumulative distribution: with a probability of up to 'p', 'seconds'. */
struct cdf {
    double p;
    double seconds;
};

/* Rounded from the simulation of the paper's authors. */
static const struct cdf durations[] = {
    { .293, .001 }, { .378, .002 }, { .406, .003 }, { .452, .009 },
    { .476, .025 }, { .502, .31 }, { .548, 10.3 }, { .760, 10.4 },
    { .899, 22.9 }, { .928, 36.4 }, { .948, 101 }, { .958, 214 },
    { .998, 228 }, { 1, 603 },
};
static const struct cdf downtimes[] = {
    { .007, 60 }, { .043, 121 }, { .215, 131 }, { .387, 141 }, { .559, 153 },
    { .730, 166 }, { .902, 179 }, { .966, 305 }, { .982, 672 }, { 1, 20534 },
};

/* Servers have ids from 0 on, and none comes back with its id: those that work,
 * and those of the horizon, the one that comes next first. */
static uint32_t working[MAX_SERVERS], horizon[MAX_SERVERS];
static size_t n_working, n_horizon;
static uint32_t n_ids;
static struct slot_table *current, *with_horizon;

/* Open connections. */
static struct connection {
    uint32_t slot;
    double end;
} connections[MAX_OPEN];
static uint32_t n_open;

/* One way of tracking. */
struct tracking {
    bool just_enough;
    uint32_t size;              /* Entries of the table. */

    /* For each connection: its server, whether it is tracked, and the two in
     * the list of tracked connections beside it.  The list's head is at the
     * index MAX_OPEN; after it is the one that was used last. */
    uint32_t *server, *prev, *next;
    bool *tracked, *broken;

    uint32_t n_tracked;
    double sum_tracked;         /* Over all seconds. */
    uint64_t n_broken, n_lost;  /* Lost: with their servers. */
};

static double
draw(const struct cdf *cdf)
{
    double p = random_uint32() / (UINT32_MAX + 1.0);

    while (p >= cdf->p) {
        cdf++;
    }
    return cdf->seconds;
}

static double
mean(const struct cdf cdf[], size_t n)
{
    double sum = 0, last = 0;

    for (size_t i = 0; i < n; i++) {
        sum += cdf[i].seconds * (cdf[i].p - last);
        last = cdf[i].p;
    }
    return sum;
}

/* Returns a time until the next of events that come 'rate' times a second. */
static double
pause_of(double rate)
{
    return -log(1 - random_uint32() / (UINT32_MAX + 1.0)) / rate;
}

static struct slot_table *
make_table(struct slot_table *old, const uint32_t ids[], size_t n,
           const uint32_t more_ids[], size_t n_more)
{
    struct slot_table_params params = {
        .n_bits = N_BITS, .load_bound = SLOT_BOUND_NONE,
    };
    struct slot_bucket *buckets = xcalloc(n + n_more, sizeof *buckets);

    for (size_t i = 0; i < n + n_more; i++) {
        buckets[i].id = i < n ? ids[i] : more_ids[i - n];
        buckets[i].weight = 1;
    }

    struct slot_table *table = slot_table_create(&params, buckets, n + n_more,
                                                 old);
    slot_table_destroy(old);
    free(buckets);
    return table;
}

static void
make_tables(void)
{
    current = make_table(current, working, n_working, NULL, 0);
    with_horizon = make_table(with_horizon, working, n_working,
                              horizon, n_horizon);
}

static void
unlink_connection(struct tracking *t, uint32_t c)
{
    t->next[t->prev[c]] = t->next[c];
    t->prev[t->next[c]] = t->prev[c];
}

static void
link_first(struct tracking *t, uint32_t c)
{
    t->prev[c] = MAX_OPEN;
    t->next[c] = t->next[MAX_OPEN];
    t->prev[t->next[c]] = c;
    t->next[MAX_OPEN] = c;
}

static void
forget(struct tracking *t, uint32_t c)
{
    if (t->tracked[c]) {
        unlink_connection(t, c);
        t->tracked[c] = false;
        t->n_tracked--;
    }
}

/* A packet of connection 'c' arrives, its 'first' one or another. */
static void
receive(struct tracking *t, uint32_t c, bool first)
{
    if (first) {
        t->broken[c] = false;
    } else if (t->broken[c]) {
        return;
    }
    if (t->tracked[c]) {
        unlink_connection(t, c);
        link_first(t, c);
        return;
    }

    uint32_t slot = connections[c].slot;
    uint32_t server = slot_table_owner_id(current, slot);
    if (first) {
        t->server[c] = server;
    } else if (t->server[c] != server) {
        t->broken[c] = true;
        t->n_broken++;
        return;
    }
    if (t->size && (!t->just_enough
                    || slot_table_owner_id(with_horizon, slot) != server)) {
        if (t->n_tracked == t->size) {
            forget(t, t->prev[MAX_OPEN]);
        }
        t->tracked[c] = true;
        t->n_tracked++;
        link_first(t, c);
    }
}

static void
lose_server(struct tracking *t, uint32_t id)
{
    for (uint32_t c = 0; c < n_open; c++) {
        if (t->server[c] == id && !t->broken[c]) {
            forget(t, c);
            t->broken[c] = true;
            t->n_lost++;
        }
    }
}

/* Connection 'c' ends, and the last one takes its place. */
static void
end_connection(struct tracking *t, uint32_t c, uint32_t last)
{
    forget(t, c);
    if (c != last) {
        t->server[c] = t->server[last];
        t->broken[c] = t->broken[last];
        t->tracked[c] = t->tracked[last];
        if (t->tracked[c]) {
            t->prev[c] = t->prev[last];
            t->next[c] = t->next[last];
            t->next[t->prev[c]] = t->prev[t->next[c]] = c;
            t->tracked[last] = false;
        }
    }
}

static void
simulate(struct tracking ts[], size_t n_ts, size_t horizon_size,
         unsigned int seconds)
{
    double rate = N_OPEN / mean(durations, ARRAY_SIZE(durations));
    double *back = NULL;
    size_t n_back = 0, allocated_back = 0;
    uint32_t *order = xmalloc(MAX_OPEN * sizeof *order);
    double next_start = 0, next_gone = 0;
    uint64_t n_connections = 0;

    for (n_ids = 0, n_working = 0; n_working < N_SERVERS; n_working++) {
        working[n_working] = n_ids++;
    }
    for (n_horizon = 0; n_horizon < horizon_size; n_horizon++) {
        horizon[n_horizon] = n_ids++;
    }
    n_open = 0;
    make_tables();
    for (size_t i = 0; i < n_ts; i++) {
        struct tracking *t = &ts[i];

        t->server = xcalloc(MAX_OPEN + 1, sizeof *t->server);
        t->prev = xcalloc(MAX_OPEN + 1, sizeof *t->prev);
        t->next = xcalloc(MAX_OPEN + 1, sizeof *t->next);
        t->tracked = xcalloc(MAX_OPEN + 1, sizeof *t->tracked);
        t->broken = xcalloc(MAX_OPEN + 1, sizeof *t->broken);
        t->prev[MAX_OPEN] = t->next[MAX_OPEN] = MAX_OPEN;
    }

    for (unsigned int now = 0; now < seconds; now++) {
        bool changed = false;

        for (; next_gone < now; next_gone += pause_of(GONE_PER_MINUTE / 60.)) {
            uint32_t which = random_range(n_working);

            for (size_t i = 0; i < n_ts; i++) {
                lose_server(&ts[i], working[which]);
            }
            working[which] = working[--n_working];
            if (n_back == allocated_back) {
                back = x2nrealloc(back, &allocated_back, sizeof *back);
            }
            back[n_back++] = next_gone + draw(downtimes);
            changed = true;
        }
        for (size_t i = 0; i < n_back; ) {
            if (back[i] >= now) {
                i++;
                continue;
            }
            back[i] = back[--n_back];
            working[n_working++] = horizon[0];
            memmove(&horizon[0], &horizon[1],
                    (n_horizon - 1) * sizeof *horizon);
            horizon[n_horizon - 1] = n_ids++;
            changed = true;
        }
        if (changed) {
            make_tables();
        }

        for (uint32_t c = n_open; c-- > 0; ) {
            if (connections[c].end < now) {
                n_open--;
                connections[c] = connections[n_open];
                for (size_t i = 0; i < n_ts; i++) {
                    end_connection(&ts[i], c, n_open);
                }
            }
        }
        for (uint32_t c = 0; c < n_open; c++) {
            uint32_t other = random_range(c + 1);

            order[c] = order[other];
            order[other] = c;
        }
        for (uint32_t k = 0; k < n_open; k++) {
            for (size_t i = 0; i < n_ts; i++) {
                receive(&ts[i], order[k], false);
            }
        }
        for (; next_start < now + 1; next_start += pause_of(rate)) {
            uint32_t c = n_open++;

            ovs_assert(n_open <= MAX_OPEN);
            n_connections++;
            connections[c].slot = random_uint32() & ((1u << N_BITS) - 1);
            connections[c].end = next_start + draw(durations);
            for (size_t i = 0; i < n_ts; i++) {
                receive(&ts[i], c, true);
            }
        }
        for (size_t i = 0; i < n_ts; i++) {
            ts[i].sum_tracked += (double) ts[i].n_tracked / n_open;
        }
    }

    for (size_t i = 0; i < n_ts; i++) {
        struct tracking *t = &ts[i];

        printf("%s,%"PRIuSIZE",%"PRIu32",%.4f,%"PRIu64",%"PRIu64",%"PRIu64"\n",
               !t->size ? "none" : t->just_enough ? "JET" : "full",
               horizon_size, t->size, t->sum_tracked / seconds, n_connections,
               t->n_broken, t->n_lost);
        free(t->server);
        free(t->prev);
        free(t->next);
        free(t->tracked);
        free(t->broken);
    }
    fflush(stdout);
    free(back);
    free(order);
}

int
main(int argc, char *argv[])
{
    static const size_t horizons[] = { 47, 70 };   /* 10 and 15 %. */
    unsigned int seconds = argc > 1 ? atoi(argv[1]) : 1000;

    printf("tracking,horizon,entries,tracked,connections,broken,lost\n");
    for (size_t i = 0; i < ARRAY_SIZE(horizons); i++) {
        struct tracking ts[] = {
            { .just_enough = true, .size = N_OPEN / 4 },
            { .just_enough = true, .size = N_OPEN / 6 },
            { .just_enough = true, .size = N_OPEN / 8 },
            { .just_enough = true, .size = N_OPEN / 10 },
            { .size = N_OPEN * 2 },
            { .size = N_OPEN },
            { .size = N_OPEN / 2 },
            { .size = N_OPEN / 4 },
            { .size = N_OPEN / 10 },
            { .size = 0 },
        };

        random_set_seed(1);
        simulate(ts, ARRAY_SIZE(ts), horizons[i], seconds);
    }
    slot_table_destroy(current);
    slot_table_destroy(with_horizon);
    return 0;
}
