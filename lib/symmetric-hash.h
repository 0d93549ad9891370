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

#ifndef SYMMETRIC_HASH_H
#define SYMMETRIC_HASH_H 1

/* Symmetric hash of a connection
 * ==============================
 *
 * The userspace datapath's symmetric dp_hash (OVS_HASH_ALG_SYM_L4):
 *
 *   - Both directions of a connection have the same hash.
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
 * Documentation/topics/symmetric-dp-hash.rst defines it to the bit.  ONCE
 * RELEASED, THE RESULTS MUST NEVER CHANGE: a connection may go through
 * switches of different versions, and a switch is upgraded under its
 * connections. */

#include <stdint.h>

struct flow;

uint32_t symmetric_hash(const struct flow *, uint32_t basis);

#endif /* symmetric-hash.h */
