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

#include "copp.h"
#include "debug.h"
#include "lb.h"
#include "lb-selection.h"
#include "lb-stateless-flows.h"
#include "lb-transition.h"
#include "lflow-mgr.h"
#include "lib/lb.h"
#include "openvswitch/dynamic-string.h"
#include "selection.h"
#include "util.h"
#include "uuid.h"
#include "vec.h"

/* Flows take these for REG_ECMP_GROUP_ID, which routes count from 1: these two
 * for packets to a VIP, and down from the first, one for each of its ports,
 * for errors about them. */
#define STATELESS_GROUP_ID UINT16_MAX
#define SECOND_GROUP_ID (UINT16_MAX - 1)

/* What routers select one of: the available backends of a VIP, as the first or
 * as the second choice.  They differ while backends join or drain. */
struct choice {
    const struct ovn_northd_lb *lb;
    const struct ovn_lb_vip *lb_vip;
    bool is_second;
    struct selection_member *members;   /* Available ones come first. */
    size_t n;                           /* Available ones. */
};

/* Makes the first choice for a VIP of 'lb', or the second.  The second is the
 * first if nobody else is available, so that somebody answers.  The caller
 * must destroy it with choice_destroy(). */
static struct choice
choice_create(const struct ovn_northd_lb *lb, size_t vip_index,
              bool is_second, const struct svc_monitors_map_data *svc_mons)
{
    const struct ovn_northd_lb_vip *lb_vip_nb = &lb->vips_nb[vip_index];
    const struct ovn_lb_vip *lb_vip = &lb->vips[vip_index];
    struct choice choice = {
        .lb = lb, .lb_vip = lb_vip, .is_second = is_second
    };
    const struct ovn_lb_backend *backend;
    size_t i = 0;

    choice.members = lb_all_members(lb, lb_vip);
    VECTOR_FOR_EACH_PTR (&lb_vip->backends, backend) {
        uint16_t weight;

        if (!(is_second ? lb_transition_is_second(&lb->transition, backend)
              : lb_transition_is_first(&lb->transition, backend))
            || (lb_vip_nb->lb_health_check
                && !backend_is_available(lb, backend,
                                         &lb_vip_nb->backends_nb[i],
                                         svc_mons))
            || (selection_weights_find(&lb->weights, &backend->ip,
                                       backend->port, &weight)
                && !weight)) {
            i++;
            continue;
        }
        choice.members[choice.n] = choice.members[i++];
        choice.members[choice.n++].weight = weight;
    }
    if (is_second && !choice.n) {
        free(choice.members);
        choice = choice_create(lb, vip_index, false, svc_mons);
        choice.is_second = true;
    }
    return choice;
}

static void
choice_destroy(struct choice *choice)
{
    free(choice->members);
}

static bool
choice_is_ipv4(const struct choice *choice)
{
    return choice->lb_vip->address_family == AF_INET;
}

/* Appends a match on packets to the VIP. */
static void
put_vip_match(const struct choice *choice, struct ds *match)
{
    if (choice->is_second) {
        ds_put_cstr(match, "eth.src == "SECOND_ETH_SRC" && ");
    }
    lb_stateless_put_vip_match(choice->lb, choice->lb_vip, match);
}

/* Appends a match on errors about packets from the VIP. */
static void
put_error_match(const struct choice *choice, struct ds *match)
{
    if (choice_is_ipv4(choice)) {
        ds_put_format(match, "ip4.dst == %s && icmp4.type == {3, 11, 12}",
                      choice->lb_vip->vip_str);
    } else {
        ds_put_format(match, "ip6.dst == %s && icmp6.type == {1, 2, 3, 4}",
                      choice->lb_vip->vip_str);
    }
}

static void
put_group_id(unsigned int group_id, struct ds *actions)
{
    ds_put_format(actions, "ip.ttl--; flags.loopback = 1; "
                  REG_ECMP_GROUP_ID" = %u; "REG_ECMP_MEMBER_ID" = ",
                  group_id);
}

/* Adds a flow that gives packets on their way to a second choice behind
 * 'out_port' the address of that again, if the router has to ask for the MAC
 * address of the backend, which would learn the other one. */
static void
build_second_arp_flow(const struct ovn_port *out_port,
                      struct lflow_table *lflows, struct lflow_ref *lflow_ref)
{
    char *match = xasprintf("eth.dst == 00:00:00:00:00:00 && eth.src == "
                            SECOND_ETH_SRC" && outport == %s",
                            out_port->json_key);
    char *actions = xasprintf("eth.src = %s; next;",
                              out_port->lrp_networks.ea_s);

