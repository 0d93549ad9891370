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

/* Many short TCP connections, counted by who answers, and timed.
 *
 * Each connection sends a line to "test-tcp-echo --once server", which answers
 * with its name and closes the connection.  So it is the server that waits in
 * TIME_WAIT, and the client has all of its ports for new connections.  Where
 * packets get lost, the server's --silence should exceed --timeout here, else
 * the server resets a connection before it has timed out.
 *
 * Prints
 *
 *     server=b2 connections=5021
 *     server=b3 connections=4979
 *     connections=10000 failed=0 seconds=1.052 rate=9505.7 p50=0.938 p99=2.114
 *
 * where "rate" is connections that did not fail in a second, and "p50" and
 * "p99" are the median and the 99th percentile of the time, in milliseconds,
 * that those took from connect to close.  These are "-" if all failed.  Why
 * connections failed goes to stderr. */

#include <config.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>
#include "command-line.h"
#include "fatal-signal.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovstest.h"
#include "simap.h"
#include "socket-util.h"
#include "tcp-echo.h"
#include "timeval.h"
#include "util.h"

enum {
    TIMEOUT_MS = 5000,          /* Default of --timeout. */
    MAX_CONCURRENCY = 1000,
};

/* A connection under way. */
struct load_conn {
    int fd;                     /* Socket, or -1 if there is none. */
    long long int start;        /* When it began, in usec. */
    long long int deadline;     /* When it has failed, in msec. */
    size_t n_sent;              /* What is sent of the question, in bytes. */
    bool answered;              /* Was the question answered? */
    struct tcp_echo_answer answer; /* By whom. */
};

/* What to do, and what was done. */
struct load {
    struct sockaddr_storage target; /* The server's address. */
    struct sockaddr_storage source; /* Own address, zeros for any. */
    int total;                  /* Connections to open. */
    int timeout_ms;             /* Time that a connection may take. */

    int n_begun;                /* Connections that are done or under way. */
    int n_failed;               /* Connections that failed. */
    int n_ok;                   /* Connections that did not. */
    long long int *times;       /* What each of those took, in usec. */
    struct simap servers;       /* Number of those by server. */
    struct simap failures;      /* Number of others by reason. */
};

/* Counts 'conn' as failed, because of 'error', a positive errno value. */
static void
load_conn_fail(struct load_conn *conn, struct load *load, int error)
{
    if (conn->fd >= 0) {
        tcp_echo_reset(conn->fd);
        conn->fd = -1;
    }
    load->n_failed++;
    simap_increase(&load->failures, ovs_retval_to_string(error), 1);
}

/* Begins the next connection as 'conn'. */
static void
load_conn_open(struct load_conn *conn, struct load *load)
{
    load->n_begun++;
    conn->start = time_usec();
    conn->deadline = time_msec() + load->timeout_ms;
    conn->n_sent = conn->answer.len = 0;
    conn->answered = false;
    conn->fd = tcp_echo_connect(&load->target, &load->source);
    if (conn->fd < 0) {
        load_conn_fail(conn, load, -conn->fd);
    }
}

/* Waits for the server to close 'fd', after its answer.  Returns 0 if it did,
 * EAGAIN if it did not yet, another positive errno value if it did anything
 * else. */
static int
load_recv_close(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);

    return n < 0 ? sock_errno() : n ? EPROTO : 0;
}

/* Does what can be done on 'conn' without waiting. */
static void
load_conn_run(struct load_conn *conn, struct load *load)
{
    int error;

    error = tcp_echo_send(conn->fd, "?\n", &conn->n_sent);
    if (!error && !conn->answered) {
        error = tcp_echo_recv(conn->fd, &conn->answer);
        conn->answered = !error;
    }
    if (!error) {
        error = load_recv_close(conn->fd);
    }

    if (!error) {
        closesocket(conn->fd);
        conn->fd = -1;
        load->times[load->n_ok++] = time_usec() - conn->start;
        simap_increase(&load->servers, conn->answer.name, 1);
    } else if (error != EAGAIN) {
        load_conn_fail(conn, load, error);
    } else if (time_msec() >= conn->deadline) {
        load_conn_fail(conn, load, ETIMEDOUT);
    }
}

/* Opens all connections, 'concurrency' at a time, until all are done. */
static void
load_run(struct load *load, int concurrency)
{
    struct load_conn *conns = xcalloc(concurrency, sizeof *conns);

    for (int i = 0; i < concurrency; i++) {
        conns[i].fd = -1;
    }
    for (;;) {
        for (int i = 0; i < concurrency; i++) {
            struct load_conn *conn = &conns[i];

            if (conn->fd >= 0) {
                load_conn_run(conn, load);
            }
            if (conn->fd < 0 && load->n_begun < load->total) {
                load_conn_open(conn, load);
            }
            if (conn->fd >= 0) {
                poll_fd_wait(conn->fd, conn->n_sent ? POLLIN : POLLOUT);
                poll_timer_wait_until(conn->deadline);
            } else if (load->n_begun < load->total) {
                poll_immediate_wake();
            }
        }
        if (load->n_ok + load->n_failed == load->total) {
            break;
        }
        poll_block();
    }
    free(conns);
}

