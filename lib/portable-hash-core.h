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

#ifndef PORTABLE_HASH_CORE_H
#define PORTABLE_HASH_CORE_H 1

/* Portable hash of a packet, wherever its bytes are
 * =================================================
 *
 * For portable-hash.c and for the BPF program portable-hash.bpf.c, which has
 * none of Open vSwitch's headers.  Each of them defines, before it includes
 * this one:
 *
 *   - ovs_be16, ovs_be32, ovs_be64, ntohs(), ntohl(), ntohll(), and
 *     ALWAYS_INLINE.
 *
 *   - UNROLLED, which precedes a loop that the BPF program must not have,
 *     because old kernels refuse some, and newer ones take long to verify
 *     them.
 *
 *   - struct portable_packet, a packet.
 *
 *   - portable_load(), which copies 'n' bytes at offset 'ofs' of a packet to
 *     'to'.  If one of them is not there, it returns false, and may set 'to'
 *     to zeros.  'near' says that 'ofs' has one of few values: the BPF program
 *     then may read at once what the kernel has in one piece.
 *
 * Each end of a connection is hashed alone, with all that is known of it, and
 * the hash of the connection is the high half of their sum, which does not
 * depend on their order.  An exclusive or would be 0 where both ends are the
 * same. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "splitmix64.h"

static inline bool portable_load(const struct portable_packet *, bool near,
                                 uint32_t ofs, void *to, size_t n);

enum {
    PORTABLE_MAX_VLANS = 2,
    PORTABLE_MAX_EXTENSIONS = 8,
    PORTABLE_MACS_LEN = 12,
    PORTABLE_ICMP_LEN = 8,              /* What precedes the quote. */
};

/* Ethernet types, and what takes the place of a length. */
enum {
    PORTABLE_IPV4 = 0x0800,
    PORTABLE_IPV6 = 0x86dd,
    PORTABLE_VLAN = 0x8100,
    PORTABLE_VLAN_8021AD = 0x88a8,
    PORTABLE_ETH_TYPE_MIN = 0x600,
    PORTABLE_NO_ETH_TYPE = 0x5ff,
};

/* IP protocols. */
enum {
    PORTABLE_HOP_BY_HOP = 0,
    PORTABLE_ICMP = 1,
    PORTABLE_TCP = 6,
    PORTABLE_UDP = 17,
    PORTABLE_ROUTING = 43,
    PORTABLE_FRAGMENT = 44,
    PORTABLE_AH = 51,
    PORTABLE_ICMPV6 = 58,
    PORTABLE_DESTINATION = 60,
    PORTABLE_SCTP = 132,
};

/* Headers, in memory that is aligned for their members. */

struct portable_macs {
    ovs_be16 dst[3], src[3];
};

struct portable_vlan {
    ovs_be16 tci, type;
};

struct portable_ipv4 {
    uint8_t ihl_ver, tos;
    ovs_be16 len, id, frag_off;
    uint8_t ttl, proto;
    ovs_be16 csum;
    ovs_be32 src, dst;
};

struct portable_ipv6 {
    ovs_be32 vcf;
    ovs_be16 plen;
    uint8_t proto, hlim;
    ovs_be64 src[2], dst[2];
};

struct portable_extension {
    uint8_t proto, len;
    ovs_be16 frag_off;
    ovs_be32 id;
};

struct portable_ports {
    ovs_be16 src, dst;
};

/* What is known of a connection. */
struct portable_ends {
    uint64_t src, dst;              /* Seeds of both ends, without tails. */
    uint64_t factor;                /* What a tail counts in a seed. */
    uint32_t src_tail, dst_tail;    /* Protocol and port, or 0. */
};

static inline uint64_t
portable_mac(const ovs_be16 mac[3])
{
    return ((uint64_t) ntohs(mac[0]) << 32
            | (uint32_t) ntohs(mac[1]) << 16
            | ntohs(mac[2]));
}

static inline uint64_t
portable_ipv6_seed(const ovs_be64 address[2])
{
    return (ntohll(address[0])
            + ntohll(address[1]) * UINT64_C(0xbf58476d1ce4e5b9));
}

