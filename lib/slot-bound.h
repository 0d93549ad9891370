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

#ifndef SLOT_BOUND_H
#define SLOT_BOUND_H 1

#include "rendezvous.h"

/* Load bound of slot tables
 * =========================
 *
 * Pure rendezvous hashing with few slots gives some members many more slots
 * than their share.  A load bound of e percent limits each member to a
 * capacity, which is its share of the slots plus e percent, rounded up or down
 * (compare Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with
 * bounded loads", SODA 2018).
 *
 * Slots that a member must not own go to others.
 *
 * A capacity is rounded up if its fraction exceeds a threshold of the
 * member's own, so that the capacities of different members do not all step at
 * once when the number of members changes.
 *
 * With a bound of 0 percent, there is room for each slot just once: every
 * member has its share, rounded up or down. */

/* A load bound is 1 to 254 percent, or one of these. */
#define SLOT_BOUND_NONE 0       /* No member has a capacity. */
#define SLOT_BOUND_ZERO 255     /* 0 percent. */

/* Returns the percentage that 'load_bound', not SLOT_BOUND_NONE, stands
 * for. */
static inline unsigned int
slot_bound_percent(unsigned int load_bound)
{
    return load_bound == SLOT_BOUND_ZERO ? 0 : load_bound;
}

void slot_bound_capacities(const struct rendezvous_member[], size_t n,
                           unsigned int n_bits, unsigned int load_bound,
                           uint32_t capacities[]);

#endif /* slot-bound.h */
