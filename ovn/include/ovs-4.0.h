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

#ifndef OVS_4_0_H
#define OVS_4_0_H 1

/* Lets OVN 26.03, which is made for an earlier Open vSwitch, compile unchanged
 * with Open vSwitch 4.0: the compiler includes this file before each source
 * file.  Later versions of OVN do not need it. */

#include <config.h>
#include <stdbool.h>
#include <sys/socket.h>
#include "packets.h"
#include "route-table.h"

/* Open vSwitch no longer runs on Windows, where these start and stop a
 * service. */
#define service_start(ARGCP, ARGVP) ((void) (ARGCP), (void) (ARGVP))
#define service_stop() ((void) 0)
#define should_service_stop() false

/* A solicitation can go to a single neighbor.  OVN's go to the multicast
 * addresses of their targets, from which Open vSwitch takes the Ethernet
 * destination, too. */
#define compose_nd_ns(PACKET, ETH_SRC, IPV6_SRC, IPV6_DST)              \
    (compose_nd_ns)(PACKET, true, ETH_SRC, eth_addr_zero, IPV6_SRC,     \
                    IPV6_DST)

/* A dump has routes of one address family.  OVN wants both. */
#define route_table_dump_one_table(ID, CB, AUX)                         \
    ((route_table_dump_one_table)(ID, AF_INET, CB, AUX),                \
     (route_table_dump_one_table)(ID, AF_INET6, CB, AUX))

#endif /* ovs-4.0.h */
