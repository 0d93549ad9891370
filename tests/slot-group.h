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
#include "rendezvous.h"

/* Groups of members to test with, which change at random
 * ======================================================
 *
 * Random numbers come from random.h.  Not thread-safe. */

struct slot_winners;

#define SLOT_GROUP_MAX 600      /* Members. */
#define SLOT_GROUP_TRIALS 1000  /* Random groups for each property. */

struct slot_group {
    uint32_t basis;
    unsigned int n_bits;        /* 2**n_bits slots. */
    unsigned int load_bound;    /* See slot-bound.h. */
    uint16_t max_weight;        /* Members have random weights up to it. */

    /* By increasing id, each with a weight other than 0. */
    size_t n;
    struct rendezvous_member members[SLOT_GROUP_MAX];
};

void slot_group_random(struct slot_group *);
void slot_group_change(struct slot_group *);
void slot_group_init_winners(const struct slot_group *, struct slot_winners *);

#endif /* slot-group.h */
