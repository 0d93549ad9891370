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

/* TCP connections that notice where a load balancer sends them.
 *
 * What a select group promises is about connections that are open while its
 * buckets change, and only such connections can prove it: many of them, which
 * keep talking and know who answers.
 *
 * A server answers each line that it receives with its name.  A client holds N
 * connections and keeps sending lines on all of them.  The first server that
 * answers on a connection owns it.  The connection breaks in one of two ways:
 *
 *   - It moves: another server answers, or resets what it does not know.
 *
 *   - It is silent: an answer takes longer than option --silence allows, or
 *     the server ends.
 *
 * A server that is told nothing resets the connection, too.  By default it
 * waits twice as long as a client, which is then the first to give up, so that
 * no silence looks like a move.  Until then it has the connection, even if
 * that moved away and was opened again elsewhere: if it comes back now, the
 * server does not reset it, and a move looks like silence.  "forget", a
 * command of ovs-appctl for the server, resets those connections on which
 * nothing came since it was given last.
 *
 * Option --size makes the packets of a server or client large.  With option
 * --once a server closes each connection after its first answer, which is for
 * test-tcp-load.
 *
 * ovs-appctl tells the client what to do, too.  Each line of a reply ends in a
 * number of connections.
 *
 *   - "fill" opens the connections that are not open, and waits until all have
 *     an owner.  A broken one is opened again from its old address and port,
 *     so that it tells where the very same 5-tuple is sent now.  The reply
 *     counts what was opened by old owner ("-" if there was none), new owner,
 *     and how it broke, "moved" or "silent" ("new" if it did not):
 *
 *         from=b5 to=b3 state=moved connections=4
 *
 *   - "report [N]" waits until each connection has done N exchanges (2 by
 *     default) that began after the command, or is broken.  The reply counts
 *     them by owner and by state, which is "live", "moved" or "silent":
 *
 *         owner=b3 state=live connections=27 */

#include <config.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovstest.h"
#include "random.h"
#include "simap.h"
#include "socket-util.h"
#include "tcp-echo.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

enum {
    SILENCE_MS = 2000,          /* Default of --silence, of a client. */
    FILL_MS = 10000,            /* Longest time that "fill" takes. */
    PAUSE_MS = 100,             /* Default of --pause. */
    TICK_MS = 5,                /* How often the client visits its sockets. */
    EXCHANGES = 2,              /* Default of "report". */
    LINE_MAX_SIZE = 65536,      /* Greatest --size. */
};

static char *unixctl_path;      /* Of the control socket, NULL for default. */
static int silence_ms;          /* Silence that breaks a connection. */
static int pause_ms = PAUSE_MS; /* Longest pause between two exchanges; the
                                 * shortest is half of it. */
static int line_size = 1;       /* Least size of what is sent, in bytes. */
static bool once;               /* Does a server answer just once? */
static bool exiting;            /* Was "exit" received? */

static void
tcp_echo_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    exiting = true;
    unixctl_command_reply(conn, NULL);
}

/* Becomes a daemon, if options say so, and returns its control socket. */
static struct unixctl_server *
tcp_echo_daemonize(void)
{
    struct unixctl_server *unixctl;
    int error;

    daemonize_start(false, false);
    error = unixctl_server_create(unixctl_path, &unixctl);
    if (error) {
        ovs_fatal(error, "failed to create unixctl server");
    }
    unixctl_command_register("exit", "", 0, 0, tcp_echo_exit, NULL);
    daemonize_complete();
    return unixctl;
}

/* Returns 'text' as a line of the size that option --size says.  The caller
 * must free it. */
static char *
tcp_echo_line(const char *text)
{
    return xasprintf("%-*s\n", line_size - 1, text);
}

/* Server. */

/* A connection that a server accepted. */
struct server_conn {
    struct ovs_list node;       /* In the server's list of connections. */
    int fd;                     /* Socket. */
    long long int deadline;     /* Reset if silent until then, in msec. */
    bool heard;                 /* Did anything come since "forget"? */
    unsigned int n_answers;     /* To be sent. */
    size_t n_sent;              /* What is sent of the first, in bytes. */
};

