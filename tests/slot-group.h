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

#ifndef SLOT_GROUP_H
#define SLOT_GROUP_H 1

#include <stddef.h>
#include <stdint.h>
#include "command-line.h"
#include "slot-table.h"

/* Groups of buckets to test slot tables with
 * ==========================================
 *
 * Random ones come from random.h.  Not thread-safe. */

#define SLOT_GROUP_MAX_BUCKETS 600
#define SLOT_GROUP_MAX_RANDOM 32 /* Buckets of slot_group_random(). */
#define SLOT_GROUP_TRIALS 1000   /* Random groups for each property. */

/* What a table is made from. */
struct slot_group {
    struct slot_table_params params;
    size_t n;
    struct slot_bucket buckets[SLOT_GROUP_MAX_BUCKETS];
};

uint32_t slot_group_number(int max_bits);
void slot_group_add(struct slot_group *, int weight);
void slot_group_random(struct slot_group *, size_t min);
struct slot_table *slot_group_create(struct slot_group *);
long long int slot_group_owner(const struct slot_table *, uint32_t slot);
void slot_group_run_test(int argc, char *argv[],
                         const struct ovs_cmdl_command[]);

#endif /* slot-group.h */
