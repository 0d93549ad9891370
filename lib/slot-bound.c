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

/* A capacity is (100 + bound) / 100 of a member's share, in integers: its
 * fraction is a remainder, and compared with the member's threshold without a
 * division.  Where thresholds are high by chance, the sum of all capacities
 * may be less than the number of slots.  Then those fractions are rounded up,
 * too, that lack least to their thresholds, as many as are missing.
 *
 * With a bound of 0 percent, only those are rounded up.  If thresholds decided
 * that, too, capacities could add up to more than the slots, and the slots
 * that are missing would all be missing in the few members that slots want
 * least. */

#include <config.h>
#include "slot-bound.h"
#include <stdlib.h>
#include "util.h"

/* How far the fraction of a member's capacity is from being rounded up. */
struct lack {
    int64_t lack;
    size_t member;
};

static int
compare_lacks(const void *a_, const void *b_)
{
    const struct lack *a = a_;
    const struct lack *b = b_;

    return (a->lack != b->lack ? (a->lack < b->lack ? -1 : 1)
            : a->member < b->member ? -1 : a->member > b->member);
}

/* Stores in 'capacities' the capacities, in slots, of the 'n' 'members', by
 * increasing id, for a table of 2**n_bits slots and the given 'load_bound',
 * not SLOT_BOUND_NONE.  Their sum is not less than the number of slots, and is
 * that number with SLOT_BOUND_ZERO.
 * Documentation/topics/consistent-dp-hash-construction.rst defines them in
 * section "Capacities".
 *
 * Takes time in proportion to n, or n * log(n) where rounding up the fractions
 * that exceed their thresholds is not enough, or not done. */
void
slot_bound_capacities(const struct rendezvous_member members[], size_t n,
                      unsigned int n_bits, unsigned int load_bound,
                      uint32_t capacities[])
{
    unsigned int percent = slot_bound_percent(load_bound);
    int64_t missing = INT64_C(1) << n_bits;
    struct lack *lacks = xmalloc(n * sizeof *lacks);
    uint64_t divisor = 0;
    size_t n_lacks = 0;

    for (size_t i = 0; i < n; i++) {
        divisor += UINT64_C(100) * members[i].weight;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t dividend = ((uint64_t) members[i].weight
                             * (100 + percent)) << n_bits;

        /* Remainder and divisor are less than 2**39, thresholds than 2**24. */
        int64_t lack = (divisor * rendezvous_threshold(&members[i])
                        - (dividend % divisor << 24));

        bool up = percent && lack < 0;

        capacities[i] = dividend / divisor + up;
        missing -= capacities[i];
        if (!up) {
            lacks[n_lacks++] = (struct lack) { lack, i };
        }
    }

    if (missing > 0) {
        qsort(lacks, n_lacks, sizeof *lacks, compare_lacks);
        for (size_t i = 0; i < n_lacks && missing > 0; i++, missing--) {
            capacities[lacks[i].member]++;
        }
    }
    free(lacks);
}
