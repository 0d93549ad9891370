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

#include "lb.h"
#include "lb-stateless-flows.h"
#include "lb-transition.h"
#include "lib/lb.h"
#include "packets.h"
#include "selection.h"
#include "smap.h"
#include "sset.h"
#include "util.h"
#include "vec.h"

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

/* Returns the address of 'op' in the network of the port that has 'ip', the
 * longest one, and stores the length of that in '*plen', or NULL. */
static const char *
find_src_ip(const struct ovn_port *op, const struct in6_addr *ip,
            unsigned int *plen)
{
    const struct lport_addresses *networks = &op->lrp_networks;
    const char *src_ip = NULL;

    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(ip);

        for (size_t i = 0; i < networks->n_ipv4_addrs; i++) {
            const struct ipv4_netaddr *na = &networks->ipv4_addrs[i];

            if (!((na->network ^ ip4) & na->mask)
                && (!src_ip || na->plen > *plen)) {
                src_ip = na->addr_s;
                *plen = na->plen;
            }
        }
        return src_ip;
    }
    for (size_t i = 0; i < networks->n_ipv6_addrs; i++) {
        const struct ipv6_netaddr *na = &networks->ipv6_addrs[i];
        struct in6_addr network = ipv6_addr_bitand(ip, &na->mask);

        if (ipv6_addr_equals(&network, &na->network)
            && (!src_ip || na->plen > *plen)) {
            src_ip = na->addr_s;
            *plen = na->plen;
        }
    }
    return src_ip;
}

/* Returns the port of router 'od' that has 'ip' in one of its networks, the
 * longest one, or NULL, and stores the address that the port has there in
 * '*src_ip'. */
const struct ovn_port *
lb_stateless_find_out_port(const struct ovn_datapath *od,
                           const struct in6_addr *ip, const char **src_ip)
{
    const struct ovn_port *op, *out_port = NULL;
    unsigned int longest = 0;

    HMAP_FOR_EACH (op, dp_node, &od->ports) {
        unsigned int plen;
        const char *s = find_src_ip(op, ip, &plen);

        if (s && (!out_port || plen > longest)) {
            out_port = op;
            longest = plen;
            *src_ip = s;
        }
    }
    return out_port;
}

/* Does a port of router 'od' have the address 'ip_s'? */
static bool
is_router_ip(const struct ovn_datapath *od, const char *ip_s)
{
    const struct ovn_port *op;

    HMAP_FOR_EACH (op, dp_node, &od->ports) {
        for (size_t i = 0; i < op->lrp_networks.n_ipv4_addrs; i++) {
            if (!strcmp(op->lrp_networks.ipv4_addrs[i].addr_s, ip_s)) {
                return true;
            }
        }
        for (size_t i = 0; i < op->lrp_networks.n_ipv6_addrs; i++) {
            if (!strcmp(op->lrp_networks.ipv6_addrs[i].addr_s, ip_s)) {
                return true;
            }
        }
    }
    return false;
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
    const struct ovn_datapath *ls;
    const char *src_ip;

    if (!strcmp(backend->ip_str, vip_s)) {
        return xasprintf("has the address of the VIP, take another one");
    }
    if (!backend_nb->logical_port || backend_nb->remote_backend) {
        return xasprintf("has no port in this zone, add it to "
                         "ip_port_mappings");
    }
    out_port = lb_stateless_find_out_port(od, &backend->ip, &src_ip);
    if (!out_port) {
        return xasprintf("is in no network of logical router %s, add the load "
                         "balancer to the router next to the backend instead",
                         od->nbr->name);
    }
    if (!out_port->peer || !out_port->peer->nbsp) {
        return xasprintf("is behind port %s, which no logical switch has",
                         out_port->key);
    }
    ls = out_port->peer->od;
    if (!dynamic_bitmap_is_set(&lb_dps->nb_ls_map, ls->sdp->index)) {
        return xasprintf("is in logical switch %s, add the load balancer to "
                         "it, too", ls->nbs->name);
    }
    if (!vector_is_empty(&ls->localnet_ports)) {
        return xasprintf("is in logical switch %s, which has a localnet port, "
                         "put the backend behind a router", ls->nbs->name);
    }
    if (ls->lb_with_stateless_mode) {
        return xasprintf("is in logical switch %s, whose "
                         "enable-stateless-acl-with-lb translates packets "
                         "from the router, too: remove that", ls->nbs->name);
    }
    return NULL;
}

