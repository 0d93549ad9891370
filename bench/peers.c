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

/* Counts the instructions that a packet takes, in a virtual machine that
 * scripts/kernel-vm started: the time stamp counter there counts instructions.
 * With one processor and veth devices, send() returns when the packet has gone
 * its whole way through the kernel, softirqs included.
 *
 *     peers known DEVICE FLOW N        N packets of one connection
 *     peers first DEVICE FLOW N [DIR]  the first packet of N connections
 *     peers send DEVICE FLOW N         the same, which just sends them
 *
 * "known" and "first" print the most frequent count, how many packets had it,
 * the median, and how many packets were upcalls.  With DIR,
 * /proc/PID/task of ovs-vswitchd, "first" counts only these, and adds what its
 * handlers run.
 *
 * Packets have no hash when they are sent.  A connection differs from others
 * by its source port, which counts from that of FLOW on, and from 16384 ports
 * on by its source address. */

#include <config.h>
#undef NDEBUG
#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "dp-packet.h"
#include "flow.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "socket-util.h"
#include "util.h"

enum {
    N_WARM = 500,               /* Sent before those that are counted. */
    N_PORTS = 16384,            /* Of a source address. */
    PAUSE_US = 1000,            /* After a packet that may be an upcall. */
};

static uint64_t
count_instructions(void)
{
    uint32_t low, high;

    asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
    return (uint64_t) high << 32 | low;
}

static int
open_device(const char *name)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_ifindex = if_nametoindex(name),
    };
    int fd = socket(AF_PACKET, SOCK_RAW, 0);

    if (!sll.sll_ifindex || fd < 0
        || bind(fd, (struct sockaddr *) &sll, sizeof sll)) {
        ovs_fatal(errno, "%s: cannot send there", name);
    }
    return fd;
}

/* Returns a packet of connection number 'i'. */
static struct dp_packet *
compose(const struct flow *base, int i, uint16_t tcp_flags)
{
    struct dp_packet *packet = dp_packet_new(0);
    struct flow flow = *base;

    flow.tp_src = htons(ntohs(flow.tp_src) + i % N_PORTS);
    if (flow.dl_type == htons(ETH_TYPE_IP)) {
        flow.nw_src = htonl(ntohl(flow.nw_src) + i / N_PORTS);
    } else {
        ovs_assert(i < N_PORTS);
    }
    flow.tcp_flags = htons(tcp_flags);
    flow_compose(packet, &flow, NULL, 0, false);
    return packet;
}

/* Returns how many instructions it takes to send 'packet'. */
static uint64_t
count_send(int fd, const struct dp_packet *packet)
{
    uint64_t start = count_instructions();
    ssize_t n = send(fd, dp_packet_data(packet), dp_packet_size(packet), 0);
    uint64_t end = count_instructions();

    if (n != dp_packet_size(packet)) {
        ovs_fatal(errno, "cannot send a packet");
    }
    return end - start;
}

/* Returns how many instructions the threads in 'tasks' that handle upcalls
 * have run so far, in userspace and in the kernel: the kernel counts
 * nanoseconds, one each. */
static uint64_t
count_handlers(const char *tasks)
{
    DIR *dir = opendir(tasks);
    const struct dirent *task;
    uint64_t sum = 0;
    int n = 0;

    if (!dir) {
        ovs_fatal(errno, "%s: no threads", tasks);
    }
    while ((task = readdir(dir))) {
        char *comm_name = xasprintf("%s/%s/comm", tasks, task->d_name);
        char *stat_name = xasprintf("%s/%s/schedstat", tasks, task->d_name);
        FILE *comm = fopen(comm_name, "r");
        FILE *stat = fopen(stat_name, "r");
        unsigned long long int ns;
        char name[32];

        if (comm && stat && fscanf(comm, "%31s", name) == 1
            && !strncmp(name, "handler", strlen("handler"))
            && fscanf(stat, "%llu", &ns) == 1) {
            sum += ns;
            n++;
        }
        if (comm) {
            fclose(comm);
        }
        if (stat) {
            fclose(stat);
        }
        free(comm_name);
        free(stat_name);
    }
    closedir(dir);
    if (!n) {
        ovs_fatal(0, "%s: no handlers of upcalls", tasks);
    }
    return sum;
}

