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
/* The programs in lib/portable-hash.bpf.c, which tell the hash in the packet's
 * mark: unlike the hash, the kernel's test run returns that. */

#include "portable-hash.bpf.c"

static inline int ALWAYS_INLINE
set_hash_and_mark(struct __sk_buff *skb, bool is_eth)
{
    int ret = set_hash(skb, is_eth);

    skb->mark = skb->hash;
    return ret;
}

SEC("tc")
int
test_frame(struct __sk_buff *skb)
{
    return set_hash_and_mark(skb, true);
}

/* Takes the TPID and TCI of a VLAN tag from the packet's priority, and puts it
 * beside the packet, as the kernel does with a tag that comes in. */
SEC("tc")
int
test_vlan(struct __sk_buff *skb)
{
    uint32_t tag = skb->priority;

    if (bpf_skb_vlan_push(skb, bpf_htons(tag >> 16), tag & 0xffff)) {
        return TC_ACT_SHOT;
    }
    return set_hash_and_mark(skb, true);
}

SEC("tc")
int
test_packet(struct __sk_buff *skb)
{
    return set_hash_and_mark(skb, has_ethernet(skb));
}

/* Does nothing, to tell what a test run itself takes. */
SEC("tc")
int
test_nothing(struct __sk_buff *skb)
{
    return TC_ACT_UNSPEC;
}
