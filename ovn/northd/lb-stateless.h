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

#ifndef NORTHD_LB_STATELESS_H
#define NORTHD_LB_STATELESS_H 1

/* Load balancers with the option "stateless".
 *
 * Routers select a backend for each packet to the VIP and forward the packet
 * to it as if it were the next hop of a route.  They leave the VIP in the
 * packet and need no conntrack, so that any chassis may do it, for any packet
 * of a connection.  Only on its way out to the backend's port, on the chassis
 * of that, conntrack replaces VIP and port by those of the backend, and on the
 * way back the other way round. */

#include <stdbool.h>

struct hmap;
struct lflow_ref;
struct lflow_table;
struct ovn_datapath;
struct ovn_datapaths;
struct ovn_lb_datapaths;
struct ovn_northd_lb;
struct shash;
struct svc_monitors_map_data;

bool lb_stateless_is_wanted(const struct ovn_northd_lb *);
void lb_stateless_check(struct ovn_lb_datapaths *,
                        const struct ovn_datapaths *lr_datapaths,
                        const struct hmap *ls_ports);

void lb_stateless_build_lrouter_flows(const struct ovn_lb_datapaths *,
                                      const struct ovn_datapaths *lr_datapaths,
                                      const struct shash *meter_groups,
                                      const struct svc_monitors_map_data *,
                                      struct lflow_table *);
void lb_stateless_build_lrouter_error_flows(
    const struct ovn_datapath *, const struct hmap *lb_datapaths_map,
    const struct svc_monitors_map_data *, struct lflow_table *,
    struct lflow_ref *);
void lb_stateless_build_lswitch_flows(const struct ovn_lb_datapaths *,
                                      const struct ovn_datapaths *ls_datapaths,
                                      struct lflow_table *);

#endif /* northd/lb-stateless.h */
