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

#ifndef DPIF_NETLINK_HASH_H
#define DPIF_NETLINK_HASH_H 1

/* The portable hash in what the Linux kernel datapath is told
 * ===========================================================
 *
 * The kernel does not know OVS_HASH_ALG_PORTABLE.  But OVS_HASH_ALG_L4 makes
 * the same dp_hash of a packet whose skb->hash is its portable hash (see
 * portable-hash.h), which a program on the port has seen to (see
 * portable-hash-bpf.h). */

#include <stddef.h>
#include <stdint.h>

struct dpif_execute;
struct ofpbuf;

void dpif_netlink_adapt_flow_hash(struct ofpbuf *, size_t actions_len);
uint64_t dpif_netlink_adapt_execute_hash(struct ofpbuf *,
                                         const struct dpif_execute *);

#endif /* dpif-netlink-hash.h */