/* Sends the answers that 'conn' owes, as far as the socket takes them.
 *
 * Returns EAGAIN if 'conn' goes on, 0 if it had the only answer that it gets,
 * another positive errno value if it is broken. */
static int
server_conn_answer(struct server_conn *conn, const char *answer)
{
    while (conn->n_answers) {
        int error = tcp_echo_send(conn->fd, answer, &conn->n_sent);
        if (error || once) {
            return error;
        }
        conn->n_answers--;
        conn->n_sent = 0;
    }
    return EAGAIN;
}

/* Receives lines on 'conn' and answers them.  Returns the same as
 * server_conn_answer().
 *
 * Silence counts because the packets of a connection that the load balancer
 * moved away just stop. */
static int
server_conn_run(struct server_conn *conn, const char *answer)
{
    char buf[16384];
    ssize_t n;

    n = recv(conn->fd, buf, sizeof buf, 0);
    if (n < 0 && sock_errno() != EAGAIN) {
        return sock_errno();
    } else if (n < 0 && time_msec() >= conn->deadline) {
        return ETIMEDOUT;
    } else if (!n) {
        return ECONNRESET;
    } else if (n > 0) {
        conn->deadline = time_msec() + silence_ms;
        conn->heard = true;
    }
    for (ssize_t i = 0; i < n; i++) {
        conn->n_answers += buf[i] == '\n';
    }
    return server_conn_answer(conn, answer);
}

/* Ends 'conn' as server_conn_run() says in 'error'. */
static void
server_conn_close(struct server_conn *conn, int error)
{
    if (error) {
        tcp_echo_reset(conn->fd);
    } else {
        closesocket(conn->fd);
    }
    ovs_list_remove(&conn->node);
    free(conn);
}

static void
server_forget(struct unixctl_conn *request, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *conns_)
{
    struct ovs_list *conns = conns_;
    struct server_conn *conn;

    LIST_FOR_EACH_SAFE (conn, node, conns) {
        if (conn->heard) {
            conn->heard = false;
        } else {
            server_conn_close(conn, ECONNRESET);
        }
    }
    unixctl_command_reply(request, NULL);
}

static void
tcp_echo_server(struct ovs_cmdl_context *ctx)
{
    struct ovs_list conns = OVS_LIST_INITIALIZER(&conns);
    char *answer = tcp_echo_line(ctx->argv[1]);
    const char *address = ctx->argv[2];
    struct unixctl_server *unixctl;
    struct server_conn *conn;
    const char *port;
    char *target;
    int fd;

    silence_ms = silence_ms ? silence_ms : 2 * SILENCE_MS;

    /* The library wants the address that it listens on as PORT:ADDR. */
    port = strrchr(address, ':');
    if (!port || !tcp_echo_name_is_valid(ctx->argv[1])) {
        ovs_fatal(0, "bad ADDR:PORT or bad NAME (use --help for help)");
    }
    target = xasprintf("%s:%.*s", port + 1, (int) (port - address), address);
    fd = inet_open_passive(SOCK_STREAM, target, -1, NULL, 0, true);
    if (fd < 0 || listen(fd, SOMAXCONN)) {
        ovs_fatal(fd < 0 ? -fd : sock_errno(), "%s: cannot listen", address);
    }
    free(target);

    unixctl = tcp_echo_daemonize();
    unixctl_command_register("forget", "", 0, 0, server_forget, &conns);
    while (!exiting) {
        int conn_fd;

        while ((conn_fd = accept(fd, NULL, NULL)) >= 0) {
            xset_nonblocking(conn_fd);
            setsockopt_tcp_nodelay(conn_fd);
            conn = xzalloc(sizeof *conn);
            conn->fd = conn_fd;
            conn->deadline = time_msec() + silence_ms;
            conn->heard = true;
            ovs_list_push_back(&conns, &conn->node);
        }
        LIST_FOR_EACH_SAFE (conn, node, &conns) {
            int error = server_conn_run(conn, answer);
            if (error == EAGAIN) {
                poll_fd_wait(conn->fd,
                             POLLIN | (conn->n_answers ? POLLOUT : 0));
                poll_timer_wait_until(conn->deadline);
            } else {
                server_conn_close(conn, error);
            }
        }
        poll_fd_wait(fd, POLLIN);
        unixctl_server_run(unixctl);
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
    }

    LIST_FOR_EACH_SAFE (conn, node, &conns) {
        server_conn_close(conn, 0);
    }
    closesocket(fd);
    free(answer);
    unixctl_server_destroy(unixctl);
}

