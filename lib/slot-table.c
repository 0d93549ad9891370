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
#include "slot-table.h"
#include <stdlib.h>
#include "util.h"

/* A bucket's claim to one slot. */
struct claim {
    const struct slot_bucket *bucket;
    uint64_t draw;
    uint64_t cost;              /* Of 'draw', or 0 if not computed yet. */
};

static uint64_t
claim_cost(struct claim *claim)
{
    if (!claim->cost) {
        claim->cost = rendezvous_cost(claim->draw);
    }
    return claim->cost;
}

/* Returns true if 'a' is the better of two claims to the same slot: that with
 * the lesser cost per weight, else that with the greater draw, else that with
 * the lesser bucket id.
 *
 * As a greater draw never costs more, a claim with both the greater draw and
 * no less weight is the better without a look at the costs, which are
 * expensive.  Buckets with equal weights never get further. */
static bool
claim_is_better(struct claim *a, struct claim *b)
{
    bool draws_more = (a->draw != b->draw
                       ? a->draw > b->draw
                       : a->bucket->id < b->bucket->id);

    if (draws_more
        ? a->bucket->weight >= b->bucket->weight
        : a->bucket->weight <= b->bucket->weight) {
        return draws_more;
    }

    uint64_t a_cost = claim_cost(a) * b->bucket->weight;
    uint64_t b_cost = claim_cost(b) * a->bucket->weight;

    return a_cost != b_cost ? a_cost < b_cost : draws_more;
}

/* Returns the bucket of 'table' with the best claim to 'slot' among those for
 * which 'is_live', if it is nonnull, returns true, or null if there is none.
 * Calls 'is_live' just for buckets with a better claim than the live ones
 * before them. */
const struct slot_bucket *
slot_table_best_live(const struct slot_table *table, uint32_t slot,
                     bool (*is_live)(const struct slot_bucket *, void *aux),
                     void *aux)
{
    struct claim best = { .bucket = NULL };

    for (size_t i = 0; i < table->n_buckets; i++) {
        const struct slot_bucket *bucket = &table->buckets[i];
        struct claim claim = {
            .bucket = bucket,
            .draw = rendezvous_draw(&bucket->key, table->n_bits, slot),
        };

        if ((!best.bucket || claim_is_better(&claim, &best))
            && (!is_live || is_live(bucket, aux))) {
            best = claim;
        }
    }
    return best.bucket;
}

static int
compare_buckets_by_id(const void *a_, const void *b_)
{
    const struct slot_bucket *a = a_;
    const struct slot_bucket *b = b_;

    return a->id < b->id ? -1 : a->id > b->id;
}

/* Creates and returns a table of 2**n_bits slots for the 'n' 'buckets', which
 * it copies.  Their ids must be unique; their order does not matter.  A bucket
 * with weight 0 does not become part of the table.
 *
 * 'n_bits' must be between RENDEZVOUS_MIN_BITS and RENDEZVOUS_MAX_BITS.
 *
 * The caller owns the table and must destroy it with slot_table_destroy().
 *
 * Takes time in proportion to n * 2**n_bits. */
struct slot_table *
slot_table_create(uint32_t basis, unsigned int n_bits,
                  const struct slot_bucket buckets[], size_t n)
{
    ovs_assert(n_bits >= RENDEZVOUS_MIN_BITS && n_bits <= RENDEZVOUS_MAX_BITS);

    struct slot_table *table = xmalloc(sizeof *table);

    table->basis = basis;
    table->n_bits = n_bits;
    table->n_buckets = 0;
    table->buckets = xmalloc(n * sizeof *table->buckets);
    table->owners = NULL;

    for (size_t i = 0; i < n; i++) {
        if (buckets[i].weight) {
            struct slot_bucket *b = &table->buckets[table->n_buckets++];

            *b = buckets[i];
            rendezvous_key_init(&b->key, basis, b->id);
        }
    }
    if (!table->n_buckets) {
        return table;
    }
    qsort(table->buckets, table->n_buckets, sizeof *table->buckets,
          compare_buckets_by_id);

    uint32_t n_slots = UINT32_C(1) << n_bits;

    table->owners = xmalloc(n_slots * sizeof *table->owners);
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        table->owners[slot] = (slot_table_best_live(table, slot, NULL, NULL)
                               - table->buckets);
    }
    return table;
}

/* Frees 'table' and its buckets, but not what their 'aux' points to.  'table'
 * may be null. */
void
slot_table_destroy(struct slot_table *table)
{
    if (table) {
        free(table->buckets);
        free(table->owners);
        free(table);
    }
}

/* Returns the bucket that owns 'slot' in 'table', or null if 'table' has no
 * bucket, in constant time. */
const struct slot_bucket *
slot_table_owner(const struct slot_table *table, uint32_t slot)
{
    return table->owners ? &table->buckets[table->owners[slot]] : NULL;
}
