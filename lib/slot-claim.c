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

/* To compare two claims exactly takes their costs, which are logarithms, but
 * almost always less is enough.  In steps that get more expensive:
 *
 *     places and weights     the higher place, unless its weight is less
 *     draws and weights      the greater draw, unless its weight is less
 *     bounds of the costs    a few terms of a series
 *     costs                  with all their bits
 *
 * Reach
 * =====
 *
 * Most claims need no comparison at all.  Let a claim have won a slot.  To win
 * it from that, a member needs a draw whose cost by weight is less, and it has
 * such draws only at the top of its order.  How far down depends on that claim
 * and on the member's weight, and not on the slot:
 *
 *      place
 *     n - 1 (top)  +------+         +------+
 *                  |######|         |######|
 *                  |######|         |######|    # a better claim is possible
 *       min_place  +------+         |######|
 *                  |      |         |######|
 *                  |      |         |######|
 *                  |      |         +------+  min_place
 *                  |      |         |      |
 *               0  +------+         +------+
 *                  weight w         weight 2 * w
 *
 * The reach of a claim is that depth, in 2**-16 places for each unit of
 * weight: a member of weight w finds nothing better further than w * reach /
 * 2**16 places below the top, and a bit less far where that is a large part of
 * all, because costs grow faster than the depth, see slot_claim_min_place().
 *
 * This is what makes changes cheap.  If no owner's claim is beyond some reach,
 * a new member has to look at the places within that only, which are s *
 * log(s) / n or so with s slots and n equal members.  slot_claim_find_best()
 * uses the reach of the best claim so far to pass over most members by their
 * places. */

#include <config.h>
#include "slot-claim.h"
#include "util.h"

/* Does the part of slot_claim_is_better() that a comparison of places does not
 * decide, in steps that get more expensive, up to two logarithms. */
bool
slot_claim_is_better__(const struct slot_claim *a, const struct slot_claim *b,
                       unsigned int n_bits)
{
    uint64_t a_weight = a->member->weight;
    uint64_t b_weight = b->member->weight;
    uint64_t a_draw = rendezvous_draw(a->member, n_bits, a->slot, a->place);
    uint64_t b_draw = rendezvous_draw(b->member, n_bits, b->slot, b->place);
    bool draws_more = (a_draw != b_draw
                       ? a_draw > b_draw
                       : a->member->id < b->member->id);

    if (draws_more ? a_weight >= b_weight : a_weight <= b_weight) {
        return draws_more;
    }
    if (rendezvous_cost_min(a_draw) * b_weight
        > rendezvous_cost_max(b_draw) * a_weight) {
        return false;
    }
    if (rendezvous_cost_max(a_draw) * b_weight
        < rendezvous_cost_min(b_draw) * a_weight) {
        return true;
    }

    uint64_t a_cost = rendezvous_cost(a_draw) * b_weight;
    uint64_t b_cost = rendezvous_cost(b_draw) * a_weight;

    return a_cost != b_cost ? a_cost < b_cost : draws_more;
}

/* Returns the reach of 'claim' in a table of 2**n_bits slots, a number that
 * tells without a logarithm how far down its order any member can at best find
 * a better claim than this one, see slot_claim_min_place(): for a member with
 * weight w, w * reach / 2**16 is the claim's cost by weight as a natural
 * logarithm, times w and the number of slots. */
uint64_t
slot_claim_reach(const struct slot_claim *claim, unsigned int n_bits)
{
    uint64_t draw = rendezvous_draw(claim->member, n_bits, claim->slot,
                                    claim->place);
    uint64_t max_cost = rendezvous_cost_max(draw);
    uint64_t reach = (max_cost << n_bits) / RENDEZVOUS_LOG2_E;

    return MIN(reach / claim->member->weight + 1, SLOT_CLAIM_MAX_REACH);
}

/* Returns the lowest place at which a claim of a member with the given
 * 'weight', in a table of 2**n_bits slots, can be better than one with the
 * given 'reach'.
 *
 * With n slots, the cost of a claim d places below the top is, as a natural
 * logarithm, greater than -ln(1 - d / n).  If it is no more than x / n, then d
 * is less than n * (1 - exp(-x / n)), which is less than both x and
 * x - x**2 / n / 2 + x**3 / n**2 / 6.  Cutting off the fraction of x takes
 * less than 1 from that, and as d is an integer, the next one is far enough.
 */
uint32_t
slot_claim_min_place(uint64_t reach, unsigned int n_bits, uint16_t weight)
{
    uint32_t top = (UINT32_C(1) << n_bits) - 1;
    uint64_t x = reach * weight >> 16;

    if (x > top) {
        return 0;
    }

    uint64_t square = x * x >> n_bits;
    uint64_t cube = (square + 1) * x >> n_bits;

    return top - MIN(x, x - square / 2 + cube / 6 + 1);
}

/* Returns the best claim to 'slot', of a table of 2**n_bits slots, of the
 * 'n_members' 'members', none of which has more than 'max_weight'.  If
 * 'min_places' is nonnull, leaves out claims of member i at a place lower than
 * min_places[i].  If no claim is left, the member in the returned one is null.
 *
 * 'groups' are the members' groups.  Takes time in proportion to
 * 'n_members'. */
struct slot_claim
slot_claim_find_best(const struct rendezvous_member members[],
                     size_t n_members, const struct rendezvous_group groups[],
                     uint16_t max_weight, const uint32_t *min_places,
                     unsigned int n_bits, uint16_t slot)
{
    struct slot_claim best = { .slot = slot };
    uint32_t floor = 0;         /* No lower place is better, for any weight. */

    for (size_t m = 0; m < n_members; m += RENDEZVOUS_GROUP) {
        size_t n = MIN(n_members - m, RENDEZVOUS_GROUP);
        uint16_t places[RENDEZVOUS_GROUP];

        rendezvous_group_places(&groups[m / RENDEZVOUS_GROUP], n_bits, slot,
                                places);
        for (size_t i = 0; i < n; i++) {
            if (places[i] < floor) {
                continue;
            }

            struct slot_claim claim = { &members[m + i], slot, places[i] };
            if ((!min_places || claim.place >= min_places[m + i])
                && slot_claim_is_better(&claim, &best, n_bits)) {
                best = claim;
                floor = (claim.member->weight == max_weight
                         ? claim.place
                         : slot_claim_min_place(
                             slot_claim_reach(&claim, n_bits), n_bits,
                             max_weight));
            }
        }
    }
    return best;
}
