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
/* Runs the BPF program of the portable hash for given packets, without a
 * device. */

#include <config.h>
#undef NDEBUG
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command-line.h"
#include "dp-packet.h"
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "ovstest.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* The object file made from test-portable-hash.bpf.c. */
static const uint8_t object[] OVS_ALIGNED_VAR(8) = {
#include "tests/test-portable-hash.bpf.inc"
};

static struct bpf_object *
load_object(void)
{
    struct bpf_object *obj = bpf_object__open_mem(object, sizeof object, NULL);

    if (!obj || bpf_object__load(obj)) {
        ovs_fatal(errno, "the kernel does not load the BPF program");
    }
    return obj;
}

/* "load" succeeds if this kernel lets us load the program. */
static void
run_load(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    bpf_object__close(load_object());
}

/* Runs program 'name' of 'obj' for the 'size' bytes of a packet, with a VLAN
 * tag beside it if 'vlan' is not 0, 'repeat' times.  Returns true and stores
 * the hash that it sets, and how long it takes in nanoseconds, in '*hash' and
 * '*ns', or returns false if the kernel does not take this packet: it may be
 * too short or too long. */
static bool
run(const struct bpf_object *obj, const char *name, const void *data,
    size_t size, uint32_t vlan, int repeat, uint32_t *hash, uint32_t *ns)
{
    struct __sk_buff in = { .priority = vlan }, out = { .mark = 0 };
    uint8_t *copy = xmalloc(size + VLAN_HEADER_LEN);
    LIBBPF_OPTS(bpf_test_run_opts, opts,
                .data_in = data, .data_size_in = size,
                .data_out = copy, .data_size_out = size + VLAN_HEADER_LEN,
                .ctx_in = &in, .ctx_size_in = sizeof in,
                .ctx_out = &out, .ctx_size_out = sizeof out,
                .repeat = repeat);
    int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));

    int error = bpf_prog_test_run_opts(fd, &opts) ? errno : 0;

    if (!error) {
        /* Others on the device shall see the packet, as it was. */
        ovs_assert(opts.retval == UINT32_MAX);
        ovs_assert(vlan || !memcmp(data, copy, size));
        *hash = out.mark;
        *ns = opts.duration;
    } else if (error != EINVAL) {
        ovs_fatal(error, "test run of %s", name);
    }
    free(copy);
    return !error;
}

/* Does the same for a frame.  If it has a VLAN tag, makes sure that it has the
 * same hash with the tag beside the packet. */
static bool
run_frame(const struct bpf_object *obj, struct dp_packet *frame,
          uint32_t *hash)
{
    const void *tag = dp_packet_at(frame, 2 * ETH_ADDR_LEN, VLAN_HEADER_LEN);
    uint32_t vlan = tag ? ntohl(get_unaligned_be32(tag)) : 0;
    uint32_t hash_beside, ns;

    if (!run(obj, "test_frame", dp_packet_data(frame), dp_packet_size(frame),
             0, 1, hash, &ns)) {
        return false;
    }
    if (eth_type_vlan(htons(vlan >> 16))) {
        memmove((char *) dp_packet_data(frame) + VLAN_HEADER_LEN,
                dp_packet_data(frame), 2 * ETH_ADDR_LEN);
        dp_packet_pull(frame, VLAN_HEADER_LEN);
        ovs_assert(!run(obj, "test_vlan", dp_packet_data(frame),
                        dp_packet_size(frame), vlan, 1, &hash_beside, &ns)
                   || *hash == hash_beside);
    }
    return true;
}

/* "compute" does what that of test-portable-hash does, with the BPF program,
 * and leaves out packets that the kernel's test run does not take.
 *
 * The type of a packet without an Ethernet header must be where an Ethernet
 * header would have it. */
static void
run_compute(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct bpf_object *obj = load_object();
    struct ds ds = DS_EMPTY_INITIALIZER;

    while (!ds_get_line(&ds, stdin)) {
        struct dp_packet *packet = dp_packet_new(0);
        char *line = ds_cstr(&ds);
        uint32_t hash, ns;
        uint16_t dl_type;
        bool taken;
        int n = 0;

        if (ovs_scan(line, "packet %"SCNi16"%n", &dl_type, &n)) {
            dp_packet_put_hex(packet, line + n, NULL);
            taken = run(obj, "test_packet", dp_packet_data(packet),
                        dp_packet_size(packet), 0, 1, &hash, &ns);
        } else if (ovs_scan(line, "frame%n", &n)) {
            dp_packet_put_hex(packet, line + n, NULL);
            taken = run_frame(obj, packet, &hash);
        } else {
            ovs_fatal(0, "%s: neither frame nor packet", line);
        }
        if (taken) {
            printf("%s = 0x%08"PRIx32"\n", line, hash);
        }
        dp_packet_delete(packet);
    }
    ds_destroy(&ds);
    bpf_object__close(obj);
}

/* "bench" prints how long the kernel's test run takes for a packet. */
static void
run_bench(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    enum { N_REPEAT = 200000, N_ROUNDS = 5 };
    static const char *const flows[][2] = {
        { "IPv4 TCP",
          "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_src=40000,tcp_dst=80" },
        { "IPv4 UDP",
          "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,udp_src=40000,udp_dst=53" },
        { "IPv4 ICMP", "icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2" },
        { "IPv6 TCP", "tcp6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,"
                      "tcp_src=40000,tcp_dst=80" },
        { "IPv6 UDP", "udp6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,"
                      "udp_src=40000,udp_dst=53" },
        { "ARP", "arp" },
    };
    struct bpf_object *obj = load_object();

    puts("packet       hash, ns  nothing, ns");
    for (int i = 0; i < ARRAY_SIZE(flows); i++) {
        uint32_t best[2] = { UINT32_MAX, UINT32_MAX };
        struct dp_packet *packet = dp_packet_new(0);
        struct flow flow;
        char *error = parse_ofp_exact_flow(&flow, NULL, NULL, flows[i][1],
                                           NULL);

        ovs_assert(!error);
        flow_compose(packet, &flow, NULL, 0, false);
        for (int round = 0; round < N_ROUNDS; round++) {
            for (int nothing = 0; nothing < 2; nothing++) {
                uint32_t hash, ns;

                run(obj, nothing ? "test_nothing" : "ovs_hash_frame",
                    dp_packet_data(packet), dp_packet_size(packet), 0,
                    N_REPEAT, &hash, &ns);
                best[nothing] = MIN(best[nothing], ns);
            }
        }
        printf("%-12s %8"PRIu32" %12"PRIu32"\n", flows[i][0], best[0],
               best[1]);
        dp_packet_delete(packet);
    }
    bpf_object__close(obj);
}

static void
test_portable_hash_bpf_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        {"load", NULL, 0, 0, run_load, OVS_RO},
        {"compute", NULL, 0, 0, run_compute, OVS_RO},
        {"bench", NULL, 0, 0, run_bench, OVS_RO},
        {NULL, NULL, 0, 0, NULL, OVS_RO},
    };
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-portable-hash-bpf", test_portable_hash_bpf_main);
