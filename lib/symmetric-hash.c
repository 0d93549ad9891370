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
 * same. */

#include <config.h>
#include "symmetric-hash.h"
#include <sys/types.h>
#include <netinet/in.h>
#include "byte-order.h"
#include "flow.h"
#include "packets.h"
#include "splitmix64.h"

/* The hash of one end of a connection is a number of SplitMix64, seeded with
 * what is known of the end. */

static uint64_t
hash_end_ipv4(ovs_be32 address, uint32_t proto_port, uint32_t basis)
{
    return splitmix64((uint64_t) ntohl(address) << 32 | proto_port, basis);
}

static uint64_t
hash_end_ipv6(const struct in6_addr *address, uint32_t proto_port,
              uint32_t basis)
{
    const ovs_be64 *be64 = ALIGNED_CAST(const ovs_be64 *, address->s6_addr);

    return splitmix64(ntohll(be64[0])
                      + ntohll(be64[1]) * UINT64_C(0xbf58476d1ce4e5b9)
                      + proto_port * UINT64_C(0x94d049bb133111eb), basis);
}

static uint64_t
hash_end_l2(struct eth_addr address, ovs_be16 dl_type, uint32_t basis)
{
    return splitmix64(eth_addr_to_uint64(address) << 16 | ntohs(dl_type),
                      basis);
}

/* Returns the hash of the connection that 'flow' belongs to, never 0.  Hashes
 * with different values of 'basis' are independent.  Uses the addresses,
 * 'dl_type', 'nw_proto', 'nw_frag', 'tp_src' and 'tp_dst' of 'flow'.
 *
 * Pure, and takes a constant number of instructions, most of them in two calls
 * of splitmix64().  May be called from any thread. */
uint32_t
symmetric_hash(const struct flow *flow, uint32_t basis)
{
    uint32_t src = 0;
    uint32_t dst = 0;
    uint64_t ends;

    /* The first fragment has ports and the others have none.  For IPv6, not
     * even the protocol is the same in all of them. */
    if (!(flow->nw_frag & FLOW_NW_FRAG_MASK)) {
        src = dst = flow->nw_proto << 16;
        if (flow->nw_proto == IPPROTO_TCP
            || flow->nw_proto == IPPROTO_UDP
            || flow->nw_proto == IPPROTO_SCTP) {
            src |= ntohs(flow->tp_src);
            dst |= ntohs(flow->tp_dst);
        }
    }

    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        ends = (hash_end_ipv4(flow->nw_src, src, basis)
                + hash_end_ipv4(flow->nw_dst, dst, basis));
    } else if (flow->dl_type == htons(ETH_TYPE_IPV6)) {
        ends = (hash_end_ipv6(&flow->ipv6_src, src, basis)
                + hash_end_ipv6(&flow->ipv6_dst, dst, basis));
    } else {
        ends = (hash_end_l2(flow->dl_src, flow->dl_type, basis)
                + hash_end_l2(flow->dl_dst, flow->dl_type, basis));
    }

    /* A dp_hash of 0 stands for none. */
    uint32_t hash = ends >> 32;
    return hash ? hash : 1;
}
