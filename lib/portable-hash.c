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

/* flow_extract() would not do: it does not look into an ICMP error, counts as
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

struct portable_packet {
    const char *data;
    size_t size;
};

static inline bool ALWAYS_INLINE
portable_load(const struct portable_packet *packet, bool near OVS_UNUSED,
              uint32_t ofs, void *to, size_t n)
{
    if (ofs + n > packet->size) {
        return false;
    }
    memcpy(to, packet->data + ofs, n);
    return true;
}

#define UNROLLED
#include "portable-hash-core.h"

/* Returns the portable hash of 'packet', whatever its bytes are.
 *
 * Pure, and takes a bounded number of instructions, for most packets as many
 * as two calls of splitmix64() and some ten loads.  May be called from any
 * thread. */
uint32_t
portable_hash(const struct dp_packet *packet)
{
    struct portable_packet p = {
        .data = dp_packet_data(packet),
        .size = dp_packet_size(packet),
    };

    return portable_hash_core(&p, dp_packet_is_eth(packet), 0,
                              pt_ns_type(packet->packet_type));
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
