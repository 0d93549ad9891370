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

#include <stddef.h>
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
 * Here the things are the slots of a slot table.  Member b draws u(b,s),
 * uniform in (0,1), for slot s, and the slot goes to the member with the least
 * -log(u(b,s)) / weight(b): that is member b with the probability
 * weight(b) / (sum of all weights), exactly.
 *
 * The draws of one member are stratified: over the n slots it draws just one
 * number from each of the intervals (0,1/n), (1/n,2/n), ..., in an order that
 * is its own.  Each draw alone is still uniform, and draws of different
 * members are still independent, so nothing above changes, but a member gets a
 * share of the slots that is closer to its due.
 *
 * A slot's number in a member's order is its place.  The member wants the slot
 * with the highest place most.  Places are the high bits of draws, so that a
 * comparison of places is mostly enough.
 *
 * A draw depends on the member's id, the basis, the slot and the number of
 * slots alone.  Documentation/topics/consistent-dp-hash-construction.rst
 * defines it to the bit, in the sections that rendezvous.c names; everything
 * is integer arithmetic, so that all machines agree.  From the first release
 * on, version 0 of the definition gives the same results for ever; a fault in
 * it is only corrected by another version, which a group has to ask for.
 *
 * All functions may be called from any thread.  But for
 * rendezvous_groups_create(), they are pure.  But for it and
 * rendezvous_highest(), they cost a constant number of instructions. */

/* The number of slots is a power of 2: 2**RENDEZVOUS_MIN_BITS to
 * 2**RENDEZVOUS_MAX_BITS. */
#define RENDEZVOUS_MIN_BITS 4
#define RENDEZVOUS_MAX_BITS 16

#define RENDEZVOUS_ROUNDS 5     /* Of the permutation of the slots. */
#define RENDEZVOUS_COST_BITS 40 /* After the binary point of a cost. */

/* 1 / ln(2) in units of 2**-24, rounded down. */
#define RENDEZVOUS_LOG2_E UINT64_C(24204406)

/* How many slots or members some functions take at once, with vector
 * instructions, which is much faster than one by one. */
#define RENDEZVOUS_GROUP 8
#define RENDEZVOUS_BATCH (2 * RENDEZVOUS_GROUP)
#define RENDEZVOUS_CHUNK (8 * RENDEZVOUS_GROUP)

/* The winner of a slot that more than one member could win. */
#define RENDEZVOUS_TIE UINT16_MAX

/* A member: all that its draws depend on but the slot, and its weight. */
struct rendezvous_member {
    uint64_t seed;
    uint32_t id;
    uint16_t weight;
    struct rendezvous_step {
        uint16_t add;
        uint16_t mul;           /* Odd. */
    } steps[RENDEZVOUS_ROUNDS];
};

/* The steps of RENDEZVOUS_GROUP members, side by side, or, to find slots by
 * their places in the order of one member, the inverse of each of its steps,
 * as often as slots are found at once. */
struct rendezvous_group {
    uint16_t add[RENDEZVOUS_ROUNDS][RENDEZVOUS_GROUP];
    uint16_t mul[RENDEZVOUS_ROUNDS][RENDEZVOUS_GROUP];
};

void rendezvous_member_init(struct rendezvous_member *, uint32_t basis,
                            uint32_t id, uint16_t weight);
struct rendezvous_group *rendezvous_groups_create(
    const struct rendezvous_member[], size_t n);

uint32_t rendezvous_place(const struct rendezvous_member *,
                          unsigned int n_bits, uint32_t slot);
void rendezvous_group_places(const struct rendezvous_group *,
                             unsigned int n_bits, uint16_t slot,
                             uint16_t places[RENDEZVOUS_GROUP]);
void rendezvous_highest(const struct rendezvous_member[], size_t n,
                        unsigned int n_bits,
                        const uint16_t slots[], size_t n_slots,
                        uint16_t winners[RENDEZVOUS_CHUNK],
                        uint16_t places[RENDEZVOUS_CHUNK]);

void rendezvous_walk_init(struct rendezvous_group *,
                          const struct rendezvous_member *);
void rendezvous_walk(const struct rendezvous_group *, unsigned int n_bits,
                     uint32_t place, uint16_t slots[RENDEZVOUS_BATCH]);

uint64_t rendezvous_draw(const struct rendezvous_member *, unsigned int n_bits,
                         uint32_t slot, uint32_t place);
uint32_t rendezvous_threshold(const struct rendezvous_member *);

uint64_t rendezvous_cost(uint64_t draw);
uint64_t rendezvous_cost_min(uint64_t draw);
uint64_t rendezvous_cost_max(uint64_t draw);

#endif /* rendezvous.h */
