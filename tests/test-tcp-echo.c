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
#include <getopt.h>
#include <stdlib.h>
#include "command-line.h"
#include "daemon.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "ovstest.h"
#include "tcp-echo-ends.h"
#include "unixctl.h"
#include "util.h"

enum {
    PAUSE_MS = 100,             /* Default of --pause. */
    LINE_MAX_SIZE = 65536,      /* Greatest --size. */
};

struct tcp_echo_options tcp_echo = { .pause_ms = PAUSE_MS, .line_size = 1 };
bool tcp_echo_exiting;

static void
tcp_echo_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    tcp_echo_exiting = true;
    unixctl_command_reply(conn, NULL);
}

/* Becomes a daemon, if options say so, and returns its control socket. */
struct unixctl_server *
tcp_echo_daemonize(void)
{
    struct unixctl_server *unixctl;
    int error;

    daemonize_start(false, false);
    error = unixctl_server_create(tcp_echo.unixctl_path, &unixctl);
    if (error) {
        ovs_fatal(error, "failed to create unixctl server");
    }
    unixctl_command_register("exit", "", 0, 0, tcp_echo_exit, NULL);
    daemonize_complete();
    return unixctl;
}

/* Returns 'text' as a line of the size that option --size says.  The caller
 * must free it. */
char *
tcp_echo_line(const char *text)
{
    return xasprintf("%-*s\n", tcp_echo.line_size - 1, text);
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
           TCP_ECHO_SILENCE_MS, 2 * TCP_ECHO_SILENCE_MS, PAUSE_MS,
           LINE_MAX_SIZE);
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
            tcp_echo.once = true;
            break;

        case OPT_SILENCE:
            if (!str_to_int(optarg, 10, &tcp_echo.silence_ms)
                || tcp_echo.silence_ms < 1) {
                ovs_fatal(0, "--silence: bad time (use --help for help)");
            }
            break;

        case OPT_PAUSE:
            if (!str_to_int(optarg, 10, &tcp_echo.pause_ms)
                || tcp_echo.pause_ms < 1) {
                ovs_fatal(0, "--pause: bad time (use --help for help)");
            }
            break;

        case OPT_SIZE:
            if (!str_to_int(optarg, 10, &tcp_echo.line_size)
                || tcp_echo.line_size < 1
                || tcp_echo.line_size > LINE_MAX_SIZE) {
                ovs_fatal(0, "--size: bad size (use --help for help)");
            }
            break;

        case OPT_UNIXCTL:
            tcp_echo.unixctl_path = optarg;
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
