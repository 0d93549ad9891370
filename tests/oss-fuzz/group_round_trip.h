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

#ifndef GROUP_ROUND_TRIP_H
#define GROUP_ROUND_TRIP_H 1

#include "openflow/openflow.h"

/* Round trips of groups, for fuzz targets: a group that a switch or ovs-ofctl
 * accepts must be the same after it was encoded and decoded, and after it was
 * printed and parsed.
 *
 * Whatever is not the same aborts the program. */

struct ofputil_group_desc;
struct ofputil_group_features;
struct ofputil_group_mod;

struct ofpbuf *encode_group_mod(const struct ofputil_group_mod *,
                                enum ofp_version);
void round_trip_group_mod(struct ofputil_group_mod *, enum ofp_version);
void round_trip_group_desc(struct ofputil_group_desc *, enum ofp_version);
void round_trip_group_features(const struct ofputil_group_features *,
                               enum ofp_version);

#endif  /* group_round_trip.h */
