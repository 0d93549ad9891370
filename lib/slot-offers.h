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

#ifndef SLOT_OFFERS_H
#define SLOT_OFFERS_H 1

/* Slots propose
 * =============
 *
 * Each slot ranks the members by their claims to it, each member ranks the
 * slots by their places in its order, and a member may have a capacity, a
 * number of slots that it owns at most.  The owners are the stable matching
 * (Gale and Shapley, "College admissions and the stability of marriage",
 * American Mathematical Monthly 69(1), 1962): there is no slot that would
 * rather have another member that has room or owns a slot that it wants less.
 * Without capacities that is just the member with the best claim.
 *
 * Claims get better with the place, so the two rankings agree, and there is
 * just one stable matching.  It is a function of the members and their
 * capacities, not of the way in which it is found.
 *
 * This is one of two ways: a slot without an owner asks the member with the
 * best claim to it of those that have room or own a slot that they want less,
 * and which that member gives up.  Members only get slots that they want more
 * that way, so a slot that a member has not taken once it never will.
 *
 * Takes time in proportion to the number of members for each slot that
 * proposes. */

#include "slot-claim.h"

struct slot_winners;

/* With so few members, of equal weights and without capacities, this is a fast
 * way to find the owners of any number of slots. */
#define SLOT_OFFERS_FEW 16

/* The part of a matching that is needed while slots propose. */
struct slot_offers {
    struct slot_winners *winners;

    /* Slots without an owner. */
    uint16_t *free_slots;
    size_t n_free;

    /* The claim with the greatest reach that has been successful. */
    struct slot_claim worst;
    uint64_t reach;

    /* After slot_offers_trim(), otherwise null. */
    struct slot_holder *holders; /* For each member. */
    uint32_t *min_places;       /* A member takes no slots at lower places. */
    uint16_t *next;             /* For each slot, see struct slot_holder. */
};

void slot_offers_init(struct slot_offers *, struct slot_winners *,
                      uint32_t max_free);
void slot_offers_uninit(struct slot_offers *);
void slot_offers_trim(struct slot_offers *);
bool slot_offers_run(struct slot_offers *, uint64_t max_asked);

/* Makes 'slot' free. */
static inline void
slot_offers_add(struct slot_offers *o, uint16_t slot)
{
    o->free_slots[o->n_free++] = slot;
}

#endif /* slot-offers.h */