static inline void
portable_set_tails(struct portable_ends *ends, uint8_t proto,
                   uint16_t src, uint16_t dst)
{
    ends->src_tail = proto << 16 | src;
    ends->dst_tail = proto << 16 | dst;
}

/* Skips the extension headers of an IPv6 packet at '*ofs', of which '*proto'
 * is the first.  Returns true and stores the protocol and the offset of what
 * follows in '*proto' and '*ofs', or returns false if it does not get there,
 * or the packet is a fragment.  Sets '*near' to false if there are any. */
static inline bool ALWAYS_INLINE
portable_skip_extensions(const struct portable_packet *packet,
                         uint8_t *proto, uint32_t *ofs, bool *near)
{
    UNROLLED
    for (int i = 0; i <= PORTABLE_MAX_EXTENSIONS; i++) {
        struct portable_extension h;
        bool is_fragment = *proto == PORTABLE_FRAGMENT;
        bool is_ah = *proto == PORTABLE_AH;

        if (!is_fragment && !is_ah && *proto != PORTABLE_HOP_BY_HOP
            && *proto != PORTABLE_ROUTING && *proto != PORTABLE_DESTINATION) {
            return true;
        }
        if (i == PORTABLE_MAX_EXTENSIONS
            || !portable_load(packet, false, *ofs, &h, sizeof h)
            || (is_fragment && ntohs(h.frag_off) & 0xfff9)) {
            return false;
        }
        *near = false;
        *proto = h.proto;
        *ofs += is_fragment ? 8 : is_ah ? (h.len + 2) * 4 : (h.len + 1) * 8;
    }
    return false;
}

/* Sets '*ends' to the addresses of the IP header of type 'dl_type' at '*ofs'
 * in 'packet'.  Returns false, and leaves '*ends' alone, if there is none.
 * Otherwise stores the protocol and the offset of what follows all IP headers
 * in '*proto' and '*ofs', and whether these are known in '*whole': they are
 * not in a fragment. */
static inline bool ALWAYS_INLINE
portable_parse_ip(const struct portable_packet *packet, uint16_t dl_type,
                  struct portable_ends *ends, uint8_t *proto, uint32_t *ofs,
                  bool *near, bool *whole)
{
    if (dl_type == PORTABLE_IPV4) {
        struct portable_ipv4 h;
        uint8_t last;

        if (!portable_load(packet, *near, *ofs, &h, sizeof h)
            || h.ihl_ver >> 4 != 4) {
            return false;
        }

        uint32_t len = (h.ihl_ver & 15) * 4;
        if (len != sizeof h
            && (len < sizeof h
                || !portable_load(packet, *near, *ofs + len - 1, &last, 1))) {
            return false;
        }
        *ends = (struct portable_ends) {
            .src = (uint64_t) ntohl(h.src) << 32,
            .dst = (uint64_t) ntohl(h.dst) << 32,
            .factor = 1,
        };
        *proto = h.proto;
        *ofs += len;
        *whole = !(ntohs(h.frag_off) & 0x3fff);
        return true;
    } else if (dl_type == PORTABLE_IPV6) {
        struct portable_ipv6 h;

        if (!portable_load(packet, *near, *ofs, &h, sizeof h)
            || ntohl(h.vcf) >> 28 != 6) {
            return false;
        }
        *ends = (struct portable_ends) {
            .src = portable_ipv6_seed(h.src),
            .dst = portable_ipv6_seed(h.dst),
            .factor = UINT64_C(0x94d049bb133111eb),
        };
        *proto = h.proto;
        *ofs += sizeof h;
        *whole = portable_skip_extensions(packet, proto, ofs, near);
        return true;
    }
    return false;
}

/* Returns true if a message of ICMP, or with 'ipv6' of ICMPv6, of 'type'
 * quotes a packet. */
static inline bool
portable_is_error(bool ipv6, uint8_t type)
{
    return (ipv6
            ? type >= 1 && type <= 4
            : (type >= 3 && type <= 5) || type == 11 || type == 12);
}

