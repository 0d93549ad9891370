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

#include <stdbool.h>
#include <stdint.h>
#include "slot-table.h"

/* Checks of slot tables
 * =====================
 *
 * What lib/slot-table.h and lib/slot-bound.h promise of any table, each in a
 * way that does not lean on how tables are made.  For unit tests and fuzzing.
 *
 * A check that fails aborts the program. */

uint64_t slot_check_draw(const struct rendezvous_member *,
                         unsigned int n_bits, uint32_t slot);
bool slot_check_precedes(const struct rendezvous_member *,
                         const struct rendezvous_member *,
                         unsigned int n_bits, uint32_t slot);

void slot_check_equal(const struct slot_table *, const struct slot_table *);
void slot_check_moves(const struct slot_table *old,
                      const struct slot_table *new);
void slot_check_owners(const struct slot_table *, uint32_t step);
void slot_check_bound(const struct slot_table *);

#endif /* slot-check.h */
