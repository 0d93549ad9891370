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
#include "lb-transition.h"
#include "lflow-mgr.h"
#include "lib/lb.h"
#include "lib/ovn-util.h"
#include "northd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "selection.h"
#include "smap.h"
#include "util.h"
#include "uuid.h"
#include "vec.h"

/* Router flows take these for REG_ECMP_GROUP_ID, which routes count from 1:
 * these two for packets to a VIP, and down from the first, one for each of its
 * ports, for errors about them. */
#define STATELESS_GROUP_ID UINT16_MAX
#define SECOND_GROUP_ID (UINT16_MAX - 1)

/* Source of packets on their way to the second choice, which nobody has. */
#define SECOND_ETH_SRC "06:73:65:63:6f:6e"

#define PIPELINE_STAGE(DP_TYPE, PIPELINE, STAGE, TABLE, NAME) \
    static const struct ovn_stage DP_TYPE##_##PIPELINE##_##STAGE OVS_UNUSED \
        = { DP_##DP_TYPE, P_##PIPELINE, TABLE, NAME };
PIPELINE_STAGES
#undef PIPELINE_STAGE

static struct selection_row
lb_row(const struct ovn_northd_lb *lb)
{
    return (struct selection_row) {
        .what = "load balancer",
        .name = lb->nlb->name,
        .uuid = &lb->nlb->header_.uuid,
        .options = &lb->nlb->options,
    };
}

/* Returns true if 'lb' has the option "stateless" and no other that excludes
 * it, otherwise false, and logs why. */
bool
lb_stateless_is_wanted(const struct ovn_northd_lb *lb)
{
    static const char *const excluded[] = {
        "affinity_timeout", "distributed", "template", "use_stateless_nat"
    };
    const struct selection_row row = lb_row(lb);

    if (!smap_get_bool(row.options, "stateless", false)) {
        return false;
    }
    if (!lb->selection.method) {
        selection_warn(&row, "stateless needs selection_method "
                       "\"consistent-dp-hash\" or \"consistent-hash\"");
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(excluded); i++) {
        const char *value = smap_get(row.options, excluded[i]);

        if (value && strcmp(value, "false") && strcmp(value, "0")) {
            selection_warn(&row, "stateless and %s \"%s\" exclude each other",
                           excluded[i], value);
            return false;
        }
    }
    return true;
}

/* Returns the port of router 'od' that has 'ip_s' in one of its networks, or
 * NULL, and stores the address that the port has there in '*src_ip'. */
static const struct ovn_port *
find_out_port(const struct ovn_datapath *od, const char *ip_s,
              const char **src_ip)
{
    const struct ovn_port *op;

    HMAP_FOR_EACH (op, dp_node, &od->ports) {
        *src_ip = lrp_find_member_ip(op, ip_s);
        if (*src_ip) {
            return op;
        }
    }
    return NULL;
}

/* Returns NULL if router 'od' can send packets to 'backend' of VIP 'vip_s' of
 * 'lb_dps', and its switch translate them, otherwise what to do about it,
 * which the caller must free. */
static char *
check_backend(const struct ovn_lb_datapaths *lb_dps,
              const struct ovn_datapath *od, const char *vip_s,
              const struct ovn_lb_backend *backend,
              const struct ovn_northd_lb_backend *backend_nb)
{
    const struct ovn_port *out_port;
    const char *src_ip;

    if (!strcmp(backend->ip_str, vip_s)) {
        return xasprintf("has the address of the VIP, take another one");
    }
    if (!backend_nb->logical_port || backend_nb->remote_backend) {
        return xasprintf("has no port in this zone, add it to "
                         "ip_port_mappings");
    }
    out_port = find_out_port(od, backend->ip_str, &src_ip);
    if (!out_port) {
        return xasprintf("is in no network of logical router %s, add the load "
                         "balancer to the router next to the backend instead",
                         od->nbr->name);
    }
    if (!out_port->peer || !out_port->peer->nbsp) {
        return xasprintf("is behind port %s, which no logical switch has",
                         out_port->key);
    }
    if (!dynamic_bitmap_is_set(&lb_dps->nb_ls_map,
                               out_port->peer->od->sdp->index)) {
        return xasprintf("is in logical switch %s, add the load balancer to "
                         "it, too", out_port->peer->od->nbs->name);
    }
    return NULL;
}

/* Returns true if router 'od' and all backends of 'lb_dps' can do without
 * conntrack on the router, otherwise false, and logs why. */
static bool
check_router(const struct ovn_lb_datapaths *lb_dps,
             const struct ovn_datapath *od)
{
    const struct ovn_northd_lb *lb = lb_dps->lb;
    const struct selection_row row = lb_row(lb);

    if (od->is_gw_router || vector_len(&od->l3dgw_ports) == 1) {
        selection_warn(&row, "not stateless: logical router %s has one "
                       "gateway only, add the load balancer to a distributed "
                       "router with several gateway ports, or with none",
                       od->nbr->name);
        return false;
    }
    for (size_t i = 0; i < lb->n_vips; i++) {
        const struct ovn_lb_backend *backend;
        size_t j = 0;

        VECTOR_FOR_EACH_PTR (&lb->vips[i].backends, backend) {
            char *error = check_backend(lb_dps, od, lb->vips[i].vip_str,
                                        backend,
                                        &lb->vips_nb[i].backends_nb[j++]);

            if (error) {
                selection_warn(&row, "not stateless: backend %s %s",
                               backend->ip_str, error);
                free(error);
                return false;
            }
        }
    }
    return true;
}

/* Sets 'lb_dps->stateless', before any flows of 'lb_dps' are built.  Returns
 * true if it is what it was.  If not, flows of all its routers change. */
bool
lb_stateless_check(struct ovn_lb_datapaths *lb_dps,
                   const struct ovn_datapaths *lr_datapaths)
{
    bool was_stateless = lb_dps->stateless;
    size_t index;

    lb_dps->stateless = (lb_dps->lb->stateless
                         && !dynamic_bitmap_is_empty(&lb_dps->nb_lr_map));
    if (!lb_dps->stateless) {
        return !was_stateless;
    }
    DYNAMIC_BITMAP_FOR_EACH_1 (index, &lb_dps->nb_lr_map) {
        if (!check_router(lb_dps, ovn_datapaths_find_by_index(lr_datapaths,
                                                              index))) {
            lb_dps->stateless = false;
            return !was_stateless;
        }
    }
    if (!selection_supported(&lb_dps->lb->selection)->in_place) {
        const struct selection_row row = lb_row(lb_dps->lb);

        selection_warn(&row, "stateless, but chassis with an older "
                       "ovn-controller select other backends");
    }
    lb_transition_schedule(&lb_dps->lb->transition);
    return was_stateless;
}

/* What routers select one of: the available backends of a VIP, as the first
 * or, while backends leave or join, as the second choice. */
struct choice {
    const struct ovn_northd_lb *lb;
    const struct ovn_lb_vip *lb_vip;
    bool is_second;
    struct selection_member *members;   /* Available ones come first. */
    size_t n;                           /* Available ones. */
};

/* Do the two choices of 'lb_vip' differ, and can one tell packets of open
 * connections from those of new ones? */
static bool
has_second_choice(const struct ovn_northd_lb *lb,
                  const struct ovn_lb_vip *lb_vip)
{
    const struct ovn_lb_backend *backend;

    VECTOR_FOR_EACH_PTR (&lb_vip->backends, backend) {
        if (lb_transition_is_first(&lb->transition, backend)
            != lb_transition_is_second(&lb->transition, backend)) {
            return lb_vip->port_str && !strcmp(lb->proto, "tcp");
        }
    }
    return false;
}

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
    ds_put_format(match, "ip%c.dst == %s", choice_is_ipv4(choice) ? '4' : '6',
                  choice->lb_vip->vip_str);
    if (choice->lb_vip->port_str) {
        ds_put_format(match, " && %s.dst == %s", choice->lb->proto,
                      choice->lb_vip->port_str);
    }
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
        out_port = find_out_port(od, ds_cstr(&ip_s), &src_ip);

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
        ovn_lflow_add(lflows, od, &ROUTER_IN_IP_ROUTING_ECMP, 110,
                      ds_cstr(&member_match), ds_cstr(&actions), lflow_ref,
                      WITH_HINT(&choice->lb->nlb->header_));
        ds_destroy(&ip_s);
    }
    ds_destroy(&member_match);
    ds_destroy(&actions);
}

