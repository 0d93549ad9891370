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

#ifndef SLOT_CLAIM_H
#define SLOT_CLAIM_H 1

#include <stdbool.h>
#include "rendezvous.h"

/* Claims to slots
 * ===============
 *
 * Each member of a set has a claim to each slot, see rendezvous.h, and the
 * best claim wins the slot.  Almost all comparisons are decided by the places
 * or by rough bounds of the costs; logarithms are for the rest.
 *
 * All functions are pure and may be called from any thread. */

/* The claim of 'member' to 'slot', which has 'place' in its order. */
struct slot_claim {
    const struct rendezvous_member *member; /* Null: worse than any other. */
    uint16_t slot;
    uint16_t place;
};

/* A reach that includes all places for all weights. */
#define SLOT_CLAIM_MAX_REACH (UINT64_C(1) << 32)

bool slot_claim_is_better__(const struct slot_claim *,
                            const struct slot_claim *, unsigned int n_bits);
uint64_t slot_claim_reach(const struct slot_claim *, unsigned int n_bits);
uint32_t slot_claim_min_place(uint64_t reach, unsigned int n_bits,
                              uint16_t weight);
struct slot_claim slot_claim_find_best(
    const struct rendezvous_member[], size_t n_members,
    const struct rendezvous_group[], uint16_t max_weight,
    const uint32_t *min_places, unsigned int n_bits, uint16_t slot);

/* Returns true if 'a' is the better of two claims to the same slot of a table
 * of 2**n_bits slots: that with the lesser cost divided by weight, else that
 * with the greater draw, else that with the lesser id.
 *
 * As a greater draw never costs more, a claim with both the higher place and
 * no less weight is the better. */
static inline bool
slot_claim_is_better(const struct slot_claim *a, const struct slot_claim *b,
                     unsigned int n_bits)
{
    if (!b->member) {
        return true;
    }
    if (a->place != b->place) {
        bool higher = a->place > b->place;

        if (higher
            ? a->member->weight >= b->member->weight
            : a->member->weight <= b->member->weight) {
            return higher;
        }
    }
    return slot_claim_is_better__(a, b, n_bits);
}

#endif /* slot-claim.h */
