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

/* Prints what the userspace datapath's portable hash of a packet costs, next to
 * the symmetric one, all in one run: times in turn, the least of several.  With
 * the argument "--csv", as comma-separated values. */

#include <config.h>
#undef NDEBUG
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "dp-packet.h"
#include "flow.h"
#include "netlink.h"
#include "odp-execute.h"
#include "openvswitch/ofp-flow.h"
#include "portable-hash.h"
#include "util.h"

enum { N_PACKETS = NETDEV_MAX_BURST, N_TURNS = 500, N_ROUNDS = 100 };

static const struct {
    const char *name;
    const char *flow;
} kinds[] = {
    { "IPv4 TCP", "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_dst=80" },
    { "IPv4 UDP", "udp,nw_src=10.0.0.1,nw_dst=10.0.0.2,udp_dst=53" },
    { "IPv4 ICMP", "icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2" },
    { "IPv6 TCP", "tcp6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,tcp_dst=80" },
    { "IPv6 UDP", "udp6,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,udp_dst=53" },
    { "ARP", "arp" },
};

/* What is measured: all that the datapath's action does for a packet, of which
 * most is to find the header fields. */
enum what { SYMMETRIC, PORTABLE, N_WHAT };

static double
now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Returns the time of a hash in nanoseconds. */
static double
measure(struct dp_packet_batch *batch, const struct ofpbuf *actions)
{
    double start = now_ns();

    for (int turn = 0; turn < N_TURNS; turn++) {
        odp_execute_actions(NULL, batch, false, actions->data, actions->size,
                            NULL);
    }
    return (now_ns() - start) / N_TURNS / N_PACKETS;
}

int
main(int argc, char *argv[])
{
    bool csv = argc > 1 && !strcmp(argv[1], "--csv");
    static const uint32_t algs[N_WHAT] = {
        OVS_HASH_ALG_SYM_L4, OVS_HASH_ALG_PORTABLE
    };
    struct ofpbuf actions[N_WHAT];

    set_program_name(argv[0]);
    ovs_assert(argc == 1 || csv);
    for (int what = 0; what < N_WHAT; what++) {
        struct ovs_action_hash hash = { .hash_alg = algs[what] };

        ofpbuf_init(&actions[what], 0);
        nl_msg_put_unspec(&actions[what], OVS_ACTION_ATTR_HASH, &hash,
                          sizeof hash);
    }

    printf(csv ? "packet,symmetric ns,portable ns,ratio\n"
           : "packet       symmetric, ns  portable, ns  ratio\n");
    for (int k = 0; k < ARRAY_SIZE(kinds); k++) {
        struct dp_packet_batch batch;
        double best[N_WHAT];

        dp_packet_batch_init(&batch);
        for (int i = 0; i < N_PACKETS; i++) {
            struct dp_packet *packet = dp_packet_new(0);
            struct flow flow;
            char *error = parse_ofp_exact_flow(&flow, NULL, NULL,
                                               kinds[k].flow, NULL);

            ovs_assert(!error);
            flow.tp_src = htons(40000 + i);
            flow_compose(packet, &flow, NULL, 0, false);
            dp_packet_batch_add(&batch, packet);
        }

        for (int round = 0; round < N_ROUNDS; round++) {
            for (int what = 0; what < N_WHAT; what++) {
                double ns = measure(&batch, &actions[what]);

                best[what] = round ? MIN(best[what], ns) : ns;
            }
        }
        printf(csv ? "%s,%.2f,%.2f,%.2f\n" : "%-12s %13.1f %13.1f %6.2f\n",
               kinds[k].name, best[SYMMETRIC], best[PORTABLE],
               best[PORTABLE] / best[SYMMETRIC]);
        dp_packet_delete_batch(&batch, true);
    }
    for (int what = 0; what < N_WHAT; what++) {
        ofpbuf_uninit(&actions[what]);
    }
    return 0;
}