/* Logs if 'backend' of 'lb_dps' is behind router 'od', but its port is not.
 * The other backends are of use all the same, and the port may be about to
 * come. */
static void
check_port(const struct ovn_lb_datapaths *lb_dps,
           const struct ovn_datapath *od, const struct hmap *ls_ports,
           const struct ovn_lb_backend *backend, const char *lport)
{
    const struct selection_row row = lb_row(lb_dps->lb);
    const struct ovn_port *port = ovn_port_find(ls_ports, lport);
    const char *src_ip;
    const struct ovn_datapath *ls
        = lb_stateless_find_out_port(od, &backend->ip, &src_ip)->peer->od;

    if (!port || port->od != ls) {
        selection_warn(&row, "backend %s is unreachable: logical switch %s "
                       "has no port %s", backend->ip_str, ls->nbs->name,
                       lport);
    }
}

/* Returns true if router 'od' and all backends of 'lb_dps' can do without
 * conntrack on the router, otherwise false, and logs why. */
static bool
check_router(const struct ovn_lb_datapaths *lb_dps,
             const struct ovn_datapath *od, const struct hmap *ls_ports)
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
        struct sset lports = SSET_INITIALIZER(&lports);
        const struct ovn_lb_backend *backend;
        const struct ovn_northd_lb_backend *backend_nb
            = lb->vips_nb[i].backends_nb;
        bool ok = true;

        if (is_router_ip(od, lb->vips[i].vip_str)) {
            selection_warn(&row, "not stateless: VIP %s is an address of "
                           "logical router %s, take another one",
                           lb->vips[i].vip_str, od->nbr->name);
            return false;
        }
        VECTOR_FOR_EACH_PTR (&lb->vips[i].backends, backend) {
            char *error = check_backend(lb_dps, od, lb->vips[i].vip_str,
                                        backend, backend_nb);

            if (!error && !sset_add(&lports, backend_nb->logical_port)) {
                error = xasprintf("has the port %s, as another one of the "
                                  "same VIP, take one of them",
                                  backend_nb->logical_port);
            }
            if (error) {
                selection_warn(&row, "not stateless: backend %s %s",
                               backend->ip_str, error);
                free(error);
                ok = false;
                break;
            }
            check_port(lb_dps, od, ls_ports, backend,
                       backend_nb++->logical_port);
        }
        sset_destroy(&lports);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* Sets 'lb_dps->stateless', before any flows of 'lb_dps' or of its routers are
 * built. */
void
lb_stateless_check(struct ovn_lb_datapaths *lb_dps,
                   const struct ovn_datapaths *lr_datapaths,
                   const struct hmap *ls_ports)
{
    size_t index;

    lb_dps->stateless = (lb_dps->lb->stateless
                         && !dynamic_bitmap_is_empty(&lb_dps->nb_lr_map));
    if (!lb_dps->stateless) {
        return;
    }
    DYNAMIC_BITMAP_FOR_EACH_1 (index, &lb_dps->nb_lr_map) {
        if (!check_router(lb_dps, ovn_datapaths_find_by_index(lr_datapaths,
                                                              index),
                          ls_ports)) {
            lb_dps->stateless = false;
            return;
        }
    }
    if (!selection_supported(&lb_dps->lb->selection)->in_place) {
        const struct selection_row row = lb_row(lb_dps->lb);

        selection_warn(&row, "stateless, but chassis with an older "
                       "ovn-controller select other backends");
    }
    lb_transition_schedule(&lb_dps->lb->transition);
}

/* Can chassis tell packets of open connections to 'lb_vip' from those of new
 * ones, so that a first choice hands on what it does not know?  It does so
 * always, not only while backends join or drain: a chassis that does not know
 * of the change yet has to do it, too. */
bool
lb_stateless_has_second_choice(const struct ovn_northd_lb *lb,
                               const struct ovn_lb_vip *lb_vip)
{
    return lb_vip->port_str && !strcmp(lb->proto, "tcp");
}

/* Appends a match on packets to 'lb_vip'. */
void
lb_stateless_put_vip_match(const struct ovn_northd_lb *lb,
                           const struct ovn_lb_vip *lb_vip, struct ds *match)
{
    ds_put_format(match, "ip%c.dst == %s",
                  lb_vip->address_family == AF_INET ? '4' : '6',
                  lb_vip->vip_str);
    if (lb_vip->port_str) {
        ds_put_format(match, " && %s.dst == %s", lb->proto, lb_vip->port_str);
    }
}
