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

#ifndef SLOT_ORDER_H
#define SLOT_ORDER_H 1

#include <stdbool.h>
#include <stdint.h>
#include "rendezvous.h"

/* Returns true if 'a' precedes 'b' in the order of 'slot' of 2**n_bits slots:
 * the definition, without the short cuts of lib/slot-claim.c. */
static inline bool
slot_order_precedes(const struct rendezvous_member *a,
                    const struct rendezvous_member *b,
                    unsigned int n_bits, uint32_t slot)
{
    uint64_t draw_a = rendezvous_draw(a, n_bits, slot,
                                      rendezvous_place(a, n_bits, slot));
    uint64_t draw_b = rendezvous_draw(b, n_bits, slot,
                                      rendezvous_place(b, n_bits, slot));
    uint64_t cost_a = rendezvous_cost(draw_a) * b->weight;
    uint64_t cost_b = rendezvous_cost(draw_b) * a->weight;

    return (cost_a != cost_b ? cost_a < cost_b
            : draw_a != draw_b ? draw_a > draw_b
            : a->id < b->id);
}

#endif /* slot-order.h */
