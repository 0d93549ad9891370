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
#undef NDEBUG
#include "slot-check.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "slot-bound.h"
#include "util.h"

/* Returns the draw of 'member' for 'slot' of 2**n_bits slots. */
uint64_t
slot_check_draw(const struct rendezvous_member *member, unsigned int n_bits,
                uint32_t slot)
{
    return rendezvous_draw(member, n_bits, slot,
                           rendezvous_place(member, n_bits, slot));
}

/* Returns true if 'a' precedes 'b' in the order of 'slot' of 2**n_bits slots:
 * the definition, without the table's short cuts. */
bool
slot_check_precedes(const struct rendezvous_member *a,
                    const struct rendezvous_member *b,
                    unsigned int n_bits, uint32_t slot)
{
    uint64_t draw_a = slot_check_draw(a, n_bits, slot);
    uint64_t draw_b = slot_check_draw(b, n_bits, slot);
    uint64_t cost_a = rendezvous_cost(draw_a) * b->weight;
    uint64_t cost_b = rendezvous_cost(draw_b) * a->weight;

    return (cost_a != cost_b ? cost_a < cost_b
            : draw_a != draw_b ? draw_a > draw_b
            : a->id < b->id);
}

/* Checks that 'a' and 'b', tables of the same buckets, are the same. */
void
slot_check_equal(const struct slot_table *a_, const struct slot_table *b_)
{
    const struct slot_winners *a = &a_->winners, *b = &b_->winners;

    ovs_assert(a->n_members == b->n_members);
    for (size_t i = 0; i < a->n_members; i++) {
        ovs_assert(a->members[i].id == b->members[i].id);
        ovs_assert(a->members[i].weight == b->members[i].weight);
        ovs_assert(a_->aux[i] == b_->aux[i]);
    }
    if (a->n_members) {
        size_t size = slot_table_n_slots(a_) * sizeof(uint16_t);

        ovs_assert(!memcmp(a->places, b->places, size));
        ovs_assert(!memcmp(a->owners, b->owners, size));
    }
}

/* Returns the weight of the member 'id' of 'w', or 0 if it is not there,
 * in a time in proportion to the number of buckets. */
static uint16_t
find_weight(const struct slot_winners *w, uint32_t id)
{
    for (size_t i = 0; i < w->n_members; i++) {
        if (w->members[i].id == id) {
            return w->members[i].weight;
        }
    }
    return 0;
}

/* Checks that between 'old' and 'new', tables with the same slots and basis,
 * each slot with another owner has lost the one before, because the bucket is
 * gone or has less weight, or has a new one that is new or has more.  Checks
 * nothing where one of them has a load bound. */
void
slot_check_moves(const struct slot_table *old_, const struct slot_table *new_)
{
    const struct slot_winners *old = &old_->winners, *new = &new_->winners;

    if (!old->n_members || !new->n_members
        || old_->params.load_bound || new_->params.load_bound) {
        return;
    }
    for (uint32_t slot = 0; slot < slot_table_n_slots(old_); slot++) {
        const struct rendezvous_member *a = &old->members[old->owners[slot]];
        const struct rendezvous_member *b = &new->members[new->owners[slot]];

        ovs_assert(a->id == b->id
                   || find_weight(new, a->id) < a->weight
                   || find_weight(old, b->id) < b->weight);
    }
}

/* Creates and returns the members of 'table' anew.  The caller must free
 * them. */
static struct rendezvous_member *
create_members(const struct slot_table *table)
{
    const struct slot_winners *w = &table->winners;
    struct rendezvous_member *members = xcalloc(w->n_members, sizeof *members);

    for (size_t i = 0; i < w->n_members; i++) {
        ovs_assert(w->members[i].weight);
        ovs_assert(!i || w->members[i - 1].id < w->members[i].id);
        rendezvous_member_init(&members[i], table->params.basis,
                               w->members[i].id, w->members[i].weight);
    }
    return members;
}

/* Checks for each slot of 'table' that is a multiple of 'step' that it has the
 * right place in its owner's order, and does not cost more than the table's
 * reach; and, if there is no load bound, that its owner precedes all other
 * buckets.  Takes a time in proportion to buckets times slots. */
void
slot_check_owners(const struct slot_table *table, uint32_t step)
{
    const struct slot_winners *w = &table->winners;
    struct rendezvous_member *members = create_members(table);
    unsigned int n_bits = table->params.n_bits;

    for (uint32_t slot = 0; slot < slot_table_n_owned(table); slot += step) {
        uint16_t owner = w->owners[slot];
        ovs_assert(owner < w->n_members);
        ovs_assert(w->places[slot] == rendezvous_place(&members[owner],
                                                       n_bits, slot));

        uint64_t cost = rendezvous_cost(slot_check_draw(&members[owner],
                                                        n_bits, slot));
        ovs_assert((cost << n_bits) / RENDEZVOUS_LOG2_E
                   / members[owner].weight <= w->reach);
        for (size_t i = 0; i < w->n_members; i++) {
            ovs_assert(i == owner || table->params.load_bound
                       || slot_check_precedes(&members[owner], &members[i],
                                              n_bits, slot));
        }
    }
    free(members);
}

/* Checks that with the load bound of 'table', no bucket has more slots than
 * its capacity, which is its share and so many percent, rounded up or down,
 * and that no slot and bucket would both rather have each other.  Takes a time
 * in proportion to buckets times slots. */
void
slot_check_bound(const struct slot_table *table)
{
    struct rendezvous_member *members = create_members(table);
    uint32_t n_slots = slot_table_n_slots(table);
    unsigned int n_bits = table->params.n_bits;
    size_t n = table->winners.n_members;
    uint32_t *capacities = xcalloc(n, sizeof *capacities);
    uint32_t *loads = xcalloc(n, sizeof *loads);
    uint64_t *worst = xcalloc(n, sizeof *worst);
    double total = 0, sum = 0;

    slot_bound_capacities(members, n, n_bits, table->params.load_bound,
                          capacities);
    for (size_t i = 0; i < n; i++) {
        worst[i] = UINT64_MAX;
        total += members[i].weight;
        sum += capacities[i];
    }
    ovs_assert(!n || sum >= n_slots);
    for (uint32_t slot = 0; n && slot < n_slots; slot++) {
        uint16_t owner = table->winners.owners[slot];

        ovs_assert(owner < n);
        loads[owner]++;
        worst[owner] = MIN(worst[owner], slot_check_draw(&members[owner],
                                                         n_bits, slot));
    }
    for (size_t i = 0; i < n; i++) {
        double share = members[i].weight * n_slots / total;
        double most = share * (100 + table->params.load_bound) / 100;

        ovs_assert(loads[i] <= capacities[i]);
        ovs_assert(fabs(capacities[i] - most) < 1.000001);
    }
    for (uint32_t slot = 0; n && slot < n_slots; slot++) {
        const struct rendezvous_member *has
            = &members[table->winners.owners[slot]];

        for (size_t i = 0; i < n; i++) {
            const struct rendezvous_member *other = &members[i];

            ovs_assert(other == has
                       || (loads[i] == capacities[i]
                           && (!capacities[i]
                               || slot_check_draw(other, n_bits, slot)
                                  < worst[i]))
                       || slot_check_precedes(has, other, n_bits, slot));
        }
    }
    free(members);
    free(capacities);
    free(loads);
    free(worst);
}
