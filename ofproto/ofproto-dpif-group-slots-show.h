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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_SHOW_H
#define OFPROTO_DPIF_GROUP_SLOTS_SHOW_H 1

/* The slots of a group in words and as JSON, and the command of ovs-appctl
 * that shows them: slot-table/show.  See ovs-vswitchd(8).
 *
 * For the main thread. */

struct ds;
struct group_dpif;
struct group_slots_change;
struct hmap;
struct json;

void group_slots_format_buckets(const struct group_dpif *, struct ds *);
struct json *group_slots_buckets_to_json(const struct group_dpif *);
struct json *group_slots_change_to_json(const struct group_slots_change *);

void group_slots_show_init(const struct hmap *ofprotos);

#endif /* ofproto-dpif-group-slots-show.h */
