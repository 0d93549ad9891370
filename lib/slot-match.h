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

#ifndef SLOT_MATCH_H
#define SLOT_MATCH_H 1

/* Matching of slots and members
 * =============================
 *
 * Finds the owners of all slots, the stable matching that slot-offers.h
 * defines, from nothing. */

struct slot_winners;

void slot_match_build(struct slot_winners *);

#endif /* slot-match.h */
