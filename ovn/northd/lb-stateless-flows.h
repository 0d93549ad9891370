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

#ifndef NORTHD_LB_STATELESS_FLOWS_H
#define NORTHD_LB_STATELESS_FLOWS_H 1

/* What the files of stateless load balancers share: lb-stateless.c says what
 * can be one, and the others make the flows of routers and of switches. */

#include "northd.h"
#include "openvswitch/dynamic-string.h"
#include "ovn-util.h"

struct ovn_lb_vip;
struct ovn_northd_lb;

#define PIPELINE_STAGE(DP_TYPE, PIPELINE, STAGE, TABLE, NAME) \
    static const struct ovn_stage DP_TYPE##_##PIPELINE##_##STAGE OVS_UNUSED \
        = { DP_##DP_TYPE, P_##PIPELINE, TABLE, NAME };
PIPELINE_STAGES
#undef PIPELINE_STAGE

/* Source of packets on their way to the second choice, which nobody has. */
#define SECOND_ETH_SRC "06:73:65:63:6f:6e"

const struct ovn_port *lb_stateless_find_out_port(const struct ovn_datapath *,
                                                  const struct in6_addr *,
                                                  const char **src_ip);
bool lb_stateless_has_second_choice(const struct ovn_northd_lb *,
                                    const struct ovn_lb_vip *);
void lb_stateless_put_vip_match(const struct ovn_northd_lb *,
                                const struct ovn_lb_vip *, struct ds *match);

#endif /* northd/lb-stateless-flows.h */
