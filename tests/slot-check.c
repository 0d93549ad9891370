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
#include <stdlib.h>
#include <string.h>
#include "slot-order.h"
#include "slot-winners.h"
#include "util.h"

/* Checks that the owners of 'w' are a stable matching: no member has more
 * slots than its capacity, if it has one, and no slot would rather have a
 * member that has room or owns a slot which it wants less.  Without capacities
 * that is to say that each slot's owner precedes all other members.
 *
 * Looks at slots that are multiples of 'step'.  Takes a time in proportion to
 * their number times that of members. */
void
slot_check_matching(const struct slot_winners *w, uint32_t step)
{
    uint32_t n_slots = slot_winners_n_slots(w);
    uint32_t *loads = xcalloc(w->n_members, sizeof *loads);
    uint32_t *worst = xmalloc(w->n_members * sizeof *worst);

    for (size_t i = 0; i < w->n_members; i++) {
        worst[i] = UINT32_MAX;
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint16_t owner = w->owners[slot];

        ovs_assert(owner < w->n_members);
        ovs_assert(w->places[slot] == rendezvous_place(&w->members[owner],
                                                       w->n_bits, slot));
        worst[owner] = MIN(worst[owner], w->places[slot]);
        loads[owner]++;
    }
    for (size_t i = 0; w->capacities && i < w->n_members; i++) {
        ovs_assert(loads[i] <= w->capacities[i]);
    }
    for (uint32_t slot = 0; slot < n_slots; slot += step) {
        const struct rendezvous_member *owner = &w->members[w->owners[slot]];

        for (size_t i = 0; i < w->n_members; i++) {
            const struct rendezvous_member *other = &w->members[i];
            bool takes = (!w->capacities || loads[i] < w->capacities[i]
                          || (rendezvous_place(other, w->n_bits, slot)
                              > worst[i]));

            ovs_assert(other == owner || !takes
                       || slot_order_precedes(owner, other, w->n_bits, slot));
        }
    }
    free(loads);
    free(worst);
}

/* Checks that no claim that owns a slot of 'w' is beyond the reach of 'w', by
 * its cost: slot_claim_reach() may say a bit more, and of the better of two
 * claims more than of the other. */
void
slot_check_reach(const struct slot_winners *w)
{
    for (uint32_t slot = 0; slot < slot_winners_n_slots(w); slot++) {
        const struct rendezvous_member *owner = &w->members[w->owners[slot]];
        uint64_t cost = rendezvous_cost(rendezvous_draw(owner, w->n_bits, slot,
                                                        w->places[slot]));

        ovs_assert((cost << w->n_bits) / RENDEZVOUS_LOG2_E / owner->weight
                   <= w->reach);
    }
}

/* Checks that 'a' and 'b' have the same members and the same owners. */
void
slot_check_equal(const struct slot_winners *a, const struct slot_winners *b)
{
    size_t size = slot_winners_n_slots(a) * sizeof *a->owners;

    ovs_assert(a->n_bits == b->n_bits && a->n_members == b->n_members);
    for (size_t i = 0; i < a->n_members; i++) {
        ovs_assert(a->members[i].id == b->members[i].id);
        ovs_assert(a->members[i].weight == b->members[i].weight);
        ovs_assert(a->members[i].seed == b->members[i].seed);
    }
    ovs_assert(!memcmp(a->places, b->places, size));
    ovs_assert(!memcmp(a->owners, b->owners, size));
}

/* Returns the weight of the member 'id' of 'w', or 0 if it is not there,
 * in a time in proportion to the number of members. */
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

/* Checks that between 'old' and 'new', with the same slots and draws and
 * without capacities, each slot with another owner has lost the one before,
 * because that has gone or has less weight, or has a new one that is new or
 * has more. */
void
slot_check_moves(const struct slot_winners *old,
                 const struct slot_winners *new)
{
    for (uint32_t slot = 0; slot < slot_winners_n_slots(old); slot++) {
        const struct rendezvous_member *a = &old->members[old->owners[slot]];
        const struct rendezvous_member *b = &new->members[new->owners[slot]];

        ovs_assert(a->id == b->id
                   || find_weight(new, a->id) < a->weight
                   || find_weight(old, b->id) < b->weight);
    }
}
