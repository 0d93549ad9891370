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

/* Returns the number by which 'odd' has to be multiplied to give 1. */
static uint32_t
inverse(uint32_t odd)
{
    uint32_t x = odd;    /* The lowest 3 bits are right, then 6, 12, 24, 48. */

    for (int i = 0; i < 4; i++) {
        x *= 2 - odd * x;
    }
    return x;
}

/* Returns the 'basis' for which hash_int('x', 'basis') is 0 if that is
 * Murmurhash: all its steps, backwards. */
static uint32_t
murmur_basis(uint32_t x)
{
    uint32_t hash = 8;          /* mhash_finish() makes of 0 just 0. */

    hash = hash_rot((hash - 0xe6546b64) * inverse(5), 32 - 13);
    hash = (hash ^ mhash_add(x, 0)) * inverse(0x1b873593);
    return hash_rot(hash, 32 - 15) * inverse(0xcc9e2d51);
}

/* Prints the one basis with which the userspace datapath's 5-tuple hash of a
 * packet, given in hexadecimal digits, would be 0.  Random packets practically
 * never meet it, and it differs between builds and machines: if hash_int() is
 * something else than Murmurhash, all are tried. */
static void
test_dp_hash_main(int argc, char *argv[])
{
    struct dp_packet *packet = dp_packet_new(0);
    struct flow flow;

    if (argc != 2 || dp_packet_put_hex(packet, argv[1], NULL)[0]) {
        ovs_fatal(0, "usage: %s PACKET", program_name);
    }
    flow_extract(packet, &flow);

    uint32_t rss_hash = flow_hash_5tuple(&flow, 0);
    uint32_t first = murmur_basis(rss_hash);
    uint32_t basis = first;
    while (hash_int(rss_hash, basis)) {
        ovs_assert(++basis != first);
    }
    printf("%"PRIu32"\n", basis);
    dp_packet_delete(packet);
}

OVSTEST_REGISTER("test-dp-hash", test_dp_hash_main);
