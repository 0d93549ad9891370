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

/* Computes what tests/symmetric_hash.py, a model of the symmetric hash,
 * computes, so that they can be compared, and checks what the hash promises
 * for many connections. */

#include <config.h>
#undef NDEBUG
#include "symmetric-hash.h"
#include <math.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command-line.h"
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "ovstest.h"
#include "packets.h"
#include "random.h"
#include "util.h"

/* Reads lines "symmetric BASIS FLOW", without what follows " =", and prints
 * them with a "=" and the hash. */
static void
run_compute(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&ds, stdin)) {
        char *line = ds_cstr(&ds);
        char *end = strstr(line, " =");
        struct flow flow;
        uint32_t basis;
        int n = 0;

        if (end) {
            *end = '\0';
        }
        ovs_assert(ovs_scan(line, "symmetric %"SCNu32" %n", &basis, &n) && n);

        char *error = parse_ofp_exact_flow(&flow, NULL, NULL, line + n, NULL);
        if (error) {
            ovs_fatal(0, "%s: %s", line, error);
        }
        printf("%s = 0x%08"PRIx32"\n", line, symmetric_hash(&flow, basis));
    }
    ds_destroy(&ds);
}

/* Stores a connection of family 'dl_type' in '*flow'. */
static void
make_flow(struct flow *flow, uint16_t dl_type, uint32_t client,
          uint16_t client_port, uint32_t server, uint16_t server_port)
{
    memset(flow, 0, sizeof *flow);
    flow->dl_type = htons(dl_type);
    flow->nw_proto = IPPROTO_TCP;
    flow->tp_src = htons(client_port);
    flow->tp_dst = htons(server_port);
    if (dl_type == ETH_TYPE_IP) {
        flow->nw_src = htonl(client);
        flow->nw_dst = htonl(server);
    } else {
        in6_addr_set_mapped_ipv4(&flow->ipv6_src, htonl(client));
        in6_addr_set_mapped_ipv4(&flow->ipv6_dst, htonl(server));
    }
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
 * differences of hashes with two bases, and of hashes of neighbors. */
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
            struct flow flow;

            switch (set) {
            case 0: client_port = j; break;
            case 1: client += j; break;
            case 2: client += j / 1000; client_port += j % 1000 * 2; break;
            case 3: client = server = j; break;
            case 4: client_port = server_port = j; break;
            case 5: client_port = j; server_port = j ^ 0x1234; break;
            case 6: client = j; server = j ^ 0x1234; break;
            }
            make_flow(&flow, dl_types[i / ARRAY_SIZE(sets)], client,
                      client_port, server, server_port);

            uint32_t hash = symmetric_hash(&flow, 0);
            count(&counts[0], hash);
            count(&counts[1], hash - symmetric_hash(&flow, 1));
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
        uint32_t basis = random_uint32();
        struct flow there, back, other;

        make_flow(&there, dl_type, client, client_port, server, server_port);
        make_flow(&back, dl_type, server, server_port, client, client_port);
        make_flow(&other, dl_type, server, client_port, client, server_port);
        ovs_assert(symmetric_hash(&there, basis)
                   == symmetric_hash(&back, basis));
        ovs_assert(symmetric_hash(&there, basis)
                   != symmetric_hash(&other, basis));
    }
}

static void
test_symmetric_hash_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        {"compute", NULL, 0, 0, run_compute, OVS_RO},
        {"even", NULL, 0, 0, run_even, OVS_RO},
        {"directions", NULL, 0, 0, run_directions, OVS_RO},
        {NULL, NULL, 0, 0, NULL, OVS_RO},
    };
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    random_set_seed(1);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-symmetric-hash", test_symmetric_hash_main);
