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
#include "slot-map.h"
#include <stdbool.h>
#include <string.h>
#include "compiler.h"
#include "rendezvous.h"
#include "slot-match.h"
#include "util.h"

/* Owners of several slots.  The compiler makes use of what vector instructions
 * there are.  What is true in a comparison is -1. */
#define LANES 8
typedef uint16_t lanes __attribute__((vector_size(2 * LANES)));
BUILD_ASSERT_DECL(1 << RENDEZVOUS_MIN_BITS >= LANES);

/* A map in which not more than one member has gone, and all from some member
 * on have moved by the same. */
struct shift {
    bool none;                  /* Nothing has gone or moved. */
    lanes gone;                 /* Old index, or SLOT_MATCH_NONE. */
    lanes first;                /* Old index of the first that has moved. */
    lanes shift;                /* Added to the old index. */
};

/* Stores in '*s' what 'map', of 'n' members, says, if that is possible.
 * Returns false if it is not. */
static bool
shift_init(struct shift *s, const uint16_t map[], size_t n)
{
    uint16_t gone = SLOT_MATCH_NONE, first, shift = 0;
    size_t i = 0;

    while (i < n && map[i] == i) {
        i++;
    }
    if (i < n && map[i] == SLOT_MATCH_NONE) {
        gone = i++;
    }
    first = i;
    if (i < n && map[i] != SLOT_MATCH_NONE) {
        shift = map[i] - i;
        while (i < n && map[i] == i + (int16_t) shift) {
            i++;
        }
    }

    s->none = gone == SLOT_MATCH_NONE && !shift;
    s->gone = (lanes) { 0 } + gone;
    s->first = (lanes) { 0 } + first;
    s->shift = (lanes) { 0 } + shift;
    return i == n;
}

/* Returns the owners for 'owners'. */
static inline lanes ALWAYS_INLINE
shift_owners(const struct shift *s, lanes owners)
{
    return ((owners + ((lanes) (owners >= s->first) & s->shift))
            | (lanes) (owners == s->gone));
}

/* Sets the owner of each of the 'n_slots' slots in 'to' to map[i], where i,
 * less than 'n', is its owner in 'from'. */
void
slot_map_owners(const uint16_t map[], size_t n, const uint16_t from[],
                uint16_t to[], uint32_t n_slots)
{
    struct shift s;

    if (!shift_init(&s, map, n)) {
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            to[slot] = map[from[slot]];
        }
    } else if (s.none) {
        memcpy(to, from, n_slots * sizeof *to);
    } else {
        for (uint32_t slot = 0; slot < n_slots; slot += LANES) {
            lanes x;

            memcpy(&x, &from[slot], sizeof x);
            x = shift_owners(&s, x);
            memcpy(&to[slot], &x, sizeof x);
        }
    }
}

/* Returns how many of the 'n_slots' slots with owner i, less than 'n', in
 * 'from' do not have owner map[i] in 'to'. */
uint32_t
slot_map_count_moved(const uint16_t map[], size_t n, const uint16_t from[],
                     const uint16_t to[], uint32_t n_slots)
{
    uint32_t n_moved = 0;
    struct shift s;

    if (shift_init(&s, map, n)) {
        lanes moved = { 0 };
        uint16_t counts[LANES];

        for (uint32_t slot = 0; slot < n_slots; slot += LANES) {
            lanes a, b;

            memcpy(&a, &from[slot], sizeof a);
            memcpy(&b, &to[slot], sizeof b);
            moved -= (lanes) (shift_owners(&s, a) != b);
        }
        memcpy(counts, &moved, sizeof counts);
        for (int i = 0; i < LANES; i++) {
            n_moved += counts[i];
        }
    } else {
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            n_moved += map[from[slot]] != to[slot];
        }
    }
    return n_moved;
}

/* Stores in 'slots' those of the 'n_slots' slots whose owner in 'owners' is
 * SLOT_MATCH_NONE, and returns their number. */
size_t
slot_map_find_ownerless(const uint16_t owners[], uint32_t n_slots,
                        uint16_t slots[])
{
    static const lanes zero;
    size_t n = 0;

    for (uint32_t slot = 0; slot < n_slots; slot += LANES) {
        lanes x;

        memcpy(&x, &owners[slot], sizeof x);
        x = (lanes) (x == SLOT_MATCH_NONE);
        if (memcmp(&x, &zero, sizeof x)) {
            for (int i = 0; i < LANES; i++) {
                if (owners[slot + i] == SLOT_MATCH_NONE) {
                    slots[n++] = slot + i;
                }
            }
        }
    }
    return n;
}
