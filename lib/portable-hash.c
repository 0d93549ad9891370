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

/* Each end of a connection is hashed alone, with all that is known of it, and
 * the hash of the connection is the high half of their sum, which does not
 * depend on their order.  An exclusive or would be 0 where both ends are the
 * same.
 *
 * flow_extract() would not do: it does not look into an ICMP error, counts as
 * many VLAN tags as the user wants, and takes longer. */

#include <config.h>
#include "portable-hash.h"
#include <sys/types.h>
#include <netinet/in.h>
#include "byte-order.h"
#include "dp-packet.h"
#include "flow.h"
#include "jhash.h"
#include "packets.h"
#include "splitmix64.h"
#include "unaligned.h"

/* How much a BPF program can skip, too. */
enum { MAX_VLANS = 2, MAX_EXTENSIONS = 8 };

enum { ICMP_ERROR_HEADER_LEN = 8 };     /* What precedes the quote. */

/* What is known of a connection. */
struct connection {
    uint64_t src, dst;              /* Seeds of both ends, without tails. */
    uint64_t factor;                /* What a tail counts in a seed. */
    uint32_t src_tail, dst_tail;    /* Protocol and port, or 0. */
};

static uint16_t
get_16(const uint8_t *p)
{
    return ntohs(get_unaligned_be16(ALIGNED_CAST(const ovs_be16 *, p)));
}

static uint32_t
get_32(const uint8_t *p)
{
    return ntohl(get_unaligned_be32(ALIGNED_CAST(const ovs_be32 *, p)));
}

static uint64_t
get_48(const uint8_t *p)
{
    return (uint64_t) get_16(p) << 32 | get_32(p + 2);
}

static uint64_t
get_64(const uint8_t *p)
{
    return (uint64_t) get_32(p) << 32 | get_32(p + 4);
}

static uint64_t
ipv6_seed(const uint8_t address[16])
{
    return (get_64(address)
            + get_64(address + 8) * UINT64_C(0xbf58476d1ce4e5b9));
}

/* Sets '*c' to the addresses of the IPv4 header 'p'. */
static void
set_ipv4(struct connection *c, const uint8_t *p)
{
    *c = (struct connection) {
        .src = (uint64_t) get_32(p + 12) << 32,
        .dst = (uint64_t) get_32(p + 16) << 32,
        .factor = 1,
    };
}

/* Sets '*c' to the addresses of the IPv6 header 'p'. */
static void
set_ipv6(struct connection *c, const uint8_t *p)
{
    *c = (struct connection) {
        .src = ipv6_seed(p + 8),
        .dst = ipv6_seed(p + 24),
        .factor = UINT64_C(0x94d049bb133111eb),
    };
}

static void
set_tails(struct connection *c, uint8_t proto, uint16_t src, uint16_t dst)
{
    c->src_tail = proto << 16 | src;
    c->dst_tail = proto << 16 | dst;
}

static uint32_t
hash_connection(const struct connection *c)
{
    return (splitmix64(c->src + c->src_tail * c->factor, 0)
            + splitmix64(c->dst + c->dst_tail * c->factor, 0)) >> 32;
}

static bool
has_ports(uint8_t proto)
{
    return (proto == IPPROTO_TCP || proto == IPPROTO_UDP
            || proto == IPPROTO_SCTP);
}

/* Returns true if the message of protocol 'proto' at 'ofs' in 'packet', of the
 * IP version 'dl_type', quotes a packet. */
