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

#include <config.h>
#include "tcp-echo.h"
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "socket-util.h"
#include "util.h"

/* Returns true if 'name' may be that of a server: it has characters that are
 * visible, no others, and fits into struct tcp_echo_answer. */
bool
tcp_echo_name_is_valid(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        if (!isgraph((unsigned char) name[i])) {
            return false;
        }
    }
    return len > 0 && len < TCP_ECHO_NAME_SIZE;
}

/* Begins to connect to 'target', from the address and port 'local' if it is
 * not zeros.  Port 0 there is any port, chosen as if there were no 'local': it
 * can be one that is in use toward another target.
 *
 * Returns the new socket, or a negative errno value.  Ends the program if it
 * gets no socket. */
int
tcp_echo_connect(const struct sockaddr_storage *target,
                 const struct sockaddr_storage *local)
{
    socklen_t ss_len = ss_length(target);
    int one = 1;
    int error;
    int fd;

    fd = socket(target->ss_family, SOCK_STREAM, 0);
    if (fd < 0) {
        ovs_fatal(sock_errno(), "socket failed");
    }
    xset_nonblocking(fd);
    setsockopt_tcp_nodelay(fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
#ifdef IP_BIND_ADDRESS_NO_PORT
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
#endif
    if ((local->ss_family
         && bind(fd, (const struct sockaddr *) local, ss_len))
        || (connect(fd, (const struct sockaddr *) target, ss_len)
            && sock_errno() != EINPROGRESS)) {
        error = sock_errno();
        closesocket(fd);
        return -error;
    }
    return fd;
}

/* Sends what is left of 'line', of which '*n_sent' bytes were sent before, and
 * adds to '*n_sent' what the socket took.
 *
 * Returns 0 if all of it is sent, EAGAIN if the socket takes no more for now
 * or is still connecting, another positive errno value if the connection is
 * broken. */
int
tcp_echo_send(int fd, const char *line, size_t *n_sent)
{
    const char *rest = line + *n_sent;

    while (*rest) {
        ssize_t n = send(fd, rest, strlen(rest), 0);
        if (n < 0) {
            return sock_errno();
        }
        rest += n;
        *n_sent += n;
    }
    return 0;
}

/* Receives what there is of one line, and collects it in 'answer', without the
 * blanks that pad it.  The next call after its end begins a new one.
 *
 * Returns 0 if the line is complete, EAGAIN if more of it is to come, EOF if
 * the server closed the connection, another positive errno value if it is
 * broken: EPROTO if the line is not a name or more came after it. */
int
tcp_echo_recv(int fd, struct tcp_echo_answer *answer)
{
    for (;;) {
        char buf[16384];
        ssize_t n;

        n = recv(fd, buf, sizeof buf, 0);
        if (n <= 0) {
            return n ? sock_errno() : EOF;
        }
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] == '\n') {
                while (answer->len && answer->name[answer->len - 1] == ' ') {
                    answer->len--;
                }
                answer->name[answer->len] = '\0';
                answer->len = 0;
                return i == n - 1 && tcp_echo_name_is_valid(answer->name)
                       ? 0 : EPROTO;
            } else if (answer->len < sizeof answer->name - 1) {
                answer->name[answer->len++] = buf[i];
            } else if (buf[i] != ' ') {
                return EPROTO;
            }
        }
    }
}

/* Closes 'fd' with a TCP reset.  This leaves no state behind that would be in
 * the way when the same 5-tuple is used again. */
void
tcp_echo_reset(int fd)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    closesocket(fd);
}
