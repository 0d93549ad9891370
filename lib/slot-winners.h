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

#ifndef SLOT_WINNERS_H
#define SLOT_WINNERS_H 1

#include "rendezvous.h"

/* Winners of slots
 * ================
 *
 * Members compete for slots, and each slot has at most one owner, the member
 * that has won it.  This is what the files that find the owners work on: those
 * that are below slot-table.h and know nothing of a table's users.
 *
 *     slot-table.h                       what users of a table see
 *     slot-bound.h                       how many slots a member may own
 *     slot-update.h     slot-match.h     owners from old ones; from nothing
 *     slot-proposals.h  slot-offers.h    members propose; slots propose
 *     slot-winners.h                     who owns what, and what it took
 *     slot-claim.h      slot-map.h       which member wins; indexes of members
 *     rendezvous.h                       draws
 *
 * Each file uses just files in lines below its own.
 *
 * Thread-safety: the functions use just what they are given. */

struct slot_winners {
    unsigned int n_bits;        /* 2**n_bits slots, see rendezvous.h. */

    /* The members, by increasing id, all with a weight other than 0. */
    size_t n_members;
    struct rendezvous_member *members;
    uint16_t min_weight;
    uint16_t max_weight;
    uint64_t weight;            /* Of all together. */

    /* With a load bound, the number of slots that each member owns at most,
     * otherwise null. */
    uint32_t *capacities;

    /* The owner of each slot: its index in 'members', or SLOT_MAP_NONE while
     * owners are being found, and the slot's place in the owner's order. */
    uint16_t *owners;
    uint16_t *places;

    /* What no owner's claim is beyond, see slot-claim.h.  Brought up to date
     * whenever the sum of weights, then in 'reach_weight', has grown by half
     * since the last time. */
    uint64_t reach;
    uint64_t reach_weight;
};

void slot_winners_init(struct slot_winners *, unsigned int n_bits,
                       size_t n_members);
void slot_winners_uninit(struct slot_winners *);

void slot_winners_sum_weights(struct slot_winners *);
void slot_winners_count(const struct slot_winners *, uint32_t loads[],
                        uint32_t worst[]);
void slot_winners_update_reach(struct slot_winners *);

/* Returns the number of slots of 'w'. */
static inline uint32_t
slot_winners_n_slots(const struct slot_winners *w)
{
    return UINT32_C(1) << w->n_bits;
}

#endif /* slot-winners.h */
