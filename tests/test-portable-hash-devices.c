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
/* Attaches the BPF program of the portable hash to devices, and detaches it,
 * as ovs-vswitchd does. */

#include <config.h>
#undef NDEBUG
#include "portable-hash-bpf.h"
#include <errno.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "portable-hash-tc.h"
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command-line.h"
#include "openvswitch/vlog.h"
#include "ovstest.h"
#include "util.h"

static int
parse_ifindex(const char *device)
{
    int ifindex = if_nametoindex(device);

    if (!ifindex) {
        ovs_fatal(0, "%s: no such device", device);
    }
    return ifindex;
}

static bool
parse_egress(const char *s)
{
    if (strcmp(s, "ingress") && strcmp(s, "egress")) {
        ovs_fatal(0, "%s: neither ingress nor egress", s);
    }
    return !strcmp(s, "egress");
}

static void
load(void)
{
    char *error;

    if (!portable_hash_bpf_load(&error)) {
        ovs_fatal(0, "%s", error);
    }
}

static void
run_load(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    load();
}

/* "attach DEVICE ingress|egress" */
static void
run_attach(struct ovs_cmdl_context *ctx)
{
    char *error;

    if (portable_hash_bpf_attach(parse_ifindex(ctx->argv[1]),
                                 parse_egress(ctx->argv[2]), &error)) {
        ovs_fatal(0, "%s: %s", ctx->argv[1], error);
    }
}

/* "detach DEVICE ingress|egress" */
static void
run_detach(struct ovs_cmdl_context *ctx)
{
    int error = portable_hash_bpf_detach(parse_ifindex(ctx->argv[1]),
                                         parse_egress(ctx->argv[2]));

    if (error) {
        ovs_fatal(error, "%s", ctx->argv[1]);
    }
}

/* "show DEVICE" prints where the program is attached. */
static void
run_show(struct ovs_cmdl_context *ctx)
{
    int ifindex = parse_ifindex(ctx->argv[1]);

    load();
    for (int egress = 0; egress < 2; egress++) {
        if (portable_hash_bpf_is_attached(ifindex, egress)) {
            puts(egress ? "egress" : "ingress");
        }
    }
}

/* Returns a program with the name 'name' that does nothing. */
static int
load_nothing(const char *name)
{
    static const struct bpf_insn insns[] = {
        { .code = BPF_ALU | BPF_MOV | BPF_K, .imm = TC_ACT_UNSPEC },
        { .code = BPF_JMP | BPF_EXIT },
    };
    int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, name, "Apache-2.0", insns,
                           ARRAY_SIZE(insns), NULL);

    ovs_assert(fd >= 0);
    return fd;
}

static enum bpf_attach_type
tcx_type(const char *hook)
{
    return (enum bpf_attach_type) (parse_egress(hook) ? 47 : 46);
}

/* "attach-other DEVICE ingress|egress" attaches a foreign program with tcx. */
static void
run_attach_other(struct ovs_cmdl_context *ctx)
{
    if (bpf_prog_attach(load_nothing("other"), parse_ifindex(ctx->argv[1]),
                        tcx_type(ctx->argv[2]), 0)) {
        ovs_fatal(errno, "%s", ctx->argv[1]);
    }
}

/* "attach-old DEVICE ingress|egress" attaches a program with the name of ours,
 * which is not the same. */
static void
run_attach_old(struct ovs_cmdl_context *ctx)
{
    uint8_t tag[PORTABLE_HASH_TAG_SIZE] = { 0 };
    int ifindex = parse_ifindex(ctx->argv[1]);
    int fd = load_nothing("ovs_hash_frame");
    char *error;

    if (bpf_prog_attach(fd, ifindex, tcx_type(ctx->argv[2]), 0)
        && portable_hash_tc_attach(ifindex, parse_egress(ctx->argv[2]), fd,
                                   tag, &error)) {
        ovs_fatal(0, "%s: %s", ctx->argv[1], error);
    }
}

/* "list DEVICE ingress|egress" prints the names of the programs that tcx has
 * there. */
static void
run_list(struct ovs_cmdl_context *ctx)
{
    int ifindex = parse_ifindex(ctx->argv[1]);
    uint32_t ids[64], n = ARRAY_SIZE(ids);

    if (bpf_prog_query(ifindex, tcx_type(ctx->argv[2]), 0, NULL, ids, &n)) {
        ovs_fatal(errno, "tcx");
    }
    for (uint32_t i = 0; i < n; i++) {
        struct bpf_prog_info info = { .id = 0 };
        uint32_t size = sizeof info;

        ovs_assert(!bpf_obj_get_info_by_fd(bpf_prog_get_fd_by_id(ids[i]),
                                           &info, &size));
        puts(info.name);
    }
}

static void
test_portable_hash_devices_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        {"load", NULL, 0, 0, run_load, OVS_RO},
        {"attach", NULL, 2, 2, run_attach, OVS_RO},
        {"detach", NULL, 2, 2, run_detach, OVS_RO},
        {"show", NULL, 1, 1, run_show, OVS_RO},
        {"attach-old", NULL, 2, 2, run_attach_old, OVS_RO},
        {"attach-other", NULL, 2, 2, run_attach_other, OVS_RO},
        {"list", NULL, 2, 2, run_list, OVS_RO},
        {NULL, NULL, 0, 0, NULL, OVS_RO},
    };
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_DBG);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-portable-hash-devices",
                 test_portable_hash_devices_main);