/* Adds flows that keep what matches 'match' from NAT of router 'od', which may
 * have the VIP as an external address. */
static void
build_no_nat_flows(const struct choice *choice, const struct ovn_datapath *od,
                   const char *match, struct lflow_table *lflows,
                   struct lflow_ref *lflow_ref)
{
    ovn_lflow_add(lflows, od, &ROUTER_IN_UNSNAT, 120, match, "next;",
                  lflow_ref, WITH_HINT(&choice->lb->nlb->header_));
    ovn_lflow_add(lflows, od, &ROUTER_IN_DNAT, 120, match, "next;", lflow_ref,
                  WITH_HINT(&choice->lb->nlb->header_));
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
    unsigned int priority = choice->is_second ? 10402 : 10400;
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
        size_t n_choices = 1 + has_second_choice(lb, &lb->vips[i]);

        for (size_t j = 0; j < n_choices; j++) {
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
        size_t n = 1 + has_second_choice(lb_dps->lb, &lb_dps->lb->vips[i]);

        for (size_t j = 0; j < n; j++) {
            struct choice choice = choice_create(lb_dps->lb, i, j == 1,
                                                 svc_mons);

            if (choice.n) {
                vector_push(choices, &choice);
            } else {
                choice_destroy(&choice);
            }
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

/* Adds the flows for one backend, whose port is 'lport', of the VIP of
 * 'choice'. */
static void
build_backend_flows(const struct ovn_lb_datapaths *lb_dps,
                    const struct ovn_datapaths *ls_datapaths,
                    const struct choice *choice,
                    const struct ovn_lb_backend *backend, const char *lport,
                    struct lflow_table *lflows)
{
    bool is_ipv4 = choice_is_ipv4(choice);
    struct ds actions = DS_EMPTY_INITIALIZER;
    struct ds match = DS_EMPTY_INITIALIZER;
    struct ds quoted = DS_EMPTY_INITIALIZER;

    /* The zone is that of the port, so that its answers are translated
     * back. */
    json_string_escape(lport, &quoted);
    ds_put_format(&match, "outport == %s && is_chassis_resident(%s) && ",
                  ds_cstr(&quoted), ds_cstr(&quoted));
    put_vip_match(choice, &match);
    ds_put_cstr(&actions, "ct_lb_mark(backends=");
    if (backend->port) {
        ds_put_format(&actions, is_ipv4 ? "%s:%"PRIu16 : "[%s]:%"PRIu16,
                      backend->ip_str, backend->port);
    } else {
        ds_put_cstr(&actions, backend->ip_str);
    }
    ds_put_cstr(&actions, ");");
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_PRE_STATEFUL, 120,
                       ds_cstr(&match), ds_cstr(&actions), lflows);

    /* What a first choice does not know goes back to the router that it came
     * from, which selects the second. */
    if (has_second_choice(choice->lb, choice->lb_vip)) {
        ds_put_cstr(&match, " && tcp.flags == 0/2 "
                    "&& eth.src != "SECOND_ETH_SRC);
        build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_PRE_LB, 120,
                           ds_cstr(&match), "ct_next;", lflows);
        ds_put_cstr(&match, " && ct.trk && !ct.est && !ct.rel");
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
    ds_put_format(&match, "outport == %s && %s.dst == %s", ds_cstr(&quoted),
                  is_ipv4 ? "ip4" : "ip6", choice->lb_vip->vip_str);
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_ACL_HINT, 65534,
                       ds_cstr(&match), debug_drop_action(), lflows);
    ds_put_cstr(&match, " && ct.rel && !ct.est && !ct.new");
    build_lswitch_flow(lb_dps, ls_datapaths, &SWITCH_OUT_ACL_HINT, 65535,
                       ds_cstr(&match), "ct_commit_nat;", lflows);
    ds_destroy(&quoted);
    ds_destroy(&match);
    ds_destroy(&actions);
}

/* Adds the flows of 'lb_dps' for the switches of its backends. */
void
lb_stateless_build_lswitch_flows(const struct ovn_lb_datapaths *lb_dps,
                                 const struct ovn_datapaths *ls_datapaths,
                                 struct lflow_table *lflows)
{
    const struct ovn_northd_lb *lb = lb_dps->lb;

    for (size_t i = 0; i < lb->n_vips; i++) {
        const struct choice choice = { .lb = lb, .lb_vip = &lb->vips[i] };
        const struct ovn_lb_backend *backend;
        size_t j = 0;

        VECTOR_FOR_EACH_PTR (&choice.lb_vip->backends, backend) {
            build_backend_flows(lb_dps, ls_datapaths, &choice, backend,
                                lb->vips_nb[i].backends_nb[j++].logical_port,
                                lflows);
        }
    }
}
