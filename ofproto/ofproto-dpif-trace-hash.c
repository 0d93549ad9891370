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

/* To know what hash the userspace datapath computes, the datapath's own action
 * is executed on the packet, or if there is none, on one that is made of the
 * flow.  That fails where a flow does not tell all that the datapath hashes:
 * why_unknown() and hash_flow() know these cases.
 *
 * The 5-tuple hash is different: the datapath hashes a packet once, when it
 * arrives, and keeps that while the packet is modified.  So is the portable
 * hash in the Linux kernel datapath, until addresses or ports are set. */

#include <config.h>
#include "ofproto-dpif-trace-hash.h"
#include "dpif-netdev.h"
#include "dp-packet.h"
#include "flow.h"
#include "odp-execute.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-trace.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Parses 's', a number other than 0, into '*dp_hash'.
 *
 * Returns NULL if successful, otherwise a malloc()'d string describing the
 * error.  The caller is responsible for freeing the returned string. */
char *
oftrace_dp_hash_parse(const char *s, uint32_t *dp_hash)
{
    if (!str_to_uint(s, 0, dp_hash) || !*dp_hash) {
        return xasprintf("%s: dp_hash must be a number from 1 to 0xffffffff",
                         s);
    }
    return NULL;
}

/* Returns true if 'flow' is of UDP packets without a source port. */
static bool
lacks_source_port(const struct flow *flow)
{
    return (is_ip_any(flow) && flow->nw_proto == IPPROTO_UDP
            && !(flow->nw_frag & FLOW_NW_FRAG_LATER) && !flow->tp_src);
}

static bool
is_ipv6_fragment(const struct flow *flow)
{
    return flow->dl_type == htons(ETH_TYPE_IPV6) && flow->nw_frag;
}

static bool
has_ports(const struct flow *flow)
{
    return (!(flow->nw_frag & FLOW_NW_FRAG_LATER)
            && (flow->nw_proto == IPPROTO_TCP || flow->nw_proto == IPPROTO_UDP
                || flow->nw_proto == IPPROTO_SCTP));
}

/* Returns true if 'a' and 'b', the same packet before and after some actions,
 * differ in IP addresses or ports. */
static bool
differ_in_addresses(const struct flow *a, const struct flow *b)
{
    return (is_ip_any(a) && a->dl_type == b->dl_type
            && (a->nw_src != b->nw_src || a->nw_dst != b->nw_dst
                || !ipv6_addr_equals(&a->ipv6_src, &b->ipv6_src)
                || !ipv6_addr_equals(&a->ipv6_dst, &b->ipv6_dst)
                || (has_ports(a) && (a->tp_src != b->tp_src
                                     || a->tp_dst != b->tp_dst))));
}

/* Returns why nobody but the datapath can know the hash of a packet that
 * arrived as 'ingress' on 'ofproto' and is 'flow' by now, or NULL if it can be
 * computed. */
static const char *
why_unknown(const struct ofproto_dpif *ofproto, const struct flow *ingress,
            const struct flow *flow, uint32_t alg)
{
    if (!dpif_is_netdev(ofproto->backer->dpif)) {
        /* The kernel seeds its own algorithms at random. */
        return (alg < __OVS_HASH_MAX
                ? "only the datapath knows its hash"
                : differ_in_addresses(ingress, flow)
                ? "the kernel has a hash of its own for a packet whose "
                  "addresses or ports were set"
                : NULL);
    }
    if (lacks_source_port(flow) && !lacks_source_port(ingress)) {
        return "the datapath chooses the source port of a tunnel's packet";
    }
    if (alg == OVS_HASH_ALG_L4) {
        if (eth_type_mpls(flow->dl_type)) {
            return "only the datapath knows whether it still has an RSS hash";
        }

        const char *type = xlate_get_port_type(ofproto,
                                               ingress->in_port.ofp_port);

        if (type && !strcmp(type, "dpdk")) {
            return "the network card may compute the hash";
        }
    }
    return NULL;
}

/* Returns the hash that the userspace datapath computes with 'action' for
 * 'packet', which arrived as 'ingress'. */
