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

/* The client of test-tcp-echo.c: keeps connections, and notices when another
 * server answers, or none. */

#include <config.h>
#include "tcp-echo-ends.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "command-line.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "random.h"
#include "simap.h"
#include "socket-util.h"
#include "tcp-echo.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

enum {
    FILL_MS = 10000,            /* Longest time that "fill" takes. */
    TICK_MS = 5,                /* How often the client visits its sockets. */
    EXCHANGES = 2,              /* Default of "report". */
};

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
    conn->time = time_msec() + tcp_echo.pause_ms;
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
        conn->time = (now + tcp_echo.pause_ms / 2
                      + random_range(tcp_echo.pause_ms / 2 + 1));
    } else if (error != EAGAIN) {
        client_conn_break(conn, error);
    } else if (now >= conn->time + tcp_echo.silence_ms) {
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

/* "client ADDR:PORT N". */
void
tcp_echo_client(struct ovs_cmdl_context *ctx)
{
    struct client client = { .request = NULL };
    struct unixctl_server *unixctl;

    if (!tcp_echo.silence_ms) {
        tcp_echo.silence_ms = TCP_ECHO_SILENCE_MS;
    }
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
    while (!tcp_echo_exiting) {
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