static int
compare(const void *a_, const void *b_)
{
    const uint64_t *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Interrupts of the timer take thousands of instructions, and are in some of
 * the counts: so no mean. */
static void
print_counts(uint64_t counts[], int n, int n_upcalls)
{
    uint64_t mode = 0;
    int n_mode = 0;

    qsort(counts, n, sizeof *counts, compare);
    for (int i = 0, j; i < n; i = j) {
        for (j = i; j < n && counts[j] == counts[i]; j++) {
            continue;
        }
        if (j - i > n_mode) {
            n_mode = j - i;
            mode = counts[i];
        }
    }
    printf("%"PRIu64" %d %"PRIu64" %d\n", mode, n_mode, n ? counts[n / 2] : 0,
           n_upcalls);
}

static void
count_known(int fd, const struct flow *flow, uint64_t counts[], int n)
{
    struct dp_packet *syn = compose(flow, 0, TCP_SYN);
    struct dp_packet *ack = compose(flow, 0, TCP_ACK);

    /* Time for an upcall, and its flow. */
    count_send(fd, syn);
    usleep(300 * PAUSE_US);
    for (int i = -N_WARM; i < n; i++) {
        uint64_t count = count_send(fd, ack);

        if (i >= 0) {
            counts[i] = count;
        }
    }
    print_counts(counts, n, 0);
    dp_packet_delete(syn);
    dp_packet_delete(ack);
}

static void
count_first(int fd, const struct flow *flow, uint64_t counts[], int n,
            const char *tasks)
{
    int n_counts = 0;

    for (int i = 0; i < n; i++) {
        struct dp_packet *syn = compose(flow, i, TCP_SYN);
        uint64_t before = tasks ? count_handlers(tasks) : 0;
        uint64_t count = count_send(fd, syn);

        if (tasks) {
            usleep(PAUSE_US);

            uint64_t handlers = count_handlers(tasks) - before;
            if (handlers) {
                counts[n_counts++] = count + handlers;
            }
        } else {
            counts[n_counts++] = count;
        }
        dp_packet_delete(syn);
    }
    print_counts(counts, n_counts, tasks ? n_counts : 0);
}

static void
send_first(int fd, const struct flow *flow, int n)
{
    for (int i = 0; i < n; i++) {
        struct dp_packet *syn = compose(flow, i, TCP_SYN);

        count_send(fd, syn);
        dp_packet_delete(syn);
        usleep(PAUSE_US);
    }
}

int
main(int argc, char *argv[])
{
    struct flow flow;
    uint64_t *counts;
    char *error;
    int n;

    set_program_name(argv[0]);
    if (argc < 5 || argc > 6 || !str_to_int(argv[4], 10, &n) || n < 1) {
        ovs_fatal(0, "usage: %s known|first|send DEVICE FLOW N [DIR]",
                  program_name);
    }
    error = parse_ofp_exact_flow(&flow, NULL, NULL, argv[3], NULL);
    if (error) {
        ovs_fatal(0, "%s", error);
    }

    int fd = open_device(argv[2]);
    counts = xcalloc(n, sizeof *counts);
    mlockall(MCL_CURRENT | MCL_FUTURE);
    if (!strcmp(argv[1], "known")) {
        count_known(fd, &flow, counts, n);
    } else if (!strcmp(argv[1], "first")) {
        count_first(fd, &flow, counts, n, argv[5]);
    } else if (!strcmp(argv[1], "send")) {
        send_first(fd, &flow, n);
    } else {
        ovs_fatal(0, "%s: neither known, first nor send", argv[1]);
    }
    free(counts);
    close(fd);
    return 0;
}
