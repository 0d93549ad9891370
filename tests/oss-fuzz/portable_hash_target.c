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

#include <config.h>
#include "fuzzer.h"
#undef NDEBUG
#include "dp-packet.h"
#include "packets.h"
#include "portable-hash.h"
#include "util.h"

/* Computes the portable hash of any bytes, as a packet with and without an
 * Ethernet header.  AddressSanitizer sees if anything beyond their end is
 * read.  Checks what is so whatever they are: the hash does not tell the
 * source's Ethernet address from the destination's, nor a packet with a VLAN
 * tag from the same one without. */

static uint32_t
hash_bytes_of(const void *data, size_t size, ovs_be32 packet_type)
{
    void *copy = xmemdup(data, size);
    struct dp_packet packet;
    uint32_t hash;

    dp_packet_use_const(&packet, copy, size);
    packet.packet_type = packet_type;
    hash = portable_hash(&packet);
    free(copy);
    return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MACS_LEN = 2 * ETH_ADDR_LEN };
    uint32_t hash = hash_bytes_of(data, size, htonl(PT_ETH));

    hash_bytes_of(data, size,
                  PACKET_TYPE_BE(OFPHTN_ETHERTYPE, ETH_TYPE_IP));
    hash_bytes_of(data, size,
                  PACKET_TYPE_BE(OFPHTN_ETHERTYPE, ETH_TYPE_IPV6));
    if (size < ETH_HEADER_LEN) {
        return 0;
    }

    uint8_t *other = xmalloc(size + VLAN_HEADER_LEN);

    memcpy(other, data + ETH_ADDR_LEN, ETH_ADDR_LEN);
    memcpy(other + ETH_ADDR_LEN, data, ETH_ADDR_LEN);
    memcpy(other + MACS_LEN, data + MACS_LEN, size - MACS_LEN);
    ovs_assert(hash_bytes_of(other, size, htonl(PT_ETH)) == hash);

    if (!eth_type_vlan(htons(data[MACS_LEN] << 8 | data[MACS_LEN + 1]))) {
        memcpy(other + MACS_LEN, "\x81\0\0\5", VLAN_HEADER_LEN);
        memcpy(other + MACS_LEN + VLAN_HEADER_LEN, data + MACS_LEN,
               size - MACS_LEN);
        ovs_assert(hash_bytes_of(other, size + VLAN_HEADER_LEN,
                                 htonl(PT_ETH)) == hash);
    }
    free(other);
    return 0;
}
