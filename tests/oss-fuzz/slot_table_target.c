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
#include "fuzzer.h"
#undef NDEBUG
#include <string.h>
#include "openvswitch/vlog.h"
#include "slot-table.h"
#include "tests/slot-check.h"
#include "util.h"

/* Runs a script of changes of a group.  After each, makes the table from the
 * one before and checks it against one from nothing, and at the end against
 * what slot-table.h promises.
 *
 * Every input is a script.  It starts with the parameters: one byte each for
 * the number of slots, the load bound and the basis.  Then changes follow, an
 * enum change and its arguments, each modulo what is possible.  The table is
 * made after a change, unless bit 7 of its byte says that others belong to the
 * same.  An argument that is missing is 0. */

enum { MAX_BUCKETS = 1024, MAX_TABLES = 64 };

/* Limits how much time an input takes: the sum over all tables of slots times
 * buckets, and the same for a final check of all slots. */
enum { MAX_WORK = 1 << 19, MAX_CHECK = 1 << 12 };

enum change {
    INSERT,                     /* Id (2 bytes), weight. */
    REMOVE,                     /* Index (2 bytes). */
    SET_WEIGHT,                 /* Index (2 bytes), weight. */
    SET_ALL_WEIGHTS,            /* Weight. */
    INSERT_RANGE,               /* Id (2 bytes), number, weight. */
    REMOVE_RANGE,               /* Index (2 bytes), number. */
    SWAP,                       /* Two indexes (2 bytes each). */
    SET_LOAD_BOUND,             /* Percent. */
    SET_SLOTS,                  /* Binary logarithm. */
    SET_BASIS,
    SET_ACTIONS,                /* That is, nothing. */
    N_CHANGES
};

struct script {
    const uint8_t *data;
    size_t size;
};

struct group {
    struct slot_table_params params;
    size_t n;
    struct slot_bucket buckets[MAX_BUCKETS];
};

static uint32_t
get(struct script *script, int n_bytes)
{
    uint32_t value = 0;

    while (n_bytes--) {
        value <<= 8;
        if (script->size) {
            value |= *script->data++;
            script->size--;
        }
    }
    return value;
}

/* Returns a small weight or a large one. */
static uint16_t
get_weight(struct script *script)
{
    uint8_t byte = get(script, 1);

    return byte < 128 ? byte : UINT16_MAX - (UINT8_MAX - byte) * 512;
}

/* Returns an index of one of 'n' buckets, or 0. */
static size_t
get_index(struct script *script, size_t n)
{
    uint32_t value = get(script, 2);

    return n ? value % n : 0;
}

static void
set_slots(struct group *group, uint8_t byte)
{
    group->params.n_bits = RENDEZVOUS_MIN_BITS + byte % 5;
}

/* Adds the bucket 'id', or changes its weight if it is there. */
static void
insert(struct group *group, uint32_t id, uint16_t weight)
{
    size_t i;

    for (i = 0; i < group->n && group->buckets[i].id != id; i++) {
        continue;
    }
    if (i == MAX_BUCKETS) {
        return;
    }
    group->buckets[i].id = id;
    group->buckets[i].weight = weight;
    group->buckets[i].aux = &group->buckets[i];
    group->n = MAX(group->n, i + 1);
}

static void
remove_bucket(struct group *group, size_t i)
{
    if (i < group->n) {
        group->buckets[i] = group->buckets[--group->n];
        group->buckets[i].aux = &group->buckets[i];
    }
}

static void
swap(struct group *group, size_t i, size_t j)
{
    if (group->n) {
        struct slot_bucket tmp = group->buckets[i];

        group->buckets[i] = group->buckets[j];
        group->buckets[i].aux = &group->buckets[i];
        group->buckets[j] = tmp;
        group->buckets[j].aux = &group->buckets[j];
    }
}

/* Changes 'group' as 'script' says next.  Returns false if more changes belong
 * to the same. */
