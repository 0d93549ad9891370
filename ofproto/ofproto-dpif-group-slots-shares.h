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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_SHARES_H
#define OFPROTO_DPIF_GROUP_SLOTS_SHARES_H 1

/* What each bucket of a group with slots gets, in theory and now.
 *
 * For the main thread. */

#include "openvswitch/ofp-group.h"

struct group_dpif;

struct group_slots_share {
    const struct ofputil_bucket *bucket;
    size_t place;               /* In the group's list, from 0. */
    uint32_t n_owned;           /* Slots. */
    uint32_t n_used;            /* Slots whose packets it gets now. */
    double ideal;               /* Its part of all weights, 0 to 1. */
    char *dead;                 /* Why it is not live, or null. */
    struct bucket_counter stats;
};

struct group_slots_share *group_slots_shares_get(const struct group_dpif *);
void group_slots_shares_free(struct group_slots_share *, size_t n);

#endif /* ofproto-dpif-group-slots-shares.h */
