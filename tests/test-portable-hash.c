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

/* Computes what tests/portable_hash.py, a model of the portable hash,
 * computes, so that they can be compared, and checks what the hash promises
 * for many connections. */

#include <config.h>
#undef NDEBUG
#include "portable-hash.h"
#include <math.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command-line.h"
#include "dp-packet.h"
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "ovstest.h"
#include "packets.h"
#include "random.h"
#include "util.h"

/* Returns the hash of a packet of type 'packet_type' with the bytes 'hex'.
 * The packet has a memory of its own, so that AddressSanitizer sees if
 * anything beyond its end is read. */
static uint32_t
hash_hex(const char *hex, ovs_be32 packet_type)
{
    struct dp_packet *packet = dp_packet_new(0);

    hex += strspn(hex, " ");
    ovs_assert(!dp_packet_put_hex(packet, hex, NULL)[0]);

    size_t size = dp_packet_size(packet);
    void *data = xmemdup(dp_packet_data(packet), size);
    struct dp_packet exact;

    dp_packet_use_const(&exact, data, size);
    exact.packet_type = packet_type;

    uint32_t hash = portable_hash(&exact);

    free(data);
    dp_packet_delete(packet);
    return hash;
}

/* Reads lines as the vectors in Documentation/topics/portable-hash.rst,
 * without what follows " =", and prints them with a "=" and the hash. */
static void
run_compute(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&ds, stdin)) {
        char *line = ds_cstr(&ds);
        char *end = strstr(line, " =");
        uint32_t hash, basis;
        uint16_t dl_type;
        int n = 0;

        if (end) {
            *end = '\0';
        }
        if (ovs_scan(line, "dp_hash %"SCNi32" %"SCNu32"%n",
                     &hash, &basis, &n)) {
            hash = portable_dp_hash(hash, basis);
        } else if (ovs_scan(line, "packet %"SCNi16"%n", &dl_type, &n)) {
            hash = hash_hex(line + n, PACKET_TYPE_BE(OFPHTN_ETHERTYPE,
                                                     dl_type));
        } else if (ovs_scan(line, "frame%n", &n)) {
            hash = hash_hex(line + n, htonl(PT_ETH));
        } else {
            ovs_fatal(0, "%s: neither frame, packet nor dp_hash", line);
        }
        printf("%s = 0x%08"PRIx32"\n", line, hash);
    }
    ds_destroy(&ds);
}

/* Returns a new packet of a connection of family 'dl_type'. */
static struct dp_packet *
make_packet(uint16_t dl_type, uint32_t client, uint16_t client_port,
            uint32_t server, uint16_t server_port)
{
    struct dp_packet *packet = dp_packet_new(0);
    struct flow flow;

    memset(&flow, 0, sizeof flow);
    flow.dl_type = htons(dl_type);
    flow.nw_proto = IPPROTO_TCP;
    flow.tp_src = htons(client_port);
    flow.tp_dst = htons(server_port);
    if (dl_type == ETH_TYPE_IP) {
        flow.nw_src = htonl(client);
        flow.nw_dst = htonl(server);
    } else {
        in6_addr_set_mapped_ipv4(&flow.ipv6_src, htonl(client));
        in6_addr_set_mapped_ipv4(&flow.ipv6_dst, htonl(server));
    }
    flow_compose(packet, &flow, NULL, 0, false);
    return packet;
}

/* Returns the hash of such a packet. */
static uint32_t
hash_of(uint16_t dl_type, uint32_t client, uint16_t client_port,
        uint32_t server, uint16_t server_port)
{
    struct dp_packet *packet = make_packet(dl_type, client, client_port,
                                           server, server_port);
    uint32_t hash = portable_hash(packet);

    dp_packet_delete(packet);
    return hash;
}

enum { N_SLOTS = 1024, SHIFTS = 32 - 10 + 1 };

/* How often each value occurred in each 10 successive bits of hashes. */
struct counts {
    unsigned int n;
    unsigned int of[SHIFTS][N_SLOTS];
};

static void
count(struct counts *counts, uint32_t hash)
{
    for (int shift = 0; shift < SHIFTS; shift++) {
        counts->of[shift][(hash >> shift) % N_SLOTS]++;
    }
    counts->n++;
}

/* Checks that the values occurred as evenly as random numbers: the statistic
 * has a mean of 1023 and a standard deviation of 45. */
static void
check_even(const struct counts *counts, const char *name)
{
    double expected = (double) counts->n / N_SLOTS;

    for (int shift = 0; shift < SHIFTS; shift++) {
        double chi2 = 0;

        for (int slot = 0; slot < N_SLOTS; slot++) {
            chi2 += pow(counts->of[shift][slot] - expected, 2) / expected;
        }
        if (chi2 < 800 || chi2 > 1250) {
            ovs_fatal(0, "%s: bits %d and up: chi-square %.0f",
                      name, shift, chi2);
        }
    }
}

/* Hashes of connections that differ in few bits are even, and so are the
 * differences of dp_hashes with two bases, and of hashes of neighbors. */
