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
 * Each slot ranks the members by their claims to it, each member ranks the
 * slots by their places in its order, and a member may have a capacity, a
 * number of slots that it owns at most.  The owners are the stable matching
 * (Gale and Shapley, "College admissions and the stability of marriage",
 * American Mathematical Monthly 69(1), 1962): there is no slot that would
 * rather have another member that has room or owns a slot that it wants less.
 * Without capacities that is just the member with the best claim.
 *
 * Claims get better with the place, so the two rankings agree, and there is
 * just one stable matching.  It is a function of the members and their
 * capacities, not of the way in which it is found: slot_update() finds the
 * same from other owners, see slot-update.h. */

struct slot_winners;

void slot_match_build(struct slot_winners *);

#endif /* slot-match.h */
