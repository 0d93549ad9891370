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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_HISTORY_H
#define OFPROTO_DPIF_GROUP_SLOTS_HISTORY_H 1

/* What changes of groups with slots did to connections
 * =====================================================
 *
 * A bridge keeps a history of each group id, from the first table on: what the
 * last changes moved, when and for whom, and what all together moved.  A
 * change is what becomes visible at once, for example by a bundle.
 *
 * A group that is deleted and added again goes on with its history, and only
 * what differs counts as moved.  For this, a bridge keeps groups that have
 * been deleted, the last ones as far as their slots, and 32 more for each
 * bucket, are no more than GROUP_SLOTS_HISTORY_KEPT together, which is up to
 * some 10 MB.
 *
 * All of this belongs to the main thread. */

#include <stddef.h>
#include "slot-diff.h"

struct ds;
struct group_dpif;
struct group_slots_histories;

/* Slots of deleted groups that a bridge keeps. */
#define GROUP_SLOTS_HISTORY_KEPT (1 << 20)

/* Changes of a group that are kept. */
#define GROUP_SLOTS_HISTORY_LEN 10

enum group_slots_change_kind {
    GROUP_SLOTS_CHANGE_FIRST,   /* There was no table before. */
    GROUP_SLOTS_CHANGE_BUCKETS, /* Other buckets, or the same. */
    GROUP_SLOTS_CHANGE_HASH,    /* Packets get to other slots. */
    GROUP_SLOTS_CHANGE_SLOTS,   /* Other slots: their number or basis. */
};

struct group_slots_change {
    enum group_slots_change_kind kind;
    long long int when;         /* time_wall_msec(). */
    long long int when_mono;    /* time_msec(). */
    char *who;                  /* Whose request it was. */

    /* If packets get to other slots, or these are others, all slots have
     * moved, and those count as collateral whose owner is still there. */
    uint32_t n_slots;
    struct slot_diff diff;

    /* Of the buckets with a weight before and after the change. */
    uint32_t n_stayed;
    uint32_t n_other_actions;
    uint32_t n_other_watch;
    bool ids_in_order;          /* The ids just count the buckets. */
};

struct group_slots_history {
    uint64_t n_changes;         /* Since the first table, which is none. */
    uint64_t n_moved;
    uint64_t n_redirected;
    uint64_t n_collateral;

    /* The first table, and changes that moved or redirected a slot, the last
     * one first. */
    struct group_slots_change changes[GROUP_SLOTS_HISTORY_LEN];
    size_t n;
};

struct group_slots_histories *group_slots_history_create(void);
void group_slots_history_destroy(struct group_slots_histories *);
void group_slots_history_publish(struct group_slots_histories *,
                                 struct group_dpif *old,
                                 struct group_dpif *new, const char *who);
const struct group_slots_history *group_slots_history_get(
    const struct group_dpif *);

bool group_slots_is_live(void *bucket, void *group);

void group_slots_change_init(struct group_slots_change *,
                             const struct group_dpif *old,
                             const struct group_dpif *new);
void group_slots_change_format(const struct group_slots_change *, struct ds *);

#endif /* ofproto-dpif-group-slots-history.h */
