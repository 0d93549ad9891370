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

#ifndef SLOT_MAP_H
#define SLOT_MAP_H 1

#include "rendezvous.h"

/* Owners by the members of another table
 * ======================================
 *
 * The owner of a slot is an index in the members of a table.  When members
 * come or go, others get other indexes, and a map says which: member i of the
 * old table has the index map[i] in the new one, or SLOT_MAP_NONE if it is not
 * there.  Indexes keep their order.
 *
 * All functions may be called from any thread.  The main thread calls them for
 * each change, which is mostly that one member comes or goes.  Then, they take
 * several slots at a time.  slot_map_members() takes time in proportion to the
 * number of members, the others to that of slots. */

/* The index of no member, and the owner of a slot that has none. */
#define SLOT_MAP_NONE UINT16_MAX

uint16_t *slot_map_members(const struct rendezvous_member from[],
                           size_t n_from, const struct rendezvous_member to[],
                           size_t n_to);
void slot_map_owners(const uint16_t map[], size_t n, const uint16_t from[],
                     uint16_t to[], uint32_t n_slots);
uint32_t slot_map_count_moved(const uint16_t map[], size_t n,
                              const uint16_t from[], const uint16_t to[],
                              uint32_t n_slots);
size_t slot_map_find_ownerless(const uint16_t owners[], uint32_t n_slots,
                               uint16_t slots[]);

#endif /* slot-map.h */
