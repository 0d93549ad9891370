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

#ifndef SLOT_TABLE_H
#define SLOT_TABLE_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rendezvous.h"

/* Slot table
 * ==========
 *
 * Maps hash values to the buckets of a select group such that a change of the
 * set of buckets changes the bucket of as few hash values as possible.
 *
 * The low bits of a hash value name a slot.  The number of slots is a
 * parameter of the table and does not follow the number of buckets.  Each slot
 * is owned by the bucket that wins it by stratified weighted rendezvous
 * hashing, see rendezvous.h, so that
 *
 *   - each bucket with a weight gets a share of the slots in proportion to its
 *     weight, and one of weight 0 gets none;
 *
 *   - between two tables with the same slots and basis, a bucket that is just
 *     in the first gives up its slots to others, one that is just in the
 *     second takes its slots from others, and no slot moves between buckets
 *     that both tables have with the same weight;
 *
 *   - the owners are a function of the basis, the number of slots and the set
 *     of (bucket id, weight) alone, on every machine.
 *
 * A slot whose owner is not live belongs, for that time, to the best live
 * bucket in the slot's own order.
 *
 * Costs: making a table takes time in proportion to slots x buckets, finding
 * the owner of a slot is a load, finding a substitute for an owner that is not
 * live takes time in proportion to the buckets.  The memory is 4 bytes a slot
 * and sizeof(struct slot_bucket) a bucket.
 *
 * Thread-safety: a table does not change once it is made.  Any number of
 * threads may use it until it is destroyed. */

/* A bucket of a slot table. */
struct slot_bucket {
    uint32_t id;                /* Unique in the table. */
    uint16_t weight;
    void *aux;                  /* The user's; not used by the table. */
    struct rendezvous_key key;  /* Set by slot_table_create(). */
};

struct slot_table {
    uint32_t basis;
    unsigned int n_bits;         /* There are 2**n_bits slots. */
    size_t n_buckets;
    struct slot_bucket *buckets; /* Those with a weight, by increasing id. */
    uint32_t *owners;            /* Index of each slot's owner in 'buckets', or
                                  * null if there is no bucket. */
};

struct slot_table *slot_table_create(uint32_t basis, unsigned int n_bits,
                                     const struct slot_bucket[], size_t n);
void slot_table_destroy(struct slot_table *);

const struct slot_bucket *slot_table_owner(const struct slot_table *,
                                           uint32_t slot);
const struct slot_bucket *slot_table_best_live(
    const struct slot_table *, uint32_t slot,
    bool (*is_live)(const struct slot_bucket *, void *aux), void *aux);

/* Returns the slot of 'hash' in 'table'. */
static inline uint32_t
slot_table_slot(const struct slot_table *table, uint32_t hash)
{
    return hash & ((UINT32_C(1) << table->n_bits) - 1);
}

#endif /* slot-table.h */
