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

#ifndef OFPROTO_DPIF_TRACE_HASH_H
#define OFPROTO_DPIF_TRACE_HASH_H 1

/* What dp_hash the datapath will compute
 * ======================================
 *
 * For a trace to go on after the datapath has computed a hash of the packet,
 * it has to know that hash.  The userspace datapath is part of the switch, so
 * it can be asked.  The kernel datapath's hash is seeded at random, and the
 * 5-tuple hash may come from a network card: then the user has to tell.
 *
 * Thread-safety
 * =============
 *
 * Whatever thread translates a packet may trace it, too, so these functions
 * use nothing that belongs to the main thread, such as struct ofport. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/compiler.h"

struct ds;
struct flow;
struct ofproto_dpif;
struct oftrace_recirc_node;

char *oftrace_dp_hash_parse(const char *s, uint32_t *dp_hash)
    OVS_WARN_UNUSED_RESULT;
bool oftrace_set_dp_hash(const struct ofproto_dpif *,
                         const struct flow *ingress, uint32_t assumed,
                         struct oftrace_recirc_node *, struct ds *output);

#endif /* ofproto-dpif-trace-hash.h */
