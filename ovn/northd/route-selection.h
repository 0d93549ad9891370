/* Licensed under the Apache License, Version 2.0 (the "License");
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

#ifndef NORTHD_ROUTE_SELECTION_H
#define NORTHD_ROUTE_SELECTION_H 1

/* Next hops that "select" selects one of: those of static routes with the same
 * prefix, and those of a routing policy.  The caller must free what these
 * return, and destroy the selection. */

struct ecmp_groups_node;
struct route_policy;
struct selection;

struct selection_member *route_selection_members(
    const struct ecmp_groups_node *, struct selection *);
struct selection_member *policy_selection_members(
    const struct route_policy *, struct selection *);

#endif /* northd/route-selection.h */