static bool
change(struct group *group, struct script *script)
{
    uint8_t byte = get(script, 1);
    uint32_t id;
    uint8_t n;
    size_t i;

    switch ((enum change) ((byte & 0x7f) % N_CHANGES)) {
    case INSERT:
        id = get(script, 2);
        insert(group, id, get_weight(script));
        break;

    case REMOVE:
        remove_bucket(group, get_index(script, group->n));
        break;

    case SET_WEIGHT:
        i = get_index(script, group->n);
        group->buckets[i].weight = get_weight(script);
        break;

    case SET_ALL_WEIGHTS: {
        uint16_t weight = get_weight(script);

        for (i = 0; i < group->n; i++) {
            group->buckets[i].weight = weight;
        }
        break;
    }

    case INSERT_RANGE: {
        id = get(script, 2);
        n = get(script, 1);
        uint16_t weight = get_weight(script);

        for (i = 0; i < n; i++) {
            insert(group, id + i, weight);
        }
        break;
    }

    case REMOVE_RANGE:
        i = get_index(script, group->n);
        n = get(script, 1);
        for (; n; n--) {
            remove_bucket(group, i);
        }
        break;

    case SWAP:
        i = get_index(script, group->n);
        swap(group, i, get_index(script, group->n));
        break;

    case SET_LOAD_BOUND:
        group->params.load_bound = get(script, 1);
        break;

    case SET_SLOTS:
        set_slots(group, get(script, 1));
        break;

    case SET_BASIS:
        group->params.basis = get(script, 1);
        break;

    case SET_ACTIONS:
        break;

    case N_CHANGES:
    default:
        OVS_NOT_REACHED();
    }
    return !(byte & 0x80);
}

static struct slot_table *
create(const struct group *group, const struct slot_table *old)
{
    return slot_table_create(&group->params, group->buckets, group->n, old);
}

static bool
is_live(void *bucket_, void *aux OVS_UNUSED)
{
    const struct slot_bucket *bucket = bucket_;

    return bucket->id % 3;
}

/* Checks that while some buckets of 'group' are dead, slots go where they go
 * without these. */
static void
check_best_live(const struct group *group, const struct slot_table *table,
                uint32_t step)
{
    struct group live = *group;

    for (size_t i = live.n; i > 0; i--) {
        if (!is_live(&live.buckets[i - 1], NULL)) {
            remove_bucket(&live, i - 1);
        }
    }
    for (size_t i = 0; i < live.n; i++) {
        live.buckets[i].aux = &live.buckets[i];
    }
    live.params.load_bound = 0;

    struct slot_table *without = create(&live, table);
    for (uint32_t slot = 0; slot < slot_table_n_slots(table); slot += step) {
        const struct slot_bucket *a = slot_table_owner(without, slot);
        const struct slot_bucket *b = slot_table_best_live(table, slot,
                                                           is_live, NULL);

        ovs_assert(a ? b && a->id == b->id : !b);
    }
    slot_table_destroy(without);
}

/* Checks that 'a' and 'b', tables of the same buckets, are the same. */
static void
check_equal(const struct slot_table *a, const struct slot_table *b)
{
    ovs_assert(a->winners.n_members == b->winners.n_members);
    for (size_t i = 0; i < a->winners.n_members; i++) {
        ovs_assert(a->aux[i] == b->aux[i]);
    }
    if (!slot_table_is_empty(a)) {
        slot_check_equal(&a->winners, &b->winners);
    }
}

/* Checks that between 'old' and 'new', which have the same slots, just the
 * slots moved that had to, if that is certain. */
static void
check_moves(const struct slot_table *old, const struct slot_table *new)
{
    if (!slot_table_is_empty(old) && !slot_table_is_empty(new)
        && !old->params.load_bound && !new->params.load_bound) {
        slot_check_moves(&old->winners, &new->winners);
    }
}

/* Returns the number of pairs of a slot and a bucket of 'table'. */
static uint64_t
count_pairs(const struct slot_table *table)
{
    return (uint64_t) table->winners.n_members << table->params.n_bits;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct group group;
    struct script script = { data, size };
    struct slot_table *table = NULL;
    uint64_t work = 0;

    memset(&group, 0, sizeof group);
    set_slots(&group, get(&script, 1));
    group.params.load_bound = get(&script, 1);
    group.params.basis = get(&script, 1);
    for (int i = 0; i < MAX_TABLES && work < MAX_WORK && script.size; i++) {
        while (!change(&group, &script) && script.size) {
            continue;
        }

        struct slot_table *next = create(&group, table);
        struct slot_table *fresh = create(&group, NULL);

        check_equal(next, fresh);
        slot_table_destroy(fresh);
        if (table && slot_table_has_same_slots(table, next)) {
            check_moves(table, next);
        }
        slot_table_destroy(table);
        table = next;
        work += count_pairs(table);
    }

    if (table) {
        uint64_t n = count_pairs(table);
        uint32_t step = 1 + n / MAX_CHECK;

        if (n) {
            slot_check_matching(&table->winners, step);
            slot_check_reach(&table->winners);
        }
        check_best_live(&group, table, step);
        slot_table_destroy(table);
    }
    return 0;
}
