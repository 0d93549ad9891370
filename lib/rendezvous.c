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

#include <config.h>
#include "rendezvous.h"
#include "util.h"

/* SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014): its increment, and the function that it applies
 * to its counter, a bijection of 64-bit numbers. */
#define SPLITMIX64_INCREMENT UINT64_C(0x9e3779b97f4a7c15)

static uint64_t
splitmix64_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Returns output number 'i', from 0 on, of SplitMix64 seeded with 'seed'. */
static uint64_t
splitmix64(uint64_t seed, uint32_t i)
{
    return splitmix64_mix(seed + (i + UINT64_C(1)) * SPLITMIX64_INCREMENT);
}

/* Initializes 'key' for the bucket with the given 'id' in a table with the
 * given 'basis'. */
void
rendezvous_key_init(struct rendezvous_key *key, uint32_t basis, uint32_t id)
{
    key->seed = splitmix64(((uint64_t) basis << 32) | id, 0);
    for (uint32_t i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        uint64_t bits = splitmix64(key->seed, i);

        key->rounds[i].add = bits;
        key->rounds[i].mul = (bits >> 32) | 1;
    }
}

/* Returns the place of 'slot' in the order of the 2**n_bits slots that belongs
 * to 'key'.
 *
 * Each step is a bijection of n_bits-bit numbers, hence so is the whole.  The
 * last step is its own inverse.  It brings the high bits down to where the
 * next multiplication spreads them, and the highest one, which an addition and
 * a multiplication leave alone, down to bit 0. */
static uint32_t
rendezvous_permute(const struct rendezvous_key *key, unsigned int n_bits,
                   uint32_t slot)
{
    uint32_t mask = (UINT32_C(1) << n_bits) - 1;
    unsigned int shift = (n_bits + 1) / 2;
    uint32_t x = slot;

    for (int i = 0; i < RENDEZVOUS_ROUNDS; i++) {
        x = ((x + key->rounds[i].add) * key->rounds[i].mul) & mask;
        x ^= (x >> shift) ^ (x >> (n_bits - 1));
    }
    return x;
}

/* Returns the draw of the bucket with the given 'key' for 'slot' in a table of
 * 2**n_bits slots: an odd number X that stands for u = X / 2**64.
 *
 * Of buckets of the same weight the one with the greatest draw is the best. */
uint64_t
rendezvous_draw(const struct rendezvous_key *key, unsigned int n_bits,
                uint32_t slot)
{
    uint64_t stratum = rendezvous_permute(key, n_bits, slot);
    uint64_t within = splitmix64(key->seed, RENDEZVOUS_ROUNDS + slot);

    return (stratum << (64 - n_bits)) | (within >> n_bits) | 1;
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
 * 1.000001 units above the true value: between 1 and 64 <<
 * RENDEZVOUS_COST_BITS, never less for a lesser 'draw'.
 *
 * Of buckets of any weights the one with the least cost divided by weight is
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