    ovn_lflow_add(lflows, out_port->od, &ROUTER_IN_NETWORK_ID, 120, match,
                  actions, lflow_ref);
    free(match);
    free(actions);
}

/* Adds the flows that forward what matches 'match' and has 'group_id' to the
 * backend that was selected. */
static void
build_member_flows(const struct choice *choice, const struct ovn_datapath *od,
                   unsigned int group_id, const char *match,
                   struct lflow_table *lflows, struct lflow_ref *lflow_ref)
{
    bool is_ipv4 = choice_is_ipv4(choice);
    struct ds member_match = DS_EMPTY_INITIALIZER;
    struct ds actions = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < choice->n; i++) {
        const struct selection_member *member = &choice->members[i];
        const struct ovn_port *out_port;
        struct ds ip_s = DS_EMPTY_INITIALIZER;
        const char *src_ip;

        ipv6_format_mapped(&member->ip, &ip_s);
        out_port = lb_stateless_find_out_port(od, &member->ip, &src_ip);

        ds_clear(&member_match);
        ds_put_format(&member_match, "%s && "REG_ECMP_GROUP_ID" == %u && "
                      REG_ECMP_MEMBER_ID" == %"PRIu16,
                      match, group_id, member->value);
        ds_clear(&actions);
        ds_put_format(&actions, "%s = %s; %s = %s; eth.src = %s; "
                      "outport = %s; "REGBIT_NEXTHOP_IS_IPV4" = %d; next;",
                      is_ipv4 ? REG_NEXT_HOP_IPV4 : REG_NEXT_HOP_IPV6,
                      ds_cstr(&ip_s), is_ipv4 ? REG_SRC_IPV4 : REG_SRC_IPV6,
                      src_ip, (choice->is_second ? SECOND_ETH_SRC
                               : out_port->lrp_networks.ea_s),
                      out_port->json_key, is_ipv4);
        ovn_lflow_add(lflows, od, &ROUTER_IN_IP_ROUTING_ECMP,
                      choice->lb_vip->port_str ? 110 : 109,
                      ds_cstr(&member_match), ds_cstr(&actions), lflow_ref,
                      WITH_HINT(&choice->lb->nlb->header_));
        if (choice->is_second) {
            build_second_arp_flow(out_port, lflows, lflow_ref);
        }
        ds_destroy(&ip_s);
    }
    ds_destroy(&member_match);
    ds_destroy(&actions);
}

/* Adds flows that keep what matches 'match' from NAT of router 'od', which may
 * have the VIP as an external address.  An ordinary load balancer with a port
 * of the same VIP, with 110 and 120, comes before a VIP without a port. */
static void
build_no_nat_flows(const struct choice *choice, const struct ovn_datapath *od,
                   const char *match, struct lflow_table *lflows,
                   struct lflow_ref *lflow_ref)
{
    ovn_lflow_add(lflows, od, &ROUTER_IN_UNSNAT, 120, match, "next;",
                  lflow_ref, WITH_HINT(&choice->lb->nlb->header_));
    ovn_lflow_add(lflows, od, &ROUTER_IN_DNAT,
                  choice->lb_vip->port_str ? 120 : 105, match, "next;",
                  lflow_ref, WITH_HINT(&choice->lb->nlb->header_));
}

/* Adds a flow that drops fragments, the first ones, too: to OpenFlow they have
 * no port, and do not match a VIP with one.  The router outside would get them
 * back, and send them again. */
static void
build_fragment_flow(const struct choice *choice, const struct ovn_datapath *od,
                    struct lflow_table *lflows, struct lflow_ref *lflow_ref)
{
    char *match = xasprintf("ip%c.dst == %s && ip.is_frag",
                            choice_is_ipv4(choice) ? '4' : '6',
                            choice->lb_vip->vip_str);

    ovn_lflow_add(lflows, od, &ROUTER_IN_IP_ROUTING, 10399, match,
                  debug_drop_action(), lflow_ref);
    free(match);
}