/* Client. */

/* A connection that a client keeps. */
struct client_conn {
    int fd;                     /* Socket, or -1 if not open yet or broken. */
    struct sockaddr_storage local; /* Own address, zeros if not known yet. */
    size_t n_sent;              /* What is sent of a question that is not
                                 * answered yet, in bytes. */
    long long int time;         /* When that began, or when to ask or open
                                 * next, in msec. */
    int n_exchanges;            /* Done since "report" began, or -1 if one was
                                 * under way then. */
    struct tcp_echo_answer answer;
    char owner[TCP_ECHO_NAME_SIZE]; /* Who answered first, or empty. */
    const char *state;          /* "live", "moved" or "silent". */
    char old_owner[TCP_ECHO_NAME_SIZE]; /* Owner before it broke last, or
                                         * empty. */
    const char *old_state;      /* How it broke last, or "new". */
    bool opened;                /* Was it opened by the current "fill"? */
};

/* A client and the command that it works on. */
struct client {
    struct sockaddr_storage target; /* The server's address. */
    char *question;                 /* What each connection keeps sending. */
    struct client_conn *conns;
    int n_conns;

    struct unixctl_conn *request; /* Whom to reply to, NULL if idle. */
    bool filling;                 /* Is the command "fill"? */
    long long int deadline;       /* When "fill" gives up, in msec. */
    int n_exchanges;              /* What "report" waits for. */
};

/* Ends 'conn', in the state that follows from 'error', a positive errno value
 * or EOF. */
static void
client_conn_break(struct client_conn *conn, int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EPROTO:
    case EXDEV:                 /* From client_conn_recv(). */
        conn->state = "moved";
        break;

    default:
        conn->state = "silent";
        break;
    }
    if (conn->fd >= 0) {
        tcp_echo_reset(conn->fd);
    }
    conn->fd = -1;
    conn->time = time_msec() + pause_ms;
}

/* Begins to connect 'conn' to 'target', from its old address if it has one. */
static void
client_conn_open(struct client_conn *conn,
                 const struct sockaddr_storage *target)
{
    socklen_t local_len = sizeof conn->local;

    if (conn->owner[0]) {
        ovs_strlcpy(conn->old_owner, conn->owner, sizeof conn->old_owner);
        conn->old_state = conn->state;
        conn->owner[0] = '\0';
    }
    conn->state = "live";
    conn->opened = true;
    conn->time = time_msec();
    conn->n_sent = conn->answer.len = 0;

    conn->fd = tcp_echo_connect(target, &conn->local);
    if (conn->fd < 0 || getsockname(conn->fd, (struct sockaddr *) &conn->local,
                                    &local_len)) {
        client_conn_break(conn, EADDRNOTAVAIL);
    }
}

/* Receives an answer on 'conn'.  Returns 0 if it came, EAGAIN if it did not
 * come yet, EXDEV if it came from another server than the owner, otherwise
 * what tcp_echo_recv() returns if 'conn' is broken. */
static int
client_conn_recv(struct client_conn *conn)
{
    int error = tcp_echo_recv(conn->fd, &conn->answer);

    if (error) {
        return error;
    }
    if (!conn->owner[0]) {
        ovs_strlcpy(conn->owner, conn->answer.name, sizeof conn->owner);
    }
    return strcmp(conn->owner, conn->answer.name) ? EXDEV : 0;
}

/* Does what can be done on 'conn' without waiting. */
static void
client_conn_run(struct client_conn *conn, const char *question)
{
    long long int now = time_msec();
    bool asked = conn->n_sent > 0;
    int error;

    if (conn->fd < 0 || (!asked && now < conn->time)) {
        return;
    }

    error = tcp_echo_send(conn->fd, question, &conn->n_sent);
    if (!asked && conn->n_sent) {
        conn->time = now;
    }
    if (!error) {
        error = client_conn_recv(conn);
    }
    if (!error) {
        conn->n_exchanges++;
        conn->n_sent = 0;
        conn->time = now + pause_ms / 2 + random_range(pause_ms / 2 + 1);
    } else if (error != EAGAIN) {
        client_conn_break(conn, error);
    } else if (now >= conn->time + silence_ms) {
        client_conn_break(conn, ETIMEDOUT);
    }
}

