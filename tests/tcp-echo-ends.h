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

#ifndef TCP_ECHO_ENDS_H
#define TCP_ECHO_ENDS_H 1

#include <stdbool.h>

/* What the server and the client of test-tcp-echo.c share.  Not
 * thread-safe. */

struct ovs_cmdl_context;
struct unixctl_server;

/* From the command line. */
struct tcp_echo_options {
    const char *unixctl_path;   /* Of the control socket, NULL for default. */
    int silence_ms;             /* Silence that breaks a connection, or 0. */
    int pause_ms;               /* Longest pause between two exchanges; the
                                 * shortest is half of it. */
    int line_size;              /* Least size of what is sent, in bytes. */
    bool once;                  /* Does a server answer just once? */
};
extern struct tcp_echo_options tcp_echo;

enum { TCP_ECHO_SILENCE_MS = 2000 }; /* Default, of a client. */

extern bool tcp_echo_exiting;   /* Was "exit" received? */

struct unixctl_server *tcp_echo_daemonize(void);
char *tcp_echo_line(const char *text);

void tcp_echo_server(struct ovs_cmdl_context *);
void tcp_echo_client(struct ovs_cmdl_context *);

#endif /* tcp-echo-ends.h */
