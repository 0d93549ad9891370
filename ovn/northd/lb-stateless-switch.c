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

#include <config.h>
#include "lb-stateless.h"

#include "debug.h"
#include "lb.h"
#include "lb-stateless-flows.h"
#include "lflow-mgr.h"
#include "lib/lb.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "util.h"
#include "vec.h"

/* Adds a flow of 'lb_dps' for the switches of its backends. */
static void
build_lswitch_flow(const struct ovn_lb_datapaths *lb_dps,
                   const struct ovn_datapaths *ls_datapaths,
                   const struct ovn_stage *stage, uint16_t priority,
                   const char *match, const char *actions,
                   struct lflow_table *lflows)
{
    ovn_lflow_add_with_dp_group(lflows, lb_dps->nb_ls_map.map,
                                ods_size(ls_datapaths), stage, priority, match,
                                actions, lb_dps->lflow_ref,
                                WITH_HINT(&lb_dps->lb->nlb->header_));
}

/* Adds the flows for 'backend', whose port is 'lport', of 'lb_vip'. */
static void
build_backend_flows(const struct ovn_lb_datapaths *lb_dps,
                    const struct ovn_datapaths *ls_datapaths,
                    const struct ovn_lb_vip *lb_vip,
                    const struct ovn_lb_backend *backend, const char *lport,
                    struct lflow_table *lflows)
{
    bool is_ipv4 = lb_vip->address_family == AF_INET;
    unsigned int priority = lb_vip->port_str ? 120 : 119;
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds quoted = DS_EMPTY_INITIALIZER;

    /* What conntrack knows is translated at once, without a lookup more in the
     * next stage.  The zone is that of the port, so that its answers are
     * translated back. */
    json_string_escape(lport, &quoted);
    ds_put_format(&match, "outport == %s && is_chassis_resident(%s) && ",
                  ds_cstr(&quoted), ds_cstr(&quoted));
    lb_stateless_put_vip_match(lb_dps->lb, lb_vip, &match);
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_PRE_LB, priority,
                       ds_cstr(&match),
                       REGBIT_CONNTRACK_DEFRAG" = 0; ct_lb_mark;", lflows);

    /* What still has the VIP is new. */
    ds_put_cstr(&actions, "ct_lb_mark(backends=");
    if (backend->port) {
        ds_put_format(&actions, is_ipv4 ? "%s:%"PRIu16 : "[%s]:%"PRIu16,
                      backend->ip_str, backend->port);
    } else {
        ds_put_cstr(&actions, backend->ip_str);
    }
    ds_put_cstr(&actions, ");");
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_PRE_STATEFUL,
                       priority, ds_cstr(&match), ds_cstr(&actions), lflows);

    /* If it does not begin a connection, it goes back to the router that it
     * came from, which selects the second choice. */
    if (lb_stateless_has_second_choice(lb_dps->lb, lb_vip)) {
        ds_put_cstr(&match, " && tcp.flags == 0/2 "
                    "&& eth.src != "SECOND_ETH_SRC);
        ds_clear(&actions);
        ds_put_format(&actions, "ct_clear; eth.dst = eth.src; "
                      "eth.src = "SECOND_ETH_SRC"; flags.loopback = 1; "
                      "outport = \"\"; next(pipeline=ingress,table=%d);",
                      ovn_stage_get_table(&SWITCH_IN_L2_LKUP));
        build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_PRE_STATEFUL, 130,
                           ds_cstr(&match), ds_cstr(&actions), lflows);
    }

    /* What conntrack does not know is not for the backend.  Errors about what
     * it knows are not translated by Linux without a commit. */
    ds_clear(&match);
    ds_put_format(&match, "outport == %s && ip%c.dst == %s", ds_cstr(&quoted),
                  is_ipv4 ? '4' : '6', lb_vip->vip_str);
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_ACL_HINT, 65534,
                       ds_cstr(&match), debug_drop_action(), lflows);
    ds_put_cstr(&match, " && ct.rel && !ct.est && !ct.new");
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_ACL_HINT, 65535,
                       ds_cstr(&match), "ct_commit_nat;", lflows);
    ds_destroy(&quoted);
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* Adds flows that drop what is for 'lb_vip', but for no backend that this
 * chassis knows of.  A gateway may know of a newcomer before its chassis does,
 * and conntrack must not commit its connections untranslated.  Switches with a
 * localnet port have no backends, and may lead to the gateways. */
static void
build_unknown_backend_flow(const struct ovn_lb_datapaths *lb_dps,
                           const struct ovn_datapaths *ls_datapaths,
                           const struct ovn_lb_vip *lb_vip,
                           struct lflow_table *lflows)
{
    struct ds match = DS_EMPTY_INITIALIZER;
    size_t index;

    lb_stateless_put_vip_match(lb_dps->lb, lb_vip, &match);
    DYNAMIC_BITMAP_FOR_EACH_1 (index, &lb_dps->nb_ls_map) {
        const struct ovn_datapath *od
            = ovn_datapaths_find_by_index(ls_datapaths, index);

        if (vector_is_empty(&od->localnet_ports)) {
            ovn_lflow_add(lflows, od, &SWITCH_OUT_PRE_LB, 105, ds_cstr(&match),
                          debug_drop_action(), lb_dps->lflow_ref,
                          WITH_HINT(&lb_dps->lb->nlb->header_));
        }
    }
    ds_destroy(&match);
}

/* Adds the flows of 'lb_dps' for the switches of its backends. */
void
lb_stateless_build_lswitch_flows(const struct ovn_lb_datapaths *lb_dps,
                                 const struct ovn_datapaths *ls_datapaths,
                                 struct lflow_table *lflows)
{
    const struct ovn_northd_lb *lb = lb_dps->lb;

    for (size_t i = 0; i < lb->n_vips; i++) {
        const struct ovn_lb_vip *lb_vip = &lb->vips[i];
        const struct ovn_lb_backend *backend;
        size_t j = 0;

        build_unknown_backend_flow(lb_dps, ls_datapaths, lb_vip, lflows);
        VECTOR_FOR_EACH_PTR (&lb_vip->backends, backend) {
            build_backend_flows(lb_dps, ls_datapaths, lb_vip, backend,
                                lb->vips_nb[i].backends_nb[j++].logical_port,
                                lflows);
        }
    }
}