/* Returns the reply to the current command, which is done. */
static char *
client_format_reply(struct client *client)
{
    struct simap counts = SIMAP_INITIALIZER(&counts);
    struct ds reply = DS_EMPTY_INITIALIZER;
    const struct simap_node **nodes;

    for (int i = 0; i < client->n_conns; i++) {
        struct client_conn *conn = &client->conns[i];
        char key[3 * TCP_ECHO_NAME_SIZE];

        if (client->filling) {
            snprintf(key, sizeof key, "from=%s to=%s state=%s",
                     conn->old_owner[0] ? conn->old_owner : "-", conn->owner,
                     conn->old_state);
        } else {
            snprintf(key, sizeof key, "owner=%s state=%s",
                     conn->owner[0] ? conn->owner : "-", conn->state);
        }
        if (!client->filling || conn->opened) {
            simap_increase(&counts, key, 1);
        }
        if (client->filling) {
            conn->opened = false;
        }
    }

    nodes = simap_sort(&counts);
    for (size_t i = 0; i < simap_count(&counts); i++) {
        ds_put_format(&reply, "%s connections=%u\n", nodes[i]->name,
                      nodes[i]->data);
    }
    free(nodes);
    simap_destroy(&counts);
    return ds_steal_cstr(&reply);
}

/* Runs all connections, and the current command if there is one. */
static void
client_run(struct client *client)
{
    bool filling = client->request && client->filling;
    char *reply = NULL;
    int n_left = 0;

    for (int i = 0; i < client->n_conns; i++) {
        struct client_conn *conn = &client->conns[i];

        if (filling && conn->fd < 0 && time_msec() >= conn->time) {
            client_conn_open(conn, &client->target);
        }
        client_conn_run(conn, client->question);
        n_left += (filling ? conn->fd < 0 || !conn->owner[0]
                   : conn->fd >= 0 && conn->n_exchanges < client->n_exchanges);
    }

    if (client->request && !n_left) {
        reply = client_format_reply(client);
        unixctl_command_reply(client->request, reply);
        client->request = NULL;
    } else if (filling && time_msec() >= client->deadline) {
        reply = xasprintf("%d of %d connections had no answer in %d ms",
                          n_left, client->n_conns, FILL_MS);
        unixctl_command_reply_error(client->request, reply);
        client->request = NULL;
    }
    free(reply);
}

/* Begins "fill" or "report". */
static void
client_command(struct unixctl_conn *request, int argc, const char *argv[],
               void *client_)
{
    struct client *client = client_;
    int n_exchanges = EXCHANGES;

    if (client->request) {
        unixctl_command_reply_error(request, "another command is running");
        return;
    }
    if (argc > 1 && (!str_to_int(argv[1], 10, &n_exchanges)
                     || n_exchanges < 1)) {
        unixctl_command_reply_error(request, "bad number of exchanges");
        return;
    }
    client->request = request;
    client->filling = !strcmp(argv[0], "fill");
    client->deadline = time_msec() + FILL_MS;
    client->n_exchanges = n_exchanges;
    for (int i = 0; i < client->n_conns; i++) {
        client->conns[i].n_exchanges = client->conns[i].n_sent ? -1 : 0;
    }
}

