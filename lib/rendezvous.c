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

/* How a member draws for a slot
 * =============================
 *
 *     slot --> the member's permutation --> place, the high bits
 *       |                                              \
 *       '----> SplitMix64 ------------------------------> draw, 64 bits
 *
 * The permutation is what makes draws stratified: each place comes once.  Five
 * rounds of add, multiply and fold mix up to 16 bits well enough that members
 * are independent, which tests/test-rendezvous-chance.c measures.  Each round
 * is a bijection, so that the slot at a place can be computed as well,
 * backwards.
 *
 * A round works on 16-bit numbers, so that an instruction can work on eight of
 * them: eight members for a slot, or eight slots for a member.  That is
 * written with vectors of the compiler, and not as loops that it may turn into
 * these: what gcc 12 and clang 14 make of such loops takes about twice the
 * time.
 *
 * Costs are logarithms, by squaring, a bit at a time.  rendezvous_cost_min()
 * and rendezvous_cost_max() are there to avoid that: the first terms of a
 * series, with the rest estimated. */

#include <config.h>
#include "rendezvous.h"
#include <string.h>
#include "splitmix64.h"
#include "util.h"

/* Initializes 'member' with the given 'id' and 'weight', which must not be 0,
 * for a table with the given 'basis' (section "Random Numbers"). */
void
rendezvous_member_init(struct rendezvous_member *member, uint32_t basis,
                       uint32_t id, uint16_t weight)
{
    member->seed = splitmix64(((uint64_t) basis << 32) | id, 0);
    member->id = id;
    member->weight = weight;
    for (uint32_t i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        uint64_t bits = splitmix64(member->seed, i);

        member->steps[i].add = bits;
        member->steps[i].mul = (bits >> 32) | 1;
    }
}

/* Returns the groups of the 'n' 'members', in their order.  The last group may
 * have less members, and then its other places may be anything.  The caller
 * must free the groups, which do not refer to 'members'.
 *
 * Takes time in proportion to 'n'. */
struct rendezvous_group *
rendezvous_groups_create(const struct rendezvous_member members[], size_t n)
{
    struct rendezvous_group *groups
        = xcalloc(DIV_ROUND_UP(n, RENDEZVOUS_GROUP), sizeof *groups);

    for (size_t m = 0; m < n; m++) {
        struct rendezvous_group *g = &groups[m / RENDEZVOUS_GROUP];

        for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
            g->add[i][m % RENDEZVOUS_GROUP] = members[m].steps[i].add;
            g->mul[i][m % RENDEZVOUS_GROUP] = members[m].steps[i].mul;
        }
    }
    return groups;
}

/* The order of a member is a permutation of the n_bits-bit numbers.  It takes
 * one of them, or a vector of them at once, through steps that are bijections.
 * SPREAD_UP carries differences from lower to higher bits, and FOLD brings
 * them back down, to where the next multiplication spreads them.  The second
 * term of FOLD is for the highest bit, which SPREAD_UP leaves alone.
 *
 * FOLD is its own inverse. */
#define SPREAD_UP(X, ADD, MUL) (((X) + (ADD)) * (MUL))
#define SPREAD_UP_INVERSE(X, ADD, INVERSE_MUL) ((X) * (INVERSE_MUL) - (ADD))
#define FOLD(X, N_BITS) \
    ((X) ^ ((X) >> (((N_BITS) + 1) / 2)) ^ ((X) >> ((N_BITS) - 1)))

/* The compiler makes use of what vector instructions there are. */
typedef uint16_t group __attribute__((vector_size(2 * RENDEZVOUS_GROUP)));

static uint16_t
slot_mask(unsigned int n_bits)
{
    return (UINT32_C(1) << n_bits) - 1;
}

/* Returns the place of 'slot', less than 2**n_bits, in the order of the
 * 2**n_bits slots that belongs to 'member', from 0 for the one that it wants
 * least to 2**n_bits - 1 for the one that it wants most (section "Places"). */
uint32_t
rendezvous_place(const struct rendezvous_member *member, unsigned int n_bits,
                 uint32_t slot)
{
    uint16_t mask = slot_mask(n_bits);
    uint32_t x = slot;

    for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        const struct rendezvous_step *step = &member->steps[i];

        x = SPREAD_UP(x, step->add, step->mul) & mask;
        x = FOLD(x, n_bits);
    }
    return x;
}

static inline group ALWAYS_INLINE
take_step(group x, group add, group mul, unsigned int n_bits, uint16_t mask)
{
    x = SPREAD_UP(x, add, mul) & mask;
    return FOLD(x, n_bits);
}

/* Stores in 'places' what rendezvous_place() returns for 'slot' and each
 * member of 'steps'. */