static void
run_even(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const uint16_t dl_types[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };
    static const char *const sets[] = {
        "ports of a client",
        "clients with the same port",
        "ports that step by 2, and clients",
        "both addresses alike",
        "both ports alike",
        "the same exclusive or of ports",
        "the same exclusive or of addresses",
    };

    for (int i = 0; i < ARRAY_SIZE(dl_types) * ARRAY_SIZE(sets); i++) {
        int set = i % ARRAY_SIZE(sets);
        struct counts *counts = xzalloc(3 * sizeof *counts);
        uint32_t last = 0;

        for (uint32_t j = 0; j < 60000; j++) {
            uint32_t client = 0x0a000001, server = 0x0a000064;
            uint16_t client_port = 40000, server_port = 80;

            switch (set) {
            case 0: client_port = j; break;
            case 1: client += j; break;
            case 2: client += j / 1000; client_port += j % 1000 * 2; break;
            case 3: client = server = j; break;
            case 4: client_port = server_port = j; break;
            case 5: client_port = j; server_port = j ^ 0x1234; break;
            case 6: client = j; server = j ^ 0x1234; break;
            }
            uint32_t hash = hash_of(dl_types[i / ARRAY_SIZE(sets)], client,
                                    client_port, server, server_port);
            uint32_t dp_hash = portable_dp_hash(hash, 0);

            count(&counts[0], dp_hash);
            count(&counts[1], dp_hash - portable_dp_hash(hash, 1));
            count(&counts[2], hash - last);
            last = hash;
        }
        for (int j = 0; j < 3; j++) {
            check_even(&counts[j], sets[set]);
        }
        free(counts);
    }
}

/* Both directions have the same hash, which changes if ports or addresses are
 * exchanged alone. */
static void
run_directions(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < 10000; i++) {
        uint16_t dl_type = i & 1 ? ETH_TYPE_IP : ETH_TYPE_IPV6;
        uint32_t client = random_uint32(), server = random_uint32();
        uint16_t client_port = random_uint16(), server_port = ~client_port;
        uint32_t hash = hash_of(dl_type, client, client_port, server,
                                server_port);

        ovs_assert(hash == hash_of(dl_type, server, server_port, client,
                                   client_port));
        ovs_assert(hash != hash_of(dl_type, server, client_port, client,
                                   server_port));
    }
}

/* Returns an ICMP error with type 'icmp_type' from any router to any host that
 * quotes 'len' bytes of 'packet', or all if 'len' is 0. */
static struct dp_packet *
make_error(const struct dp_packet *packet, uint16_t dl_type,
           uint8_t icmp_type, size_t len)
{
    struct dp_packet *error = dp_packet_new(0);
    struct flow flow;

    memset(&flow, 0, sizeof flow);
    flow.dl_type = htons(dl_type);
    flow.nw_proto = dl_type == ETH_TYPE_IP ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    flow.nw_src = htonl(random_uint32());
    flow.nw_dst = htonl(random_uint32());
    in6_addr_set_mapped_ipv4(&flow.ipv6_src, flow.nw_src);
    in6_addr_set_mapped_ipv4(&flow.ipv6_dst, flow.nw_dst);
    flow.tp_src = htons(icmp_type);
    flow_compose(error, &flow, NULL, 0, false);
    dp_packet_put(error, dp_packet_l3(packet),
                  len ? len : dp_packet_l3_size(packet));
    return error;
}

/* An error has the hash of the connection that it quotes, whatever its own
 * addresses are, and an error that quotes it has not. */
static void
run_errors(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const uint8_t types[] = { 3, 4, 5, 11, 12 };
    static const uint8_t types6[] = { 1, 2, 3, 4 };

    for (int i = 0; i < 10000; i++) {
        bool ipv6 = i & 1;
        uint16_t dl_type = ipv6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP;
        struct dp_packet *packet = make_packet(dl_type, random_uint32(),
                                               random_uint16(),
                                               random_uint32(),
                                               random_uint16());
        uint8_t type = (ipv6
                        ? types6[i / 2 % ARRAY_SIZE(types6)]
                        : types[i / 2 % ARRAY_SIZE(types)]);
        size_t header = ipv6 ? IPV6_HEADER_LEN : IP_HEADER_LEN;
        struct dp_packet *error = make_error(packet, dl_type, type, 0);
        struct dp_packet *least = make_error(packet, dl_type, type,
                                             header + 8);
        struct dp_packet *cut = make_error(packet, dl_type, type, header + 3);
        struct dp_packet *echo = make_error(packet, dl_type, ipv6 ? 128 : 8,
                                            0);
        struct dp_packet *twice = make_error(error, dl_type, type, 0);

        ovs_assert(portable_hash(packet) == portable_hash(error));
        ovs_assert(portable_hash(packet) == portable_hash(least));
        ovs_assert(portable_hash(packet) != portable_hash(cut));
        ovs_assert(portable_hash(packet) != portable_hash(echo));
        ovs_assert(portable_hash(packet) != portable_hash(twice));
        dp_packet_delete(packet);
        dp_packet_delete(error);
        dp_packet_delete(least);
        dp_packet_delete(cut);
        dp_packet_delete(echo);
        dp_packet_delete(twice);
    }
}

static void
test_portable_hash_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        {"compute", NULL, 0, 0, run_compute, OVS_RO},
        {"even", NULL, 0, 0, run_even, OVS_RO},
        {"directions", NULL, 0, 0, run_directions, OVS_RO},
        {"errors", NULL, 0, 0, run_errors, OVS_RO},
        {NULL, NULL, 0, 0, NULL, OVS_RO},
    };
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    random_set_seed(1);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-portable-hash", test_portable_hash_main);
