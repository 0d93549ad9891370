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

/* The reach of a table is that of the worst claim that owns a slot.  A
 * member's worst claim is the one with the lowest place, so a scan of the
 * slots finds one candidate a member, and only these need a logarithm.
 *
 * When members come, slots get better owners and the reach gets too great,
 * which costs time but is not wrong.  When members go, the new owners' claims
 * extend it. */

#include <config.h>
#include "slot-winners.h"
#include <stdlib.h>
#include <string.h>
#include "slot-claim.h"
#include "slot-map.h"
#include "util.h"

/* Initializes 'w' for 'n_members' members, at least one, and 2**n_bits slots.
 * The caller sets members and, if there is a load bound, capacities, which
 * 'w' then owns, and finds the owners.  Free 'w' with slot_winners_uninit().
 */
void
slot_winners_init(struct slot_winners *w, unsigned int n_bits,
                  size_t n_members)
{
    uint32_t n_slots = UINT32_C(1) << n_bits;

    *w = (struct slot_winners) {
        .n_bits = n_bits,
        .n_members = n_members,
        .members = xmalloc(n_members * sizeof *w->members),
        .min_weight = UINT16_MAX,
        .owners = xmalloc(2 * n_slots * sizeof *w->owners),
    };
    w->places = &w->owners[n_slots];
}

/* Frees what belongs to 'w', which may be all zeros. */
void
slot_winners_uninit(struct slot_winners *w)
{
    free(w->members);
    free(w->capacities);
    free(w->owners);
}

/* Sets what 'w' says of the weights of all members, once these are known.
 * Takes time in proportion to the members. */
void
slot_winners_sum_weights(struct slot_winners *w)
{
    for (size_t i = 0; i < w->n_members; i++) {
        w->min_weight = MIN(w->min_weight, w->members[i].weight);
        w->max_weight = MAX(w->max_weight, w->members[i].weight);
        w->weight += w->members[i].weight;
    }
}

/* Stores in loads[i] how many slots member i of 'w' owns, and in worst[i],
 * unless 'worst' is null, the slot of these with the lowest place, or
 * UINT32_MAX if there is none.  Slots may be without an owner, and 'w' without
 * members.
 *
 * Takes time in proportion to the slots and the members. */
void
slot_winners_count(const struct slot_winners *w, uint32_t loads[],
                   uint32_t worst[])
{
    uint32_t n_slots = w->n_members ? slot_winners_n_slots(w) : 0;

    memset(loads, 0, w->n_members * sizeof *loads);
    if (worst) {
        memset(worst, 0xff, w->n_members * sizeof *worst);
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint16_t owner = w->owners[slot];

        if (owner != SLOT_MAP_NONE) {
            loads[owner]++;
            if (worst && (worst[owner] == UINT32_MAX
                          || w->places[slot] < w->places[worst[owner]])) {
                worst[owner] = slot;
            }
        }
    }
}

/* Brings 'w''s reach up to date for the owners that there are.  Takes time in
 * proportion to the slots and the members. */
void
slot_winners_update_reach(struct slot_winners *w)
{
    size_t n = w->n_members;
    uint32_t *loads = xmalloc(2 * n * sizeof *loads);
    uint32_t *worst = &loads[n];

    slot_winners_count(w, loads, worst);
    w->reach = 0;
    w->reach_weight = w->weight;
    for (size_t i = 0; i < n; i++) {
        if (loads[i]) {
            struct slot_claim claim = {
                &w->members[i], worst[i], w->places[worst[i]]
            };
            uint64_t reach = slot_claim_reach(&claim, w->n_bits);

            w->reach = MAX(w->reach, reach);
        }
    }
    free(loads);
}
