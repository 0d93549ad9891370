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
#undef NDEBUG
#include <stdio.h>
#include "dp-packet.h"
#include "flow.h"
#include "hash.h"
#include "ovstest.h"
#include "util.h"

/* Prints the one basis with which the userspace datapath's 5-tuple hash of a
 * packet, given in hexadecimal digits, would be 0.  Random packets practically
 * never meet it, and it differs between builds and machines. */
static void
test_dp_hash_main(int argc, char *argv[])
{
    struct dp_packet *packet = dp_packet_new(0);
    struct flow flow;
    uint32_t basis = 0;

    if (argc != 2 || dp_packet_put_hex(packet, argv[1], NULL)[0]) {
        ovs_fatal(0, "usage: %s PACKET", program_name);
    }
    flow_extract(packet, &flow);

    uint32_t rss_hash = flow_hash_5tuple(&flow, 0);
    while (hash_int(rss_hash, basis)) {
        ovs_assert(++basis);
    }
    printf("%"PRIu32"\n", basis);
    dp_packet_delete(packet);
}

OVSTEST_REGISTER("test-dp-hash", test_dp_hash_main);
