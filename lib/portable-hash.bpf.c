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

/* Programs for the Linux kernel that give each packet the portable hash as its
 * layer 4 hash, before the datapath has the packet.  portable-hash-bpf.c loads
 * and attaches them, and knows those of an earlier version by their names.
 * They have no state, and let whatever else is attached run after them. */

#include <stdint.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

typedef uint16_t ovs_be16;
typedef uint32_t ovs_be32;
typedef uint64_t ovs_be64;
#define ntohs(x) bpf_ntohs(x)
#define ntohl(x) bpf_ntohl(x)
#define ntohll(x) bpf_be64_to_cpu(x)
#define ALWAYS_INLINE __attribute__((always_inline))
#define UNROLLED _Pragma("unroll")

struct portable_packet {
    struct __sk_buff *skb;
};

#include "portable-hash-core.h"

/* Reads what is in the first part of a packet in a few instructions.  Most
 * packets have all headers there, but do not have to, and a call of the
 * kernel's function takes as long as all else.  For an offset with any value,
 * the verifier would try too many.
 *
 * Without the claim that headers are aligned, the compiler would read single
 * bytes.  It is wrong, which matters on few machines: the kernel there refuses
 * the program. */
static inline bool ALWAYS_INLINE
portable_load(const struct portable_packet *packet, bool near, uint32_t ofs,
              void *to, size_t n)
{
    const char *data = (const char *) (uintptr_t) packet->skb->data;
    const char *end = (const char *) (uintptr_t) packet->skb->data_end;

    if (near && data + ofs + n <= end) {
        __builtin_memcpy(to, __builtin_assume_aligned(data + ofs, 8), n);
        return true;
    }
    return !bpf_skb_load_bytes(packet->skb, ofs, to, n);
}

static inline int ALWAYS_INLINE
set_hash(struct __sk_buff *skb, bool is_eth)
{
    struct portable_packet packet = { .skb = skb };

    bpf_set_hash(skb, portable_hash_core(&packet, is_eth, skb->vlan_present,
                                         ntohs(skb->protocol)));
    return TC_ACT_UNSPEC;
}

/* Returns true if 'skb', of a device without Ethernet headers, has one. */
static inline bool ALWAYS_INLINE
has_ethernet(const struct __sk_buff *skb)
{
    return skb->protocol == bpf_htons(ETH_P_TEB);
}

/* For a device whose packets have an Ethernet header. */
SEC("tc")
int
ovs_hash_frame(struct __sk_buff *skb)
{
    return set_hash(skb, true);
}

/* For a device whose packets have none, most of them. */
SEC("tc")
int
ovs_hash_packet(struct __sk_buff *skb)
{
    return set_hash(skb, has_ethernet(skb));
}

char _license[] SEC("license") = "Apache-2.0";
