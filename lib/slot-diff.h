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

#ifndef SLOT_DIFF_H
#define SLOT_DIFF_H 1

/* What a change of buckets did to a slot table
 * ============================================
 *
 * A slot that moves takes its connections along to another bucket.  Some must
 * move: those of a bucket that goes, and those that a bucket takes that comes.
 * The others are collateral.  So are those that stay with their bucket, if
 * that does something else now. */

#include "slot-table.h"

struct slot_diff {
    /* Slots whose owners' ids differ. */
    uint32_t n_moved;

    /* Slots whose owner is the same, but does something else. */
    uint32_t n_redirected;

    /* Slots whose old owner is live and in both tables with the same weight,
     * and that were redirected, or moved to a bucket that is in both tables
     * with the same weight, too.  None is moved if neither table has a load
     * bound. */
    uint32_t n_collateral;
};

struct slot_diff slot_diff(const struct slot_table *old,
                           const struct slot_table *new,
                           const unsigned long *redirected,
                           slot_is_live_func *is_live, void *aux);
uint32_t slot_diff_staying(const struct slot_table *old,
                           const struct slot_table *new,
                           slot_is_live_func *is_live, void *aux);

#endif /* slot-diff.h */
