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

#ifndef RENDEZVOUS_H
#define RENDEZVOUS_H 1

#include <stdint.h>

/* Stratified weighted rendezvous hashing
 * ======================================
 *
 * Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to
 * increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998) lets
 * every member of a set draw a pseudo-random number for a thing and gives the
 * thing to the member with the best draw.  When a member leaves, only what it
 * had moves; when one comes, things only move to it.
 *
 * Here the members are buckets and the things are the slots of a slot table.
 * Bucket b draws u(b,s), uniform in (0,1), for slot s, and the slot goes to
 * the bucket with the least -log(u(b,s)) / weight(b): that is bucket b with
 * the probability weight(b) / (sum of all weights), exactly.
 *
 * The draws of one bucket are stratified: over the n slots it draws just one
 * number from each of the intervals (0,1/n), (1/n,2/n), ..., in an order that
 * is its own.  Each draw alone is still uniform, and draws of different
 * buckets are still independent, so nothing above changes, but a bucket gets a
 * share of the slots that is closer to its due.
 *
 * A draw depends on the bucket's id, the basis, the slot and the number of
 * slots alone.  Documentation/topics/consistent-dp-hash.rst defines it to the
 * bit; everything is integer arithmetic, so that all machines agree.  THE
 * RESULTS MUST NEVER CHANGE: switches of different versions, and a switch
 * before and after an upgrade, have to choose the same buckets.
 *
 * All functions are pure, cost a constant number of instructions and may be
 * called from any thread. */

/* The number of slots is a power of 2: 2**RENDEZVOUS_MIN_BITS to
 * 2**RENDEZVOUS_MAX_BITS. */
#define RENDEZVOUS_MIN_BITS 4
#define RENDEZVOUS_MAX_BITS 16

#define RENDEZVOUS_ROUNDS 5     /* Of the permutation of the slots. */
#define RENDEZVOUS_COST_BITS 40 /* After the binary point of a cost. */

/* What a bucket needs for its draws: all that depends on its id and on the
 * basis, but not on the slot. */
struct rendezvous_key {
    uint64_t seed;
    struct {
        uint32_t add;
        uint32_t mul;           /* Odd. */
    } rounds[RENDEZVOUS_ROUNDS];
};

void rendezvous_key_init(struct rendezvous_key *, uint32_t basis, uint32_t id);
uint64_t rendezvous_draw(const struct rendezvous_key *, unsigned int n_bits,
                         uint32_t slot);
uint64_t rendezvous_cost(uint64_t draw);

#endif /* rendezvous.h */
