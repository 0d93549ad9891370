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

#ifndef SLOT_PROPOSALS_H
#define SLOT_PROPOSALS_H 1

/* Members propose
 * ===============
 *
 * The other way to the stable matching that slot-offers.h defines: a member
 * with room takes its slots from the one that it wants most on, and gets each
 * slot to which it has a better claim than the owner.  A member that loses a
 * slot goes on where it stopped.  Slots only get better owners that way, so a
 * slot that a member did not get once it never will, and each member has to
 * look at each slot only once.
 *
 * Takes a constant time for each slot that a member looks at. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot_winners;

/* The part of a matching that is needed while members propose. */
struct slot_proposals {
    struct slot_winners *winners;
    uint32_t *loads;            /* Slots of each member, if bounded. */
    uint32_t *cursors;          /* Each has looked at this place and above. */

    /* Members with room that have slots to look at. */
    uint16_t *hungry;
    size_t n_hungry;

    /* Slots without an owner.  If 'take_free', members take them. */
    size_t n_free;
    bool take_free;

    uint64_t n_proposals;       /* So far. */
};

void slot_proposals_init(struct slot_proposals *, struct slot_winners *);
void slot_proposals_uninit(struct slot_proposals *);
bool slot_proposals_add(struct slot_proposals *, size_t member);
bool slot_proposals_run(struct slot_proposals *, uint64_t reach,
                        uint64_t max_proposals);

#endif /* slot-proposals.h */
