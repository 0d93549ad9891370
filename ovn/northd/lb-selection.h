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

#ifndef NORTHD_LB_SELECTION_H
#define NORTHD_LB_SELECTION_H 1

/* Backends that "select" selects one of: those of load balancers whose routers
 * have no connection tracking. */

#include <stddef.h>

struct ovn_lb_vip;
struct ovn_northd_lb;
struct selection_member;

struct selection_member *lb_all_members(const struct ovn_northd_lb *,
                                        const struct ovn_lb_vip *);
struct selection_member *lb_selection_members(const struct ovn_northd_lb *,
                                              const struct ovn_lb_vip *);
size_t lb_selection_drop_drained(const struct ovn_northd_lb *,
                                 const struct ovn_lb_vip *,
                                 struct selection_member *);

#endif /* northd/lb-selection.h */
