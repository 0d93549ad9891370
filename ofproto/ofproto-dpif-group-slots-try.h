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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_TRY_H
#define OFPROTO_DPIF_GROUP_SLOTS_TRY_H 1

/* The command of ovs-appctl that tells what a group modification would do to
 * connections: slot-table/try.  See ovs-vswitchd(8). */

void group_slots_try_init(void);

#endif /* ofproto-dpif-group-slots-try.h */
