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
#include "slot-winners.h"

/* Slot table
 * ==========
 *
 * Maps hash values to the buckets of a select group such that a change of the
 * set of buckets changes the bucket of as few hash values as possible.
 *
 * The low bits of a hash value name a slot.  The number of slots is a
 * parameter of the table and does not follow the number of buckets.  Each slot
 * is owned by the bucket with the best claim to it by stratified weighted
 * rendezvous hashing, see rendezvous.h, so that
 *
 *   - each bucket with a weight gets a share of the slots in proportion to its
 *     weight, and one of weight 0 gets none;
 *
 *   - between two tables with the same slots and basis, a bucket that is just
 *     in the first gives up its slots to others, one that is just in the
 *     second takes its slots from others, and no slot moves between buckets
 *     that both tables have with the same weight;
 *
 *   - the owners are a function of the basis, the number of slots, the load
 *     bound and the set of (bucket id, weight) alone, on every machine.
 *
 * With a load bound, no bucket owns more slots than its capacity allows, and
 * slots that do not fit move on, see slot-bound.h and slot-offers.h.  The
 * second property then holds for the most part only.
 *
 * A slot whose owner is not live belongs, for that time, to the best live
 * bucket in the slot's own order.
 *
 * A table can be made from the one that it replaces.  Then only what differs
 * is computed, and the result is the same to the bit.
 *
 * Costs, with s slots and n buckets:
 *
 *   - a table from nothing: time in proportion to s * log(s) + n;
 *
 *   - from the table that it replaces: see slot-update.h, which is s together
 *     for a bucket that goes;
 *
 *   - finding the owner of a slot: a load; finding a substitute for an owner
 *     that is not live: n;
 *
 *   - memory: 4 bytes a slot, and 48 a bucket, 52 with a load bound.
 *
 * Thread-safety: a table does not change once it is made.  Any number of
 * threads may use it until it is destroyed. */

/* No more buckets with a weight fit into a table. */
#define SLOT_TABLE_MAX_BUCKETS UINT16_MAX

/* What a table is made from, besides its buckets. */
struct slot_table_params {
    uint32_t basis;
    uint8_t n_bits;             /* 2**n_bits slots, see rendezvous.h. */
    uint8_t load_bound;         /* See slot-bound.h. */
};

/* A bucket to make a table from. */
struct slot_bucket {
    uint32_t id;                /* Unique in the table. */
    uint16_t weight;
    void *aux;                  /* The user's; not used by the table. */
};

struct slot_table {
    struct slot_table_params params;

    /* The buckets with a weight are the members, and the owners those of the
     * slots.  All zeros if there is none. */
    struct slot_winners winners;
    void **aux;                 /* Of each member. */
};

/* Returns true if a bucket with the given 'bucket_aux' is live.  'aux' is the
 * caller's. */
typedef bool slot_is_live_func(void *bucket_aux, void *aux);

struct slot_table *slot_table_create(const struct slot_table_params *,
                                     const struct slot_bucket[], size_t n,
                                     const struct slot_table *old);
void slot_table_destroy(struct slot_table *);

void *slot_table_owner(const struct slot_table *, uint32_t slot);
void *slot_table_best_live(const struct slot_table *, uint32_t slot,
                           slot_is_live_func *is_live, void *aux);

/* Returns true if 'table' has no bucket with a weight: no slot has an owner
 * then. */
static inline bool
slot_table_is_empty(const struct slot_table *table)
{
    return !table->aux;
}

/* Returns true if 'a' and 'b' have the same slots, so that their owners can be
 * compared. */
static inline bool
slot_table_has_same_slots(const struct slot_table *a,
                          const struct slot_table *b)
{
    return (a->params.basis == b->params.basis
            && a->params.n_bits == b->params.n_bits);
}

/* Returns the number of slots of 'table'. */
static inline uint32_t
slot_table_n_slots(const struct slot_table *table)
{
    return UINT32_C(1) << table->params.n_bits;
}

/* Returns the number of slots of 'table' that have an owner: all, or none. */
static inline uint32_t
slot_table_n_owned(const struct slot_table *table)
{
    return slot_table_is_empty(table) ? 0 : slot_table_n_slots(table);
}

/* Returns the slot of 'hash' in 'table'. */
static inline uint32_t
slot_table_slot(const struct slot_table *table, uint32_t hash)
{
    return hash & (slot_table_n_slots(table) - 1);
}

/* Returns the id of the bucket that owns 'slot' in 'table', which must not be
 * empty. */
static inline uint32_t
slot_table_owner_id(const struct slot_table *table, uint32_t slot)
{
    return table->winners.members[table->winners.owners[slot]].id;
}

#endif /* slot-table.h */
