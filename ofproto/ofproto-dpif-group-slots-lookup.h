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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_LOOKUP_H
#define OFPROTO_DPIF_GROUP_SLOTS_LOOKUP_H 1

/* Where a slot leads to, and the commands of ovs-appctl that tell it:
 * slot-table/map and slot-table/lookup.  See ovs-vswitchd(8).
 *
 * For the main thread. */

struct group_dpif;
struct ofputil_bucket;

char *group_slots_why_dead(const struct group_dpif *,
                           const struct ofputil_bucket *);

void group_slots_lookup_init(void);

#endif /* ofproto-dpif-group-slots-lookup.h */
