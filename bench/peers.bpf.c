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

/* Takes the hash of a socket from its packets as they leave a host.  No packet
 * that comes from outside has that, but one through a veth device does, and
 * what balances load by skb->hash would take it. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int
peers_clear_hash(struct __sk_buff *skb)
{
    bpf_set_hash_invalid(skb);
    return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
