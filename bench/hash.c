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

/* Prints what the userspace datapath's symmetric hash of a packet costs, next
 * to the hash that it replaces, all in one run: times in turn, the least of
 * several.  With the argument "--csv", as comma-separated values. */

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
#include "symmetric-hash.h"
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

/* What is measured.  "Packet" is all that the datapath's action does for a
 * packet, of which most is to find the header fields. */
enum what { OLD_HASH, NEW_HASH, OLD_PACKET, NEW_PACKET, N_WHAT };

static double
now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Returns the time of a hash in nanoseconds. */
static double
measure(enum what what, const struct flow flows[N_PACKETS],
        struct dp_packet_batch *batch, const struct ofpbuf *actions)
{
    struct dp_packet *packet;
    uint32_t sum = 0;
    double start = now_ns();

    for (int turn = 0; turn < N_TURNS; turn++) {
        switch (what) {
        case OLD_HASH:
            for (int i = 0; i < N_PACKETS; i++) {
                sum += flow_hash_symmetric_l3l4(&flows[i], turn, false);
            }
            break;
        case NEW_HASH:
            for (int i = 0; i < N_PACKETS; i++) {
                sum += symmetric_hash(&flows[i], turn);
            }
            break;
        case OLD_PACKET:
            DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
                struct flow flow;

                flow_extract(packet, &flow);
                packet->md.dp_hash = flow_hash_symmetric_l3l4(&flow, turn,
                                                              false);
            }
            break;
        case NEW_PACKET:
            odp_execute_actions(NULL, batch, false, actions->data,
                                actions->size, NULL);
            break;
        case N_WHAT:
            OVS_NOT_REACHED();
        }
    }
    double ns = now_ns() - start;

    ovs_assert(sum || what > NEW_HASH);
    return ns / N_TURNS / N_PACKETS;
}

int
main(int argc, char *argv[])
{
    bool csv = argc > 1 && !strcmp(argv[1], "--csv");
    struct ovs_action_hash hash = { .hash_alg = OVS_HASH_ALG_SYM_L4 };
    struct ofpbuf actions;

    set_program_name(argv[0]);
    ovs_assert(argc == 1 || csv);
    ofpbuf_init(&actions, 0);
    nl_msg_put_unspec(&actions, OVS_ACTION_ATTR_HASH, &hash, sizeof hash);

    printf(csv ? "packet,old hash ns,new hash ns,old action ns,new action ns,"
                 "ratio\n"
           : "                  hash alone, ns      whole action, ns\n"
             "packet            old      new        old      new    new/old\n");
    for (int k = 0; k < ARRAY_SIZE(kinds); k++) {
        struct flow flows[N_PACKETS];
        struct dp_packet_batch batch;
        double best[N_WHAT];

        dp_packet_batch_init(&batch);
        for (int i = 0; i < N_PACKETS; i++) {
            struct dp_packet *packet = dp_packet_new(0);
            char *error = parse_ofp_exact_flow(&flows[i], NULL, NULL,
                                               kinds[k].flow, NULL);

            ovs_assert(!error);
            flows[i].tp_src = htons(40000 + i);
            flow_compose(packet, &flows[i], NULL, 0, false);
            flow_extract(packet, &flows[i]);
            dp_packet_batch_add(&batch, packet);
        }

        for (int round = 0; round < N_ROUNDS; round++) {
            for (int what = 0; what < N_WHAT; what++) {
                double ns = measure(what, flows, &batch, &actions);

                best[what] = round ? MIN(best[what], ns) : ns;
            }
        }
        printf(csv ? "%s,%.2f,%.2f,%.2f,%.2f,%.2f\n"
               : "%-12s %8.1f %8.1f   %8.1f %8.1f   %8.2f\n",
               kinds[k].name, best[OLD_HASH], best[NEW_HASH],
               best[OLD_PACKET], best[NEW_PACKET],
               best[NEW_PACKET] / best[OLD_PACKET]);
        dp_packet_delete_batch(&batch, true);
    }
    ofpbuf_uninit(&actions);
    return 0;
}