static uint32_t
execute_hash(const struct flow *ingress, const struct dp_packet *packet_,
             const struct ovs_action_hash *action)
{
    uint64_t stub[64 / sizeof(uint64_t)];
    struct ofpbuf actions = OFPBUF_STUB_INITIALIZER(stub);
    struct dp_packet *packet = dp_packet_clone(packet_);
    struct dp_packet_batch batch;
    uint32_t hash;

    nl_msg_put_unspec(&actions, OVS_ACTION_ATTR_HASH, action, sizeof *action);

    /* The datapath gives each packet this hash when it arrives, and keeps it
     * when the packet is modified. */
    dp_packet_set_rss_hash(packet, flow_hash_5tuple(ingress, 0));

    dp_packet_batch_init_packet(&batch, packet);
    odp_execute_actions(NULL, &batch, false, actions.data, actions.size, NULL);
    hash = packet->md.dp_hash;

    dp_packet_delete(packet);
    ofpbuf_uninit(&actions);
    return hash;
}

/* Stores the hash that the userspace datapath computes with 'action' for a
 * packet that arrived as 'ingress' and is 'flow' by now in '*hash'.  Returns
 * false if that depends on what follows the headers that a flow knows. */
static bool
hash_flow(const struct flow *ingress, const struct flow *flow,
          const struct ovs_action_hash *action, uint32_t *hash)
{
    struct dp_packet *packet = dp_packet_new(0);
    uint32_t other;

    flow_compose(packet, flow, NULL, 0, false);
    *hash = execute_hash(ingress, packet, action);

    /* What would follow if this were an error about another packet. */
    if (is_ip_any(flow)) {
        uint8_t quote[IPV6_HEADER_LEN];

        memset(quote, 0, sizeof quote);
        quote[0] = flow->dl_type == htons(ETH_TYPE_IP) ? 0x45 : 0x60;
        dp_packet_put(packet, quote, sizeof quote);
    }
    other = execute_hash(ingress, packet, action);
    dp_packet_delete(packet);
    return *hash == other;
}

/* Does the same for 'node', whose packet is used if it is there and 'flow' is
 * still as it arrived, for all that the hash takes in.  Returns NULL if
 * successful, otherwise why not. */
static const char *
hash_node(const struct flow *ingress, const struct flow *flow,
          const struct oftrace_recirc_node *node, uint32_t *hash)
{
    const struct ovs_action_hash *action = &node->hash_action;
    uint32_t before;

    bool known = hash_flow(ingress, flow, action, hash);

    hash_flow(ingress, ingress, action, &before);
    if (node->packet && *hash == before) {
        *hash = execute_hash(ingress, node->packet, action);
        return NULL;
    } else if (is_ipv6_fragment(ingress) || is_ipv6_fragment(flow)) {
        /* A flow does not tell all that is in a fragment of IPv6, and
         * flow_compose() makes no fragment header. */
        return "only the datapath knows the hash of an IPv6 fragment";
    } else if (eth_type_vlan(flow->dl_type)) {
        return "only the datapath knows what is behind the VLAN tags";
    } else if (!known) {
        return ("only the packet tells which connection an ICMP error is "
                "about");
    } else {
        return NULL;
    }
}

/* Sets the dp_hash of the flow of 'node', for which the datapath computes one
 * after a packet has arrived as 'ingress' on 'ofproto', to 'assumed', or, if
 * that is 0, to what the datapath computes.  Appends to 'output' what that is.
 *
 * Returns false if nobody but the datapath knows; 'output' then says why, and
 * 'node' stays as it was. */
bool
oftrace_set_dp_hash(const struct ofproto_dpif *ofproto,
                    const struct flow *ingress, uint32_t assumed,
                    struct oftrace_recirc_node *node, struct ds *output)
{
    if (assumed) {
        ds_put_format(output, " - resume with assumed dp_hash=%#"PRIx32,
                      assumed);
        node->flow.dp_hash = assumed;
        return true;
    }

    uint32_t hash = 0;
    const char *reason = why_unknown(ofproto, ingress, &node->flow,
                                     node->hash_action.hash_alg);
    if (!reason) {
        /* In the kernel, the hash is that of the packet as it arrived. */
        bool is_netdev = dpif_is_netdev(ofproto->backer->dpif);

        reason = hash_node(ingress, is_netdev ? &node->flow : ingress, node,
                           &hash);
    }
    if (reason) {
        ds_put_format(output, " - not traced, because %s "
                      "(use --dp-hash to assume one)", reason);
        return false;
    }

    node->flow.dp_hash = hash;
    ds_put_format(output, " - resume with dp_hash=%#"PRIx32
                  " (%s hash, basis %"PRIu32")", hash,
                  odp_hash_alg_to_string(node->hash_action.hash_alg),
                  node->hash_action.hash_basis);
    return true;
}