void
rendezvous_group_places(const struct rendezvous_group *steps,
                        unsigned int n_bits, uint16_t slot,
                        uint16_t places[RENDEZVOUS_GROUP])
{
    uint16_t mask = slot_mask(n_bits);
    group x = { 0 };

    x += slot;
    for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        group add, mul;

        memcpy(&add, steps->add[i], sizeof add);
        memcpy(&mul, steps->mul[i], sizeof mul);
        x = take_step(x, add, mul, n_bits, mask);
    }
    memcpy(places, &x, sizeof x);
}

/* Stores in places[i] the highest place of slots[i] that one of the 'n'
 * 'members' has, at least one and not more than RENDEZVOUS_TIE, and in
 * winners[i] which one has it, or RENDEZVOUS_TIE if more than one has or the
 * place is 0.  Does so for each of the 'n_slots' 'slots', not more than
 * RENDEZVOUS_CHUNK.  The rest of 'winners' and 'places' may be anything.
 *
 * Takes time in proportion to 'n' and to 'n_slots'. */
void
rendezvous_highest(const struct rendezvous_member members[], size_t n,
                   unsigned int n_bits,
                   const uint16_t slots[], size_t n_slots,
                   uint16_t winners[RENDEZVOUS_CHUNK],
                   uint16_t places[RENDEZVOUS_CHUNK])
{
    enum { N_GROUPS = RENDEZVOUS_CHUNK / RENDEZVOUS_GROUP };
    group x[N_GROUPS], highest[N_GROUPS], winner[N_GROUPS];
    size_t n_groups = DIV_ROUND_UP(n_slots, RENDEZVOUS_GROUP);
    uint16_t mask = slot_mask(n_bits);

    memset(x, 0, sizeof x);
    memset(highest, 0, sizeof highest);
    memset(winner, 0, sizeof winner);
    memcpy(x, slots, n_slots * sizeof *slots);
    for (uint16_t m = 0; m < n; m++) {
        group add[RENDEZVOUS_ROUNDS], mul[RENDEZVOUS_ROUNDS];

        for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
            add[i] = (group) { 0 } + members[m].steps[i].add;
            mul[i] = (group) { 0 } + members[m].steps[i].mul;
        }
        for (size_t g = 0; g < n_groups; g++) {
            /* Not a loop: compilers would keep it. */
            group place = take_step(x[g], add[0], mul[0], n_bits, mask);
            place = take_step(place, add[1], mul[1], n_bits, mask);
            place = take_step(place, add[2], mul[2], n_bits, mask);
            place = take_step(place, add[3], mul[3], n_bits, mask);
            place = take_step(place, add[4], mul[4], n_bits, mask);
            BUILD_ASSERT_DECL(RENDEZVOUS_ROUNDS == 5);

            group higher = place > highest[g];
            group equal = place == highest[g];
            winner[g] = (m & higher) | ((winner[g] | equal) & ~higher);
            highest[g] = (place & higher) | (highest[g] & ~higher);
        }
    }
    memcpy(winners, winner, sizeof winner);
    memcpy(places, highest, sizeof highest);
}

/* Returns the inverse of odd 'x' modulo 2**16.  Each turn doubles the number
 * of bits that are right, 3 at first (Newton's method). */
static uint16_t
inverse(uint16_t x)
{
    uint32_t y = x;

    for (int i = 0; i < 3; i++) {
        y *= 2 - x * y;
    }
    return y;
}

/* Initializes 'walk', for rendezvous_walk(), to the order of 'member', to
 * which it does not refer. */
void
rendezvous_walk_init(struct rendezvous_group *walk,
                     const struct rendezvous_member *member)
{
    for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        group add = (group) { 0 } + member->steps[i].add;
        group inverse_mul = (group) { 0 } + inverse(member->steps[i].mul);

        memcpy(walk->add[i], &add, sizeof add);
        memcpy(walk->mul[i], &inverse_mul, sizeof inverse_mul);
    }
}

/* Stores in 'slots' the slots at the places below 'place', which is at most
 * 2**n_bits, in the order that 'walk' is for, the highest first.  Where there
 * are fewer, the rest may be anything.  The inverse of rendezvous_place(). */
