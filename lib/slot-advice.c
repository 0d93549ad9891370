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

/* The loads of a table say what is wrong.  Advice comes from the shares alone,
 * without making the table that it leads to: how far a load is likely to be
 * from its share depends on the share alone, and with a load bound, the
 * capacity is the limit. */

#include <config.h>
#include "slot-advice.h"
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "slot-table.h"
#include "util.h"

/* A bucket of at least average weight should not have more than so many
 * percent of its share.  Smaller ones are easily a slot or two off, which
 * makes a great ratio of little traffic. */
#define MAX_PERCENT 150

/* A bucket with so many slots for its share does not get MAX_PERCENT of them:
 * with a standard deviation of less than sqrt(0.5 / 64) = 0.09, the
 * probability is below 1e-8. */
#define SAFE_SHARE 64

/* A bucket with so many slots for its share does not get none: the probability
 * is less than exp(-16) = 1.2e-7. */
#define NONEMPTY_SHARE 16

/* What matters for the balance of a table, and for advice. */
struct balance {
    uint16_t least_average;     /* Of weights that are at least the average. */

    /* Of the buckets of at least average weight, the one with the most slots
     * for its weight, and its slots as a percentage of its share. */
    uint32_t fullest;
    uint64_t fullest_percent;

    /* How many buckets own no slot, and the first of them. */
    uint32_t n_empty;
    uint32_t empty;
};

static struct balance
get_balance(const struct slot_winners *w)
{
    struct balance balance = { .least_average = UINT16_MAX };
    uint32_t *loads = xmalloc(w->n_members * sizeof *loads);

    slot_winners_count(w, loads, NULL);
    for (size_t i = 0; i < w->n_members; i++) {
        uint64_t weight = w->members[i].weight;

        if (!loads[i] && !balance.n_empty++) {
            balance.empty = w->members[i].id;
        }
        if (weight * w->n_members >= w->weight) {
            uint64_t percent = (100 * w->weight * loads[i]
                                / (weight << w->n_bits));

            balance.least_average = MIN(balance.least_average, weight);
            if (percent > balance.fullest_percent) {
                balance.fullest = w->members[i].id;
                balance.fullest_percent = percent;
            }
        }
    }
    free(loads);
    return balance;
}

/* Returns true if with 2**n_bits slots the share of a bucket of 'w' with the
 * given 'weight' is at least 'share' / 10 slots. */
static bool
has_share(const struct slot_winners *w, unsigned int n_bits, uint16_t weight,
          unsigned int share)
{
    return (UINT64_C(10) * weight) << n_bits >= share * w->weight;
}

/* Returns null if 'table' is balanced as well as it should be, or cannot be
 * balanced better.  It should have no bucket without a slot and, unless there
 * is a load bound, none of at least average weight that has more than
 * MAX_PERCENT of its share.  Otherwise, returns a malloc()'d string that says
 * what is wrong and what options prevent it.
 *
 * Takes time in proportion to the buckets and, where shares are small, to the
 * slots. */
char *
slot_advice_get(const struct slot_table *table)
{
    const struct slot_winners *w = &table->winners;
    unsigned int n_bits = w->n_bits;

    if (has_share(w, n_bits, w->min_weight, 10 * SAFE_SHARE)) {
        return NULL;
    }

    struct balance balance = get_balance(w);
    bool overfull = (!table->params.load_bound
                     && balance.fullest_percent > MAX_PERCENT);
    if (!overfull && !balance.n_empty) {
        return NULL;
    }

    while (n_bits <= RENDEZVOUS_MAX_BITS
           && ((overfull && !has_share(w, n_bits, balance.least_average,
                                       10 * SAFE_SHARE))
               || (balance.n_empty && !has_share(w, n_bits, w->min_weight,
                                                 10 * NONEMPTY_SHARE)))) {
        n_bits++;
    }
    bool slots = n_bits <= RENDEZVOUS_MAX_BITS && n_bits > w->n_bits;

    /* The greatest of some load bounds with which no bucket of at least
     * average weight gets more than MAX_PERCENT of its share, to which the
     * bound of b percent and a slot for rounding come: 100 + b + 100 / share
     * <= MAX_PERCENT.  None if a bucket's capacity could be 0. */
    unsigned int bound
        = (balance.n_empty || !has_share(w, w->n_bits, w->min_weight, 10) ? 0
           : has_share(w, w->n_bits, balance.least_average, 40) ? 25
           : has_share(w, w->n_bits, balance.least_average, 25) ? 10
           : 0);
    if (!slots && !bound) {
        return NULL;
    }

    struct ds s = DS_EMPTY_INITIALIZER;
    if (overfull) {
        ds_put_format(&s, "bucket %"PRIu32" has %"PRIu64".%02"PRIu64" times "
                      "its share of the slots; ", balance.fullest,
                      balance.fullest_percent / 100,
                      balance.fullest_percent % 100);
    }
    if (balance.n_empty) {
        ds_put_format(&s, "%"PRIu32" bucket%s with a weight, for example "
                      "bucket %"PRIu32", ha%s no slot; ", balance.n_empty,
                      balance.n_empty > 1 ? "s" : "", balance.empty,
                      balance.n_empty > 1 ? "ve" : "s");
    }
    if (slots) {
        ds_put_format(&s, "slots=%u", 1u << n_bits);
    }
    if (bound) {
        ds_put_format(&s, "%sload_bound=%u", slots ? " or " : "", bound);
    }
    ds_put_cstr(&s, " would prevent that");
    return ds_steal_cstr(&s);
}
