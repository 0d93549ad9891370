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

#ifndef SLOT_UPDATE_H
#define SLOT_UPDATE_H 1

#include <stdbool.h>
#include <stdint.h>

/* Matching of slots and members, from owners of before
 * ====================================================
 *
 * When members come and go, or get other weights or capacities, only few slots
 * get other owners.  This finds just these; the rest is a copy.
 *
 * Costs, with s slots and n members: a copy; for each member that comes or
 * gets more weight, s * log(s) / n; and n for each slot whose owner goes or
 * gets less weight, or that an owner gives up because it must own fewer or
 * wants another one more. */

struct slot_winners;

bool slot_update(struct slot_winners *, const struct slot_winners *old,
                 uint16_t map[]);

#endif /* slot-update.h */