static int
compare_times(const void *a_, const void *b_)
{
    const long long int *a = a_;
    const long long int *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Prints the time, in msec, that 'percent' of the connections that did not
 * fail took at most.  Their times are sorted. */
static void
load_print_percentile(const struct load *load, int percent)
{
    printf(" p%d=", percent);
    if (load->n_ok) {
        long long int rank = DIV_ROUND_UP(load->n_ok * 1LL * percent, 100);
        printf("%.3f", load->times[rank - 1] / 1000.0);
    } else {
        printf("-");
    }
}

/* Prints all that is known after 'usec' microseconds. */
static void
load_print(struct load *load, long long int usec)
{
    const struct simap_node **nodes;
    double seconds = MAX(usec, 1) / 1e6;

    nodes = simap_sort(&load->failures);
    for (size_t i = 0; i < simap_count(&load->failures); i++) {
        ovs_error(0, "failed=%u (%s)", nodes[i]->data, nodes[i]->name);
    }
    free(nodes);

    nodes = simap_sort(&load->servers);
    for (size_t i = 0; i < simap_count(&load->servers); i++) {
        printf("server=%s connections=%u\n", nodes[i]->name, nodes[i]->data);
    }
    free(nodes);

    qsort(load->times, load->n_ok, sizeof *load->times, compare_times);
    printf("connections=%d failed=%d seconds=%.3f rate=%.1f", load->total,
           load->n_failed, seconds, load->n_ok / seconds);
    load_print_percentile(load, 50);
    load_print_percentile(load, 99);
    printf("\n");
}

OVS_NO_RETURN static void
tcp_load_usage(void)
{
    printf("%s: many short TCP connections to test-tcp-echo --once server\n"
           "usage: %s [OPTIONS] ADDR:PORT TOTAL CONCURRENCY\n"
           "opens TOTAL connections, CONCURRENCY (at most %d) at a time\n"
           "\nOptions:\n"
           "  --source=ADDR               connect from this address\n"
           "  --timeout=MSEC              time that a connection may take\n"
           "                              (default: %d)\n"
           "  -h, --help                  display this help message\n",
           program_name, program_name, MAX_CONCURRENCY, TIMEOUT_MS);
    exit(EXIT_SUCCESS);
}

static void
tcp_load_parse_options(int argc, char *argv[], struct load *load)
{
    enum {
        OPT_SOURCE = UCHAR_MAX + 1,
        OPT_TIMEOUT,
    };
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"source", required_argument, NULL, OPT_SOURCE},
        {"timeout", required_argument, NULL, OPT_TIMEOUT},
        {NULL, 0, NULL, 0},
    };
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);

    for (;;) {
        int c = getopt_long(argc, argv, short_options, long_options, NULL);
        if (c == -1) {
            break;
        }

        switch (c) {
        case 'h':
            tcp_load_usage();

        case OPT_SOURCE:
            if (!inet_parse_address(optarg, &load->source)) {
                ovs_fatal(0, "--source: bad address (use --help for help)");
            }
            break;

        case OPT_TIMEOUT:
            if (!str_to_int(optarg, 10, &load->timeout_ms)
                || load->timeout_ms < 1) {
                ovs_fatal(0, "--timeout: bad time (use --help for help)");
            }
            break;

        case '?':
            exit(EXIT_FAILURE);

        default:
            OVS_NOT_REACHED();
        }
    }
    free(short_options);
}

static void
test_tcp_load_main(int argc, char *argv[])
{
    struct load load = { .timeout_ms = TIMEOUT_MS };
    long long int start;
    int concurrency;

    set_program_name(argv[0]);
    fatal_ignore_sigpipe();
    /* Busy is what it should be: not worth a log message. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_ERR);
    tcp_load_parse_options(argc, argv, &load);
    argv += optind;
    if (argc - optind != 3
        || !inet_parse_active(argv[0], -1, &load.target, false, NULL)
        || !str_to_int(argv[1], 10, &load.total) || load.total < 1
        || !str_to_int(argv[2], 10, &concurrency) || concurrency < 1
        || concurrency > MAX_CONCURRENCY) {
        ovs_fatal(0, "bad ADDR:PORT, TOTAL or CONCURRENCY "
                  "(use --help for help)");
    }
    if (load.source.ss_family
        && load.source.ss_family != load.target.ss_family) {
        ovs_fatal(0, "--source and ADDR are not of the same family");
    }

    load.times = xcalloc(load.total, sizeof *load.times);
    simap_init(&load.servers);
    simap_init(&load.failures);
    start = time_usec();
    load_run(&load, concurrency);
    load_print(&load, time_usec() - start);

    free(load.times);
    simap_destroy(&load.servers);
    simap_destroy(&load.failures);
    exit(load.n_failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

OVSTEST_REGISTER("test-tcp-load", test_tcp_load_main);
