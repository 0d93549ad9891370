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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_UNIXCTL_H
#define OFPROTO_DPIF_GROUP_SLOTS_UNIXCTL_H 1

/* Commands of ovs-appctl that show the slot tables of select groups:
 * slot-table/show, slot-table/map and slot-table/lookup.  See
 * ovs-vswitchd(8). */

struct hmap;

void group_slots_unixctl_init(const struct hmap *ofprotos);

#endif /* ofproto-dpif-group-slots-unixctl.h */