void
rendezvous_walk(const struct rendezvous_group *walk, unsigned int n_bits,
                uint32_t place, uint16_t slots[RENDEZVOUS_BATCH])
{
    static const uint16_t below[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint16_t mask = slot_mask(n_bits);
    group high, low;

    BUILD_ASSERT_DECL(RENDEZVOUS_GROUP == ARRAY_SIZE(below));
    BUILD_ASSERT_DECL(RENDEZVOUS_BATCH == 2 * RENDEZVOUS_GROUP);
    memcpy(&high, below, sizeof high);
    high = ((uint16_t) place - high) & mask;
    low = (high - RENDEZVOUS_GROUP) & mask;
    for (int i = RENDEZVOUS_ROUNDS - 1; i >= 0; i--) {
        group add, mul;

        memcpy(&add, walk->add[i], sizeof add);
        memcpy(&mul, walk->mul[i], sizeof mul);
        high = SPREAD_UP_INVERSE(FOLD(high, n_bits), add, mul) & mask;
        low = SPREAD_UP_INVERSE(FOLD(low, n_bits), add, mul) & mask;
    }
    memcpy(slots, &high, sizeof high);
    memcpy(&slots[RENDEZVOUS_GROUP], &low, sizeof low);
}

/* Returns the draw of 'member' for 'slot', whose place is 'place', in a table
 * of 2**n_bits slots: an odd number X that stands for u = X / 2**64 (section
 * "Draws").
 *
 * Of members of the same weight the one with the greatest draw is the best. */
uint64_t
rendezvous_draw(const struct rendezvous_member *member, unsigned int n_bits,
                uint32_t slot, uint32_t place)
{
    uint64_t within = splitmix64(member->seed, RENDEZVOUS_ROUNDS + slot);

    return ((uint64_t) place << (64 - n_bits)) | (within >> n_bits) | 1;
}

/* Returns the number in units of 2**-24, less than 1, that the fraction of
 * 'member''s capacity must exceed to be rounded up (section "Capacities"), see
 * slot-bound.h. */
uint32_t
rendezvous_threshold(const struct rendezvous_member *member)
{
    return splitmix64(member->seed,
                      RENDEZVOUS_ROUNDS + (1 << RENDEZVOUS_MAX_BITS)) >> 40;
}

/* Returns the 64 high bits of the 128-bit square of 'y'. */
static uint64_t
square_high(uint64_t y)
{
    uint64_t high = y >> 32;
    uint64_t low = y & UINT32_MAX;
    uint64_t cross = high * low + (low * low >> 33);

    return high * high + (cross >> 31);
}

/* Returns -log2(draw / 2**64) in units of 2**-RENDEZVOUS_COST_BITS, less than
 * 1.000001 units above the true value (section "Costs"): between 1 and 64 <<
 * RENDEZVOUS_COST_BITS, never less for a lesser 'draw'.
 *
 * Of members of any weights the one with the least cost divided by weight is
 * the best.  A cost is less than 2**47, so that its product with a 16-bit
 * weight fits 64 bits.
 *
 * 'draw' must not be 0.  Each turn of the loop squares the mantissa, which
 * gives the next bit of its logarithm (Knuth, "The Art of Computer
 * Programming", volume 1, section 1.2.2). */
uint64_t
rendezvous_cost(uint64_t draw)
{
    int exponent = log_2_floor(draw);
    uint64_t y = draw << (63 - exponent);
    uint64_t log2 = exponent;

    for (int i = 0; i < RENDEZVOUS_COST_BITS; i++) {
        y = square_high(y);
        log2 = (log2 << 1) | (y >> 63);
        if (!(y >> 63)) {
            y <<= 1;
        }
    }
    return (UINT64_C(64) << RENDEZVOUS_COST_BITS) - log2;
}

/* Returns v = 1 - y in units of 2**-32, rounded down, where 'draw' is
 * 2***exponent * y and y is at least 1/2 and less than 1.
 *
 * A cost is then (64 - *exponent) - log2(1 - v), and
 *
 *     -log2(1 - v) = (v + v**2/2 + v**3/3 + ...) / ln(2).
 */
static uint64_t
mantissa_complement(uint64_t draw, int *exponent)
{
    *exponent = log_2_floor(draw) + 1;
    return -(draw << (64 - *exponent)) >> 32;
}

/* Returns a number not greater than rendezvous_cost(draw), nor less than it by
 * more than 10 % or so, at a small part of its price: the first two terms of
 * the series. */
uint64_t
rendezvous_cost_min(uint64_t draw)
{
    int exponent;
    uint64_t v = mantissa_complement(draw, &exponent);
    uint64_t sum = v + (v * v >> 33);

    return (((uint64_t) (64 - exponent) << RENDEZVOUS_COST_BITS)
            + (sum * RENDEZVOUS_LOG2_E >> 16));
}

/* Returns a number not less than rendezvous_cost(draw), nor greater than it by
 * more than 10 % or so, at a small part of its price.
 *
 * As v is not greater than 1/2, the terms of the series from the second on are
 * not greater than v**2 times a factor, at which their sum is right for 1/2:
 * 4 * (ln(2) - 1/2) = 0.77259.  The rest makes up for what was rounded. */
uint64_t
rendezvous_cost_max(uint64_t draw)
{
    int exponent;
    uint64_t v = mantissa_complement(draw, &exponent) + 1;
    uint64_t sum = v + ((v * v >> 32) * 50633 >> 16) + 2;

    return (((uint64_t) (64 - exponent) << RENDEZVOUS_COST_BITS)
            + (sum * (RENDEZVOUS_LOG2_E + 1) >> 16) + 3);
}
