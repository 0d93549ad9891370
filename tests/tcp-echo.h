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

#ifndef TCP_ECHO_H
#define TCP_ECHO_H 1

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Exchanges of lines over TCP
 * ===========================
 *
 * What test-tcp-echo and test-tcp-load share.  A client sends lines, and a
 * server answers each with its name.  Either may pad its lines with blanks, so
 * that its packets are large.
 *
 * All sockets are nonblocking.  Not thread-safe. */

enum { TCP_ECHO_NAME_SIZE = 32 }; /* Longest name of a server, plus 1. */

/* An answer, as far as it was received.  Begins as zeros. */
struct tcp_echo_answer {
    char name[TCP_ECHO_NAME_SIZE]; /* Once complete, the server's name. */
    size_t len;                    /* Length of an incomplete one, else 0. */
};

bool tcp_echo_name_is_valid(const char *name);

int tcp_echo_connect(const struct sockaddr_storage *target,
                     const struct sockaddr_storage *local);
int tcp_echo_send(int fd, const char *line, size_t *n_sent);
int tcp_echo_recv(int fd, struct tcp_echo_answer *);
void tcp_echo_reset(int fd);

#endif /* tcp-echo.h */
