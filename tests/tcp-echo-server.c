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

/* The server of test-tcp-echo.c: answers each line that it gets with its name,
 * and resets connections that are silent. */

#include <config.h>
#include "tcp-echo-ends.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "command-line.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "tcp-echo.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

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
        if (error || tcp_echo.once) {
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
        conn->deadline = time_msec() + tcp_echo.silence_ms;
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

/* "server NAME ADDR:PORT". */
void
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

    if (!tcp_echo.silence_ms) {
        tcp_echo.silence_ms = 2 * TCP_ECHO_SILENCE_MS;
    }

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
    while (!tcp_echo_exiting) {
        int conn_fd;

        while ((conn_fd = accept(fd, NULL, NULL)) >= 0) {
            xset_nonblocking(conn_fd);
            setsockopt_tcp_nodelay(conn_fd);
            conn = xzalloc(sizeof *conn);
            conn->fd = conn_fd;
            conn->deadline = time_msec() + tcp_echo.silence_ms;
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
        if (tcp_echo_exiting) {
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