static void
tcp_echo_client(struct ovs_cmdl_context *ctx)
{
    struct client client = { .request = NULL };
    struct unixctl_server *unixctl;

    silence_ms = silence_ms ? silence_ms : SILENCE_MS;

    if (!inet_parse_active(ctx->argv[1], -1, &client.target, false, NULL)
        || !str_to_int(ctx->argv[2], 10, &client.n_conns)
        || client.n_conns < 1) {
        ovs_fatal(0, "bad ADDR:PORT or bad N (use --help for help)");
    }
    client.question = tcp_echo_line("?");
    client.conns = xcalloc(client.n_conns, sizeof *client.conns);
    for (int i = 0; i < client.n_conns; i++) {
        client.conns[i].fd = -1;
        client.conns[i].state = "silent";
        client.conns[i].old_state = "new";
    }

    unixctl = tcp_echo_daemonize();
    unixctl_command_register("fill", "", 0, 0, client_command, &client);
    unixctl_command_register("report", "[N]", 0, 1, client_command, &client);
    while (!exiting) {
        client_run(&client);
        unixctl_server_run(unixctl);
        unixctl_server_wait(unixctl);

        /* With many sockets it is cheaper to visit them all now and then than
         * to wake up for each. */
        poll_timer_wait(TICK_MS);
        poll_block();
    }

    for (int i = 0; i < client.n_conns; i++) {
        if (client.conns[i].fd >= 0) {
            tcp_echo_reset(client.conns[i].fd);
        }
    }
    free(client.conns);
    free(client.question);
    unixctl_server_destroy(unixctl);
}

OVS_NO_RETURN static void
tcp_echo_usage(void)
{
    printf("%s: TCP connections that notice where they are sent\n"
           "usage: %s [OPTIONS] server NAME ADDR:PORT\n"
           "       %s [OPTIONS] client ADDR:PORT N\n",
           program_name, program_name, program_name);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  --silence=MSEC              silence that breaks a connection\n"
           "                              (default: %d, of a server %d)\n"
           "  --pause=MSEC                longest pause of a client between\n"
           "                              two exchanges (default: %d)\n"
           "  --size=BYTES                pad each line that is sent to this\n"
           "                              size, at most %d (default: none)\n"
           "  --once                      (server) close a connection after\n"
           "                              the first answer\n"
           "  --unixctl=SOCKET            override default control socket\n"
           "  -h, --help                  display this help message\n",
           SILENCE_MS, 2 * SILENCE_MS, PAUSE_MS, LINE_MAX_SIZE);
    exit(EXIT_SUCCESS);
}

static void
tcp_echo_parse_options(int argc, char *argv[])
{
    enum {
        OPT_ONCE = UCHAR_MAX + 1,
        OPT_SILENCE,
        OPT_PAUSE,
        OPT_SIZE,
        OPT_UNIXCTL,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS
    };
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"once", no_argument, NULL, OPT_ONCE},
        {"silence", required_argument, NULL, OPT_SILENCE},
        {"pause", required_argument, NULL, OPT_PAUSE},
        {"size", required_argument, NULL, OPT_SIZE},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
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
            tcp_echo_usage();

        case OPT_ONCE:
            once = true;
            break;

        case OPT_SILENCE:
            if (!str_to_int(optarg, 10, &silence_ms) || silence_ms < 1) {
                ovs_fatal(0, "--silence: bad time (use --help for help)");
            }
            break;

        case OPT_PAUSE:
            if (!str_to_int(optarg, 10, &pause_ms) || pause_ms < 1) {
                ovs_fatal(0, "--pause: bad time (use --help for help)");
            }
            break;

        case OPT_SIZE:
            if (!str_to_int(optarg, 10, &line_size) || line_size < 1
                || line_size > LINE_MAX_SIZE) {
                ovs_fatal(0, "--size: bad size (use --help for help)");
            }
            break;

        case OPT_UNIXCTL:
            unixctl_path = optarg;
            break;

        DAEMON_OPTION_HANDLERS
        VLOG_OPTION_HANDLERS

        case '?':
            exit(EXIT_FAILURE);

        default:
            OVS_NOT_REACHED();
        }
    }
    free(short_options);
}

static void
test_tcp_echo_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        {"server", "NAME ADDR:PORT", 2, 2, tcp_echo_server, OVS_RO},
        {"client", "ADDR:PORT N", 2, 2, tcp_echo_client, OVS_RO},
        {NULL, NULL, 0, 0, NULL, OVS_RO},
    };
    struct ovs_cmdl_context ctx;

    ovs_cmdl_proctitle_init(argc, argv);
    set_program_name(argv[0]);
    fatal_ignore_sigpipe();
    tcp_echo_parse_options(argc, argv);

    ctx.argc = argc - optind;
    ctx.argv = argv + optind;
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-tcp-echo", test_tcp_echo_main);