/* Adds the flows of 'choice' for the routers of 'lb_dps'. */
static void
build_choice_flows(const struct choice *choice,
                   const struct ovn_lb_datapaths *lb_dps,
                   const struct ovn_datapaths *lr_datapaths,
                   const struct shash *meter_groups,
                   struct lflow_table *lflows)
{
    const struct ovn_northd_lb *lb = choice->lb;
    unsigned int group_id = (choice->is_second ? SECOND_GROUP_ID
                             : STATELESS_GROUP_ID);
    unsigned int priority = (choice->is_second ? 10402
                             : choice->lb_vip->port_str ? 10400
                             : 10398);
    bool is_rejected = !choice->n && choice->lb_vip->empty_backend_rej;
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct ds match = DS_EMPTY_INITIALIZER;
    char *key = NULL;
    size_t index;

    put_vip_match(choice, &match);
    if (choice->n) {
        put_group_id(group_id, &actions);
        selection_put_select(&lb->selection, choice->members, choice->n,
                             lb->selection_fields, &actions);
        key = xasprintf(UUID_FMT" %s", UUID_ARGS(&lb->nlb->header_.uuid),
                        ds_cstr(&match));
    } else if (is_rejected) {
        ds_put_format(&actions, "reg0 = 0; reject { outport <-> inport; "
                      "next(pipeline=egress,table=%d);};",
                      ovn_stage_get_table(&ROUTER_OUT_SNAT));
    } else {
        ds_put_cstr(&actions, debug_drop_action());
    }

    DYNAMIC_BITMAP_FOR_EACH_1 (index, &lb_dps->nb_lr_map) {
        const struct ovn_datapath *od
            = ovn_datapaths_find_by_index(lr_datapaths, index);
        const char *meter = (is_rejected
                             ? copp_meter_get(COPP_REJECT, od->nbr->copp,
                                              meter_groups)
                             : NULL);

        ovn_lflow_add(lflows, od, &ROUTER_IN_IP_ROUTING, priority,
                      ds_cstr(&match), ds_cstr(&actions), lb_dps->lflow_ref,
                      WITH_KEY(key), WITH_CTRL_METER(meter),
                      WITH_HINT(&lb->nlb->header_));
        if (!choice->is_second) {
            build_no_nat_flows(choice, od, ds_cstr(&match), lflows,
                               lb_dps->lflow_ref);
            if (choice->lb_vip->port_str) {
                build_fragment_flow(choice, od, lflows, lb_dps->lflow_ref);
            }
        }
        build_member_flows(choice, od, group_id, ds_cstr(&match), lflows,
                           lb_dps->lflow_ref);
    }
    free(key);
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* Adds the flows of 'lb_dps' for its routers. */
void
lb_stateless_build_lrouter_flows(const struct ovn_lb_datapaths *lb_dps,
                                 const struct ovn_datapaths *lr_datapaths,
                                 const struct shash *meter_groups,
                                 const struct svc_monitors_map_data *svc_mons,
                                 struct lflow_table *lflows)
{
    const struct ovn_northd_lb *lb = lb_dps->lb;

    for (size_t i = 0; i < lb->n_vips; i++) {
        size_t n = 1 + lb_stateless_has_second_choice(lb, &lb->vips[i]);

        for (size_t j = 0; j < n; j++) {
            struct choice choice = choice_create(lb, i, j == 1, svc_mons);

            build_choice_flows(&choice, lb_dps, lr_datapaths, meter_groups,
                               lflows);
            choice_destroy(&choice);
        }
    }
}

/* Appends what forwards an error to the backend of 'choice' that it is for.
 * The hash of the datapath leads there, because it is that of the packet that
 * the error quotes.  Otherwise, a copy goes to each backend, and conntrack
 * drops all but the one that it knows the connection of. */
static void
put_error_actions(const struct choice *choice, unsigned int group_id,
                  bool is_only, struct ds *actions)
{
    const struct selection *selection
        = selection_supported(&choice->lb->selection);
    bool is_hashed = (selection->method
                      && !strncmp(selection->method, "consistent-dp-hash",
                                  strlen("consistent-dp-hash")));

    size_t n_copies = is_hashed ? 1 : choice->n;

    for (size_t i = 0; i < n_copies; i++) {
        bool is_copy = !is_only || n_copies > 1;

        ds_put_cstr(actions, is_copy ? "clone { " : "");
        put_group_id(group_id, actions);
        selection_put_select(selection, &choice->members[i],
                             is_hashed ? choice->n : 1, NULL, actions);
        ds_put_cstr(actions, is_copy ? " }; " : "");
    }
}

/* Orders by VIP, then in some way. */
static int
compare_choices(const void *a_, const void *b_)
{
    const struct choice *a = a_, *b = b_;
    int cmp = strcmp(a->lb_vip->vip_str, b->lb_vip->vip_str);

    if (!cmp) {
        cmp = strcmp(a->lb->proto, b->lb->proto);
    }
    if (!cmp) {
        cmp = strcmp(a->lb_vip->port_str ? a->lb_vip->port_str : "",
                     b->lb_vip->port_str ? b->lb_vip->port_str : "");
    }
    if (!cmp) {
        cmp = uuid_compare_3way(&a->lb->nlb->header_.uuid,
                                &b->lb->nlb->header_.uuid);
    }
    return cmp ? cmp : a->is_second - b->is_second;
}

static bool
choices_equal(const struct choice *a, const struct choice *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->members[i].value != b->members[i].value) {
            return false;
        }
    }
    return true;
}