/* Sets '*ends' to the ends of the IP packet of type 'dl_type' at 'ofs' in
 * 'packet'.  If that is an error that quotes a packet, stores the offset of
 * the quote in '*quote'.  Returns false, and leaves '*ends' alone, if there is
 * no such IP packet. */
static inline bool ALWAYS_INLINE
portable_set_ip(const struct portable_packet *packet, uint16_t dl_type,
                bool near, uint32_t ofs, struct portable_ends *ends,
                uint32_t *quote)
{
    bool ipv6 = dl_type == PORTABLE_IPV6;
    struct portable_ports ports;
    uint8_t proto = 0;
    bool whole = false;
    uint8_t type;

    if (!portable_parse_ip(packet, dl_type, ends, &proto, &ofs, &near,
                           &whole)) {
        return false;
    }
    if (!whole) {
        return true;
    }
    if (proto == PORTABLE_TCP || proto == PORTABLE_UDP
        || proto == PORTABLE_SCTP) {
        if (portable_load(packet, near, ofs, &ports, sizeof ports)) {
            portable_set_tails(ends, proto, ntohs(ports.src),
                               ntohs(ports.dst));
        }
        return true;
    }
    portable_set_tails(ends, proto, 0, 0);
    if (proto == (ipv6 ? PORTABLE_ICMPV6 : PORTABLE_ICMP)
        && portable_load(packet, near, ofs, &type, 1)
        && portable_is_error(ipv6, type)) {
        *quote = ofs + PORTABLE_ICMP_LEN;
    }
    return true;
}

/* Returns the portable hash of 'packet'.  If 'is_eth', it begins with an
 * Ethernet header, and with 'has_vlan' has a VLAN tag before those that are in
 * its bytes.  Otherwise it begins with what 'dl_type' says.
 *
 * Takes a bounded number of instructions, for most packets as many as two
 * calls of splitmix64() and some ten loads. */
static inline uint32_t ALWAYS_INLINE
portable_hash_core(const struct portable_packet *packet, bool is_eth,
                   bool has_vlan, uint16_t dl_type)
{
    struct portable_ends ends = { .factor = 0 };
    uint32_t quote = 0;
    uint32_t ofs = 0;

    if (is_eth) {
        ovs_be16 type;

        dl_type = 0;
        if (portable_load(packet, true, PORTABLE_MACS_LEN,
                          &type, sizeof type)) {
            ofs = PORTABLE_MACS_LEN + sizeof type;
            dl_type = ntohs(type);
        }
        UNROLLED
        for (int i = 0; i < PORTABLE_MAX_VLANS; i++) {
            struct portable_vlan vlan;

            if (i + has_vlan == PORTABLE_MAX_VLANS
                || (dl_type != PORTABLE_VLAN
                    && dl_type != PORTABLE_VLAN_8021AD)
                || !portable_load(packet, true, ofs, &vlan, sizeof vlan)) {
                break;
            }
            dl_type = ntohs(vlan.type);
            ofs += sizeof vlan;
        }
        if (dl_type < PORTABLE_ETH_TYPE_MIN) {
            dl_type = PORTABLE_NO_ETH_TYPE;
        }
    }

    if (!portable_set_ip(packet, dl_type, true, ofs, &ends, &quote)) {
        struct portable_macs macs = { .dst = { 0 } };

        if (ofs) {
            portable_load(packet, false, 0, &macs, sizeof macs);
        }
        ends = (struct portable_ends) {
            .src = portable_mac(macs.src) << 16 | dl_type,
            .dst = portable_mac(macs.dst) << 16 | dl_type,
        };
    } else if (quote) {
        portable_set_ip(packet, dl_type, false, quote, &ends, &quote);
    }
    return (splitmix64(ends.src + ends.src_tail * ends.factor, 0)
            + splitmix64(ends.dst + ends.dst_tail * ends.factor, 0)) >> 32;
}

#endif /* portable-hash-core.h */