static bool
is_error(const struct dp_packet *packet, uint16_t dl_type, uint8_t proto,
         size_t ofs)
{
    bool ipv6 = dl_type == ETH_TYPE_IPV6;
    const uint8_t *type = dp_packet_at(packet, ofs, 1);

    if (!type || proto != (ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        return false;
    }
    return (ipv6
            ? *type >= 1 && *type <= 4
            : (*type >= 3 && *type <= 5) || *type == 11 || *type == 12);
}

/* Skips the extension headers of an IPv6 packet at '*ofs', of which '*proto'
 * is the first.  Returns true and stores the protocol and the offset of what
 * follows in '*proto' and '*ofs', or returns false if it does not get there,
 * or the packet is a fragment. */
static bool
skip_extensions(const struct dp_packet *packet, uint8_t *proto, size_t *ofs)
{
    for (int i = 0; ; i++) {
        bool is_fragment = *proto == IPPROTO_FRAGMENT;
        bool is_ah = *proto == IPPROTO_AH;

        if (!is_fragment && !is_ah && *proto != IPPROTO_HOPOPTS
            && *proto != IPPROTO_ROUTING && *proto != IPPROTO_DSTOPTS) {
            return true;
        }

        const uint8_t *p = dp_packet_at(packet, *ofs, 8);

        if (i >= MAX_EXTENSIONS || !p
            || (is_fragment && get_16(p + 2) & 0xfff9)) {
            return false;
        }
        *proto = p[0];
        *ofs += is_fragment ? 8 : is_ah ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
    }
}

/* Sets '*c' to the addresses of the IP header of version 'dl_type' at '*ofs'
 * in 'packet'.  Returns false, and sets nothing, if there is none.  Otherwise
 * stores the protocol and the offset of what follows all IP headers in
 * '*proto' and '*ofs', and whether these are known in '*whole': they are not
 * in a fragment. */
static bool
parse_ip(const struct dp_packet *packet, uint16_t dl_type,
         struct connection *c, uint8_t *proto, size_t *ofs, bool *whole)
{
    const uint8_t *p;

    if (dl_type == ETH_TYPE_IP) {
        p = dp_packet_at(packet, *ofs, IP_HEADER_LEN);
        if (!p || p[0] >> 4 != 4) {
            return false;
        }

        size_t len = (p[0] & 15) * 4;
        if (len < IP_HEADER_LEN || !dp_packet_at(packet, *ofs, len)) {
            return false;
        }
        set_ipv4(c, p);
        *proto = p[9];
        *ofs += len;
        *whole = !(get_16(p + 6) & 0x3fff);
        return true;
    } else if (dl_type == ETH_TYPE_IPV6) {
        p = dp_packet_at(packet, *ofs, IPV6_HEADER_LEN);
        if (!p || p[0] >> 4 != 6) {
            return false;
        }
        set_ipv6(c, p);
        *proto = p[6];
        *ofs += IPV6_HEADER_LEN;
        *whole = skip_extensions(packet, proto, ofs);
        return true;
    }
    return false;
}

/* Sets '*c' to the connection of the IP packet of version 'dl_type' at 'ofs'
 * in 'packet', or if it is an error that quotes a packet, and 'quotes' is
 * true, to that of the quoted one.  Returns false if there is no such IP
 * packet. */
static bool
set_ip(const struct dp_packet *packet, uint16_t dl_type, size_t ofs,
       bool quotes, struct connection *c)
{
    uint8_t proto;
    bool whole;

    if (!parse_ip(packet, dl_type, c, &proto, &ofs, &whole)) {
        return false;
    }
    if (!whole) {
        return true;
    }
    if (has_ports(proto)) {
        const uint8_t *ports = dp_packet_at(packet, ofs, 4);

        if (ports) {
            set_tails(c, proto, get_16(ports), get_16(ports + 2));
        }
        return true;
    }
    if (!quotes || !is_error(packet, dl_type, proto, ofs)
        || !set_ip(packet, dl_type, ofs + ICMP_ERROR_HEADER_LEN, false, c)) {
        set_tails(c, proto, 0, 0);
    }
    return true;
}

/* Returns the portable hash of 'packet', whatever its bytes are.
 *
 * Pure, and takes a bounded number of instructions, for most packets as many
 * as two calls of splitmix64() and some ten loads.  May be called from any
 * thread. */
uint32_t
portable_hash(const struct dp_packet *packet)
{
    static const uint8_t no_eth[ETH_HEADER_LEN];
    const uint8_t *eth = no_eth;
    struct connection c;
    uint16_t dl_type;
    size_t ofs = 0;

    if (dp_packet_is_eth(packet)) {
        const uint8_t *p = dp_packet_at(packet, 0, ETH_HEADER_LEN);

        if (p) {
            eth = p;
            ofs = ETH_HEADER_LEN;
        }
        dl_type = get_16(eth + 2 * ETH_ADDR_LEN);
        for (int i = 0; i < MAX_VLANS && eth_type_vlan(htons(dl_type)); i++) {
            p = dp_packet_at(packet, ofs, VLAN_HEADER_LEN);
            if (!p) {
                break;
            }
            dl_type = get_16(p + 2);
            ofs += VLAN_HEADER_LEN;
        }
        if (dl_type < ETH_TYPE_MIN) {
            dl_type = FLOW_DL_TYPE_NONE;
        }
    } else {
        dl_type = pt_ns_type(packet->packet_type);
    }

    if (!set_ip(packet, dl_type, ofs, true, &c)) {
        c = (struct connection) {
            .src = get_48(eth + ETH_ADDR_LEN) << 16 | dl_type,
            .dst = get_48(eth) << 16 | dl_type,
        };
    }
    return hash_connection(&c);
}

/* Returns the dp_hash that the datapath's action makes of a packet with the
 * portable hash 'hash': the one that the Linux kernel's "hash" action makes of
 * a packet whose skb->hash is 'hash'.  Never 0, which stands for none.
 *
 * Pure, and takes a constant number of instructions.  May be called from any
 * thread. */
uint32_t
portable_dp_hash(uint32_t hash, uint32_t basis)
{
    uint32_t dp_hash = jhash_words(&hash, 1, basis);

    return dp_hash ? dp_hash : 1;
}

/* Sets the dp_hash of each packet in 'batch' to that of its portable hash,
 * whatever hash a network card has given it. */
void
portable_hash_batch(struct dp_packet_batch *batch, uint32_t basis)
{
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        packet->md.dp_hash = portable_dp_hash(portable_hash(packet), basis);
    }
}
