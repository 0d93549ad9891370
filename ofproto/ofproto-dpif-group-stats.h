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

#ifndef OFPROTO_DPIF_GROUP_STATS_H
#define OFPROTO_DPIF_GROUP_STATS_H 1

/* Statistics of a group through its modifications
 * ================================================
 *
 * A modified group is a new "struct group_dpif" that replaces the old one.
 * For some time both get packets credited, since a translation credits the
 * group that it has seen.  So that no packet gets lost, all versions of a
 * group share their counters:
 *
 *   - The counters of the group itself are common to all of its versions.
 *     OpenFlow 1.5.1 section 6.7 "Group Table Modification Messages" asks for
 *     that when a group is modified: "group top-level statistics are
 *     preserved (continued)".
 *
 *   - The counters of a bucket are common to the versions that the bucket was
 *     copied to, when other buckets were inserted or removed.  A bucket that
 *     comes with a message starts at 0, even if it replaces one with the same
 *     id.  The same section says: "group bucket statistics are reset
 *     (cleared)".
 *
 * A bucket's counters are in the 'stats' member of struct ofputil_bucket.  A
 * copy of a bucket points to the same counters, but it does not own a
 * reference until it is passed to group_stats_create().
 *
 * These statistics include packets and bytes from datapath flows which have
 * not recently been processed by a revalidator.
 *
 * To credit a bucket takes constant time, all else takes time in proportion to
 * the number of buckets.
 *
 * Thread-safety
 * =============
 *
 * All functions are thread-safe. */

#include "openvswitch/list.h"

struct dpif_flow_stats;
struct ofputil_bucket;
struct ofputil_group_stats;

struct group_stats *group_stats_create(struct group_stats *old,
                                       const struct ovs_list *buckets);
void group_stats_unref(struct group_stats *, const struct ovs_list *buckets);

void group_stats_credit(struct group_stats *, struct ofputil_bucket *,
                        const struct ovs_list *buckets,
                        const struct dpif_flow_stats *);
void group_stats_get(struct group_stats *, const struct ovs_list *buckets,
                     struct ofputil_group_stats *);

#endif /* ofproto-dpif-group-stats.h */
