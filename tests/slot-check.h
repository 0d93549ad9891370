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

#ifndef SLOT_CHECK_H
#define SLOT_CHECK_H 1

#include <stdint.h>

struct slot_winners;

/* Checks of owners of slots
 * =========================
 *
 * What the files in lib/ promise of the owners of slots, each in a way that
 * does not lean on how these are found.  For unit tests and fuzzing.
 *
 * A check that fails aborts the program. */

void slot_check_matching(const struct slot_winners *, uint32_t step);
void slot_check_reach(const struct slot_winners *);
void slot_check_equal(const struct slot_winners *,
                      const struct slot_winners *);
void slot_check_moves(const struct slot_winners *old,
                      const struct slot_winners *new);

#endif /* slot-check.h */
