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
#include "slot-balance.h"
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "slot-table.h"
#include "util.h"

/* A bucket should not have more than so many percent of its share. */
#define MAX_PERCENT 150

/* A bucket with so many slots for its share, or more, does not get
 * MAX_PERCENT of them, nor none: with a standard deviation of
 * less than sqrt(0.5 / 64) = 0.09, the probability is below 1e-8. */
#define SAFE_SHARE 64

struct balance {
    /* The bucket with the most slots for its weight, and its slots as a
     * percentage of its share. */
    uint32_t fullest;
    uint64_t fullest_percent;

    /* How many buckets own no slot, and the first of them. */
    uint32_t n_empty;
    uint32_t empty;
};

static void
get_weights(const struct slot_table *table, uint64_t *least, uint64_t *total)
{
    *least = UINT64_MAX;
    *total = 0;
    for (size_t i = 0; i < table->n_buckets; i++) {
        *least = MIN(*least, table->members[i].weight);
        *total += table->members[i].weight;
    }
}

/* Stores the balance of 'table', which must have a bucket, in '*balance'.
 * Takes time in proportion to the slots and the buckets. */
static void
get_balance(const struct slot_table *table, struct balance *balance)
{
    uint32_t *loads = xcalloc(table->n_buckets, sizeof *loads);
    uint32_t n_slots = slot_table_n_slots(table);
    uint64_t least, total;
    size_t fullest = 0;

    for (uint32_t slot = 0; slot < n_slots; slot++) {
        loads[table->owners[slot]]++;
    }

    balance->n_empty = 0;
    for (size_t i = 0; i < table->n_buckets; i++) {
        if (!loads[i] && !balance->n_empty++) {
            balance->empty = table->members[i].id;
        }
        if ((uint64_t) loads[i] * table->members[fullest].weight
            > (uint64_t) loads[fullest] * table->members[i].weight) {
            fullest = i;
        }
    }
    get_weights(table, &least, &total);
    balance->fullest = table->members[fullest].id;
    balance->fullest_percent
        = (100 * total * loads[fullest]
           / ((uint64_t) n_slots * table->members[fullest].weight));
    free(loads);
}

/* Returns true if a table with the buckets of 'table' and the given 'params'
 * is balanced as well as it should be. */
static bool
mends(const struct slot_table *table, const struct slot_table_params *params)
{
    uint64_t least, total;

    /* If the least share is not even two thirds of a slot, having a single one
     * is too much. */
    get_weights(table, &least, &total);
    if ((least << params->n_bits) * MAX_PERCENT / 100 < total) {
        return false;
    }

    struct slot_bucket *buckets = xcalloc(table->n_buckets, sizeof *buckets);
    for (size_t i = 0; i < table->n_buckets; i++) {
        buckets[i].id = table->members[i].id;
        buckets[i].weight = table->members[i].weight;
    }
    struct slot_table *other = slot_table_create(params, buckets,
                                                 table->n_buckets, table);
    struct balance balance;
    get_balance(other, &balance);
    slot_table_destroy(other);
    free(buckets);

    return (!balance.n_empty
            && balance.fullest_percent <= MAX_PERCENT);
}

/* Appends to 's' the least number of slots, and the greatest of some load
 * bounds, with which 'table' would be balanced. */
static void
put_advice(const struct slot_table *table, struct ds *s)
{
    static const uint8_t bounds[] = { 25, 10, 5, 1 };
    struct slot_table_params params;
    bool any = false;

    params = table->params;
    while (!any && params.n_bits < RENDEZVOUS_MAX_BITS) {
        params.n_bits++;
        if (mends(table, &params)) {
            ds_put_format(s, "slots=%u", 1u << params.n_bits);
            any = true;
        }
    }
    params = table->params;
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
        params.load_bound = bounds[i];
        if (bounds[i] != table->params.load_bound && mends(table, &params)) {
            ds_put_format(s, "%sload_bound=%d", any ? " or " : "", bounds[i]);
            any = true;
            break;
        }
    }
    ds_put_cstr(s, any ? " would mend that" : "no number of slots and no load "
                                              "bound would mend that");
}

/* Returns null if 'table' is balanced as well as it should be: no bucket is
 * without a slot and, unless there is a load bound, none has more than
 * MAX_PERCENT of its share.  Otherwise, returns a malloc()'d
 * string that says what is wrong and what would mend it.
 *
 * Almost free where shares are not small.  Otherwise takes time in proportion
 * to the slots, and to make tables with more slots if something is wrong. */
char *
slot_balance_check(const struct slot_table *table)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct balance balance;
    uint64_t least, total;

    get_weights(table, &least, &total);
    if (!table->n_buckets
        || least << table->params.n_bits >= total * SAFE_SHARE) {
        return NULL;
    }

    get_balance(table, &balance);
    if (!table->params.load_bound
        && balance.fullest_percent > MAX_PERCENT) {
        ds_put_format(&s, "bucket %"PRIu32" has %"PRIu64".%02"PRIu64" times "
                      "its share of the slots; ", balance.fullest,
                      balance.fullest_percent / 100,
                      balance.fullest_percent % 100);
    }
    if (balance.n_empty) {
        ds_put_format(&s, "%"PRIu32" bucket%s with a weight, like bucket "
                      "%"PRIu32", ha%s no slot; ", balance.n_empty,
                      balance.n_empty > 1 ? "s" : "", balance.empty,
                      balance.n_empty > 1 ? "ve" : "s");
    }
    if (s.length) {
        put_advice(table, &s);
    }
    return s.length ? ds_steal_cstr(&s) : NULL;
}
