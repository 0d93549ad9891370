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

/* Most maps are simple: not more than one member has gone, and all from some
 * member on have moved by the same, which is what a bucket that comes or goes
 * does.  "struct shift" is such a map as a few numbers.
 *
 * With it, a new owner takes no look into the map, and so several slots can be
 * done at once: in blocks of LANES slots, in loops that compilers turn into
 * vector instructions because they see how often these run, and that nothing
 * else refers to the block.  For 1024 slots, that is ten times as fast as one
 * slot after the other. */

#include <config.h>
#include "slot-map.h"
#include <string.h>
#include "util.h"

/* Slots in a block. */
#define LANES 8
BUILD_ASSERT_DECL(1 << RENDEZVOUS_MIN_BITS >= LANES);

/* A map in which not more than one member has gone, and all from some member
 * on have moved by the same. */
struct shift {
    bool none;                  /* Nothing has gone or moved. */
    uint16_t gone;              /* Old index, or SLOT_MAP_NONE. */
    uint16_t first;             /* Old index of the first that has moved. */
    uint16_t shift;             /* Added to the old index. */
};

/* Stores in '*s' what 'map', of 'n' members, says, if that is possible.
 * Returns false if it is not. */
static bool
shift_init(struct shift *s, const uint16_t map[], size_t n)
{
    size_t i = 0;

    *s = (struct shift) { .gone = SLOT_MAP_NONE };
    while (i < n && map[i] == i) {
        i++;
    }
    if (i < n && map[i] == SLOT_MAP_NONE) {
        s->gone = i++;
    }
    s->first = i;
    if (i < n && map[i] != SLOT_MAP_NONE) {
        s->shift = map[i] - i;
        while (i < n && map[i] == i + (int16_t) s->shift) {
            i++;
        }
    }
    s->none = s->gone == SLOT_MAP_NONE && !s->shift;
    return i == n;
}

/* Stores in 'to' the owners for those of LANES slots in 'from'. */
static inline void ALWAYS_INLINE
shift_owners(struct shift s, const uint16_t from[LANES], uint16_t to[LANES])
{
    uint16_t x[LANES];

    memcpy(x, from, sizeof x);
    for (int i = 0; i < LANES; i++) {
        x[i] = ((x[i] + (x[i] >= s.first ? s.shift : 0))
                | (x[i] == s.gone ? SLOT_MAP_NONE : 0));
    }
    memcpy(to, x, sizeof x);
}

/* Returns the map from the 'n_from' members 'from' to the 'n_to' members 'to',
 * which have the same ids.  Both must be sorted by increasing id.  The caller
 * must free the map. */
uint16_t *
slot_map_members(const struct rendezvous_member from[], size_t n_from,
                 const struct rendezvous_member to[], size_t n_to)
{
    uint16_t *map = xmalloc(n_from * sizeof *map);
    size_t j = 0;

    for (size_t i = 0; i < n_from; i++) {
        while (j < n_to && to[j].id < from[i].id) {
            j++;
        }
        map[i] = j < n_to && to[j].id == from[i].id ? j : SLOT_MAP_NONE;
    }
    return map;
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
            shift_owners(s, &from[slot], &to[slot]);
        }
    }
}

/* Returns how many of the 'n_slots' slots with owner i, less than 'n', in
 * 'from' do not have owner map[i] in 'to'. */
uint32_t
slot_map_count_moved(const uint16_t map[], size_t n, const uint16_t from[],
                     const uint16_t to[], uint32_t n_slots)
{
    uint16_t moved[LANES] = { 0 };
    uint32_t n_moved = 0;
    struct shift s;

    if (!shift_init(&s, map, n)) {
        for (uint32_t slot = 0; slot < n_slots; slot++) {
            n_moved += map[from[slot]] != to[slot];
        }
    } else {
        for (uint32_t slot = 0; slot < n_slots; slot += LANES) {
            uint16_t x[LANES], y[LANES];

            shift_owners(s, &from[slot], x);
            memcpy(y, &to[slot], sizeof y);
            for (int i = 0; i < LANES; i++) {
                moved[i] += x[i] != y[i];
            }
        }
        for (int i = 0; i < LANES; i++) {
            n_moved += moved[i];
        }
    }
    return n_moved;
}

/* Stores in 'slots' those of the 'n_slots' slots whose owner in 'owners' is
 * SLOT_MAP_NONE, and returns their number. */
size_t
slot_map_find_ownerless(const uint16_t owners[], uint32_t n_slots,
                        uint16_t slots[])
{
    static const uint16_t none[LANES];
    size_t n = 0;

    for (uint32_t slot = 0; slot < n_slots; slot += LANES) {
        uint16_t x[LANES];

        memcpy(x, &owners[slot], sizeof x);
        for (int i = 0; i < LANES; i++) {
            x[i] = x[i] == SLOT_MAP_NONE;
        }
        if (memcmp(x, none, sizeof x)) {
            for (int i = 0; i < LANES; i++) {
                if (x[i]) {
                    slots[n++] = slot + i;
                }
            }
        }
    }
    return n;
}