/* Appends to 'choices' those of a load balancer that errors may be about. */
static void
add_choices(const struct nbrec_load_balancer *nbrec_lb,
            const struct hmap *lb_datapaths_map,
            const struct svc_monitors_map_data *svc_mons,
            struct vector *choices)
{
    const struct ovn_lb_datapaths *lb_dps
        = ovn_lb_datapaths_find(lb_datapaths_map, &nbrec_lb->header_.uuid);

    if (!lb_dps || !lb_dps->stateless) {
        return;
    }
    for (size_t i = 0; i < lb_dps->lb->n_vips; i++) {
        struct choice first = choice_create(lb_dps->lb, i, false, svc_mons);
        struct choice second = choice_create(lb_dps->lb, i, true, svc_mons);

        if (first.n) {
            vector_push(choices, &first);
        } else {
            choice_destroy(&first);
        }
        if (lb_stateless_has_second_choice(lb_dps->lb, &lb_dps->lb->vips[i])
            && second.n && !choices_equal(&first, &second)) {
            vector_push(choices, &second);
        } else {
            choice_destroy(&second);
        }
    }
}

/* Adds flows for router 'od' that forward ICMP errors about packets from VIPs
 * of stateless load balancers.  One does not see which port of the VIP they
 * are about, so that these flows belong to the router, not to one of its load
 * balancers. */
void
lb_stateless_build_lrouter_error_flows(
    const struct ovn_datapath *od, const struct hmap *lb_datapaths_map,
    const struct svc_monitors_map_data *svc_mons, struct lflow_table *lflows,
    struct lflow_ref *lflow_ref)
{
    struct vector choices = VECTOR_EMPTY_INITIALIZER(struct choice);
    const struct nbrec_logical_router *nbr = od->nbr;

    for (size_t i = 0; i < nbr->n_load_balancer; i++) {
        add_choices(nbr->load_balancer[i], lb_datapaths_map, svc_mons,
                    &choices);
    }
    for (size_t i = 0; i < nbr->n_load_balancer_group; i++) {
        const struct nbrec_load_balancer_group *group
            = nbr->load_balancer_group[i];

        for (size_t j = 0; j < group->n_load_balancer; j++) {
            add_choices(group->load_balancer[j], lb_datapaths_map, svc_mons,
                        &choices);
        }
    }

    vector_qsort(&choices, compare_choices);

    struct choice *array = vector_get_array(&choices);
    size_t n = vector_len(&choices);

    for (size_t i = 0, next; i < n; i = next) {
        struct ds actions = DS_EMPTY_INITIALIZER;
        struct ds match = DS_EMPTY_INITIALIZER;

        for (next = i + 1; next < n && !strcmp(array[i].lb_vip->vip_str,
                                               array[next].lb_vip->vip_str);
             next++) {
            continue;
        }
        put_error_match(&array[i], &match);
        for (size_t j = i; j < next; j++) {
            unsigned int group_id = STATELESS_GROUP_ID - (j - i);

            if (j > i && !compare_choices(&array[j - 1], &array[j])) {
                continue;       /* A router may have a balancer twice. */
            }
            put_error_actions(&array[j], group_id, next == i + 1, &actions);
            build_member_flows(&array[j], od, group_id, ds_cstr(&match),
                               lflows, lflow_ref);
        }
        ds_chomp(&actions, ' ');
        ovn_lflow_add(lflows, od, &ROUTER_IN_IP_ROUTING, 10401,
                      ds_cstr(&match), ds_cstr(&actions), lflow_ref);
        ds_destroy(&match);
        ds_destroy(&actions);
    }
    for (size_t i = 0; i < n; i++) {
        choice_destroy(&array[i]);
    }
    vector_destroy(&choices);
}
