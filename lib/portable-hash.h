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

#ifndef PORTABLE_HASH_H
#define PORTABLE_HASH_H 1

/* Portable hash of a connection
 * =============================
 *
 * The hash of the datapath's action OVS_HASH_ALG_PORTABLE:
 *
 *   - Both directions of a connection have the same hash.
 *
 *   - An ICMP error has the hash of the connection that it is about.
 *
 *   - All fragments of an IP packet have the same hash.
 *
 *   - It is the same on every machine, in every build, after every restart, so
 *     that switches that never talk to each other choose the same bucket of a
 *     group for a connection.
 *
 *   - It takes in the addresses, the protocol, and the ports of TCP, UDP and
 *     SCTP.  Two connections that differ in any of these do not have the same
 *     hash more often than chance would have it.
 *
 *   - A BPF program can compute it, within bounds.
 *
 * Documentation/topics/portable-hash.rst defines it to the bit.  From the
 * first release on, version 0 of the definition gives the same results for
 * ever; a fault in it is only corrected by another version, which a group has
 * to ask for. */

#include <stdint.h>

struct dp_packet;
struct dp_packet_batch;

/* A value of enum ovs_hash_alg besides those of the Linux kernel, which
 * numbers them from 0 on and refuses this one.  Far enough from there that the
 * kernel will never use it for another algorithm. */
#define OVS_HASH_ALG_PORTABLE 0x10000

uint32_t portable_hash(const struct dp_packet *);
uint32_t portable_dp_hash(uint32_t hash, uint32_t basis);
void portable_hash_batch(struct dp_packet_batch *, uint32_t basis);

#endif /* portable-hash.h */
