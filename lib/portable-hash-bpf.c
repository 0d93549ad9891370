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
/* tcx is a list of programs at the ingress or egress of a device.  A program
 * is put there with BPF_PROG_ATTACH and stays, unlike a link, which needs a
 * process or a file in bpffs that holds it.  On a kernel without it,
 * portable-hash-tc.c does the same with a filter.
 *
 * A program of this or an earlier process is known by its name.  Its tag, a
 * checksum of its instructions, says whether it is the one that this process
 * has loaded. */

#include <config.h>
#include "portable-hash-bpf.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "portable-hash-tc.h"
#include "socket-util.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(portable_hash_bpf);

/* What linux/bpf.h has since Linux 6.6. */
enum {
    TCX_INGRESS = 46,               /* BPF_TCX_INGRESS. */
    TCX_EGRESS = 47,                /* BPF_TCX_EGRESS. */
    TCX_BEFORE = 1 << 3,            /* BPF_F_BEFORE. */
    TCX_MAX_PROGRAMS = 64,
};

/* The object file made from portable-hash.bpf.c. */
static const uint8_t object[] OVS_ALIGNED_VAR(8) = {
#include "lib/portable-hash.bpf.inc"
};

enum { N_PROGRAMS = 2 };

/* What 'object' has. */
static struct program {
    const char *name;
    int fd;                         /* -1 until it is loaded. */
    uint8_t tag[PORTABLE_HASH_TAG_SIZE];
} programs[N_PROGRAMS] = {
    { .name = "ovs_hash_frame", .fd = -1 },     /* For Ethernet. */
    { .name = "ovs_hash_packet", .fd = -1 },    /* For ARPHRD_NONE. */
};

static int
print_libbpf(enum libbpf_print_level level OVS_UNUSED, const char *format,
             va_list args)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);

    if (!VLOG_DROP_DBG(&rl)) {
        char *s = xvasprintf(format, args);

        VLOG_DBG("%s", s);
        free(s);
    }
    return 0;
}

static const struct program *
find_program(const char *name)
{
    for (int i = 0; i < N_PROGRAMS; i++) {
        if (!strcmp(programs[i].name, name)) {
            return &programs[i];
        }
    }
    return NULL;
}

/* Stores what the kernel knows of the program 'fd' in '*info'.  Returns 0 if
 * successful, otherwise a positive errno value. */
static int
get_info(int fd, struct bpf_prog_info *info)
{
    uint32_t size = sizeof *info;

    memset(info, 0, sizeof *info);
    return bpf_obj_get_info_by_fd(fd, info, &size) ? errno : 0;
}

/* Appends to 's' what the verifier says of the program that it refuses: the
 * last line of 'log' before its statistics. */
static void
put_verdict(struct ds *s, char *log)
{
    char *end = strstr(log, "\nprocessed ");

    if (end) {
        *end = '\0';

        char *line = strrchr(log, '\n');

        ds_put_format(s, ": %s", line ? line + 1 : log);
    }
}

/* Loads the programs in 'object'.  Returns NULL if successful, otherwise why
 * not, which the caller must free. */
static char *
load_object(struct bpf_object *obj)
{
    enum { LOG_SIZE = UINT32_MAX >> 8 };    /* The most that Linux takes. */
    struct ds s = DS_EMPTY_INITIALIZER;
    struct bpf_program *prog;
    char *log;
    int error;

    /* Pages that are not written to cost nothing. */
    log = xcalloc(1, LOG_SIZE);
    bpf_object__for_each_program (prog, obj) {
        bpf_program__set_log_buf(prog, log, LOG_SIZE);
    }
    error = bpf_object__load(obj) ? errno : 0;
    if (error) {
        ds_put_format(&s, "the kernel does not load the BPF program (%s)",
                      ovs_strerror(error));
        if (error == EPERM) {
            ds_put_cstr(&s, ": ovs-vswitchd must be root, or have CAP_BPF, "
                        "CAP_NET_ADMIN and CAP_SYS_ADMIN");
        }
        put_verdict(&s, log);
    }
    free(log);
    return error ? ds_steal_cstr(&s) : NULL;
}

/* Does what portable_hash_bpf_load() says, once.  Returns NULL if successful,
 * otherwise why not. */
static char *
load(void)
{
    struct bpf_object *obj;
    char *error;

    libbpf_set_print(print_libbpf);
    obj = bpf_object__open_mem(object, sizeof object, NULL);
    if (!obj) {
        return xasprintf("libbpf does not read the BPF program (%s)",
                         ovs_strerror(errno));
    }
    error = load_object(obj);
    for (int i = 0; i < N_PROGRAMS && !error; i++) {
        struct program *p = &programs[i];
        struct bpf_prog_info info;

        /* Its descriptor ends with 'obj'. */
        p->fd = dup(bpf_program__fd(
                        bpf_object__find_program_by_name(obj, p->name)));
        if (p->fd < 0 || get_info(p->fd, &info)) {
            error = xasprintf("cannot get the BPF program (%s)",
                              ovs_strerror(errno));
        } else {
            memcpy(p->tag, info.tag, sizeof p->tag);
        }
    }
    bpf_object__close(obj);
    return error;
}

/* Loads the programs into the kernel, unless that is done, or was not possible
 * before.  Returns true if successful.  Otherwise stores the reason in
 * '*errorp', which the caller must free, and returns false: it is the same
 * until this process ends. */
bool
portable_hash_bpf_load(char **errorp)
{
    static bool done;
    static char *error;

    if (!done) {
        error = load();
        done = true;
    }
    *errorp = nullable_xstrdup(error);
    return !error;
}

static enum bpf_attach_type
tcx_type(bool egress)
{
    return (enum bpf_attach_type) (egress ? TCX_EGRESS : TCX_INGRESS);
}

/* Looks for one of our programs among those in the tcx list of a device.
 * Returns 0 and stores its descriptor, which the caller must close, or -1 if
 * there is none, in '*fdp', and what is known of it in '*info'.  Otherwise
 * returns a positive errno value, EINVAL if the kernel has no tcx. */
static int
tcx_find(int ifindex, bool egress, int *fdp, struct bpf_prog_info *info)
{
    uint32_t ids[TCX_MAX_PROGRAMS];
    uint32_t n = TCX_MAX_PROGRAMS;

    *fdp = -1;
    if (bpf_prog_query(ifindex, tcx_type(egress), 0, NULL, ids, &n)) {
        return errno;
    }
    for (uint32_t i = 0; i < n; i++) {
        int fd = bpf_prog_get_fd_by_id(ids[i]);

        if (fd < 0) {
            if (errno == ENOENT) {
                continue;           /* Somebody has just detached it. */
            }
            return errno;
        }
        if (!get_info(fd, info) && find_program(info->name)) {
            *fdp = fd;
            return 0;
        }
        close(fd);
    }
    return 0;
}

/* Puts 'p' into the tcx list of a device, in the place of 'old_fd' if that is
 * not -1, otherwise before all others.  Returns 0 if successful, otherwise a
 * positive errno value. */
static int
tcx_put(int ifindex, bool egress, const struct program *p, int old_fd)
{
    LIBBPF_OPTS(bpf_prog_attach_opts, opts,
                .flags = old_fd < 0 ? TCX_BEFORE : BPF_F_REPLACE,
                .replace_prog_fd = old_fd < 0 ? 0 : old_fd);

    return bpf_prog_attach_opts(p->fd, ifindex, tcx_type(egress), &opts)
           ? errno : 0;
}

static int
tcx_attach(int ifindex, bool egress, const struct program *p)
{
    struct bpf_prog_info info;
    int fd;

    int error = tcx_find(ifindex, egress, &fd, &info);
    if (!error && (fd < 0 || memcmp(info.tag, p->tag, sizeof p->tag))) {
        error = tcx_put(ifindex, egress, p, fd);
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Returns the program for packets of a device, or NULL and stores a positive
 * errno value in '*errorp' if there is no such device, or none whose packets
 * the datapath takes. */
static const struct program *
program_for_device(int ifindex, int *errorp)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    if (!if_indextoname(ifindex, ifr.ifr_name)) {
        *errorp = errno == ENXIO ? ENODEV : errno;
        return NULL;
    }
    *errorp = af_inet_ioctl(SIOCGIFHWADDR, &ifr);
    if (*errorp) {
        return NULL;
    }
    switch (ifr.ifr_hwaddr.sa_family) {
    case ARPHRD_ETHER:
        return &programs[0];
    case ARPHRD_NONE:
        return &programs[1];
    default:
        *errorp = EPFNOSUPPORT;
        return NULL;
    }
}

/* Attaches the program to the ingress or egress of a device, in the place of
 * one of an earlier version, if there is one, without a moment between them.
 * Does nothing if it is there already.
 *
 * Returns 0 if successful.  Otherwise stores the reason in '*errorp', which
 * the caller must free, and returns a positive errno value: ENODEV if there is
 * no such device. */
int
portable_hash_bpf_attach(int ifindex, bool egress, char **errorp)
{
    const struct program *p;
    int error;

    if (!portable_hash_bpf_load(errorp)) {
        return EOPNOTSUPP;
    }
    p = program_for_device(ifindex, &error);
    if (p) {
        error = tcx_attach(ifindex, egress, p);
        if (error == EINVAL) {
            return portable_hash_tc_attach(ifindex, egress, p->fd, p->tag,
                                           errorp);
        }
    }
    *errorp = (error == EPFNOSUPPORT
               ? xstrdup("the device is neither Ethernet nor without headers")
               : error ? xstrdup(ovs_strerror(error)) : NULL);
    return error;
}

/* Detaches the program, or one of an earlier version, from the ingress or
 * egress of a device.  Does not need it to be loaded.  Returns 0 if successful
 * or if there is none, otherwise a positive errno value. */
int
portable_hash_bpf_detach(int ifindex, bool egress)
{
    struct bpf_prog_info info;
    int fd;

    int error = tcx_find(ifindex, egress, &fd, &info);
    if (error == EINVAL) {
        return portable_hash_tc_detach(ifindex, egress);
    }
    if (fd >= 0) {
        if (bpf_prog_detach2(fd, ifindex, tcx_type(egress))) {
            error = errno;
        }
        close(fd);
    }
    return error == ENODEV ? 0 : error;
}

/* Returns true and stores its tag in 'tag' if the program, or one of an
 * earlier version, is attached to the ingress or egress of a device. */
static bool
find_tag(int ifindex, bool egress, uint8_t tag[PORTABLE_HASH_TAG_SIZE])
{
    struct bpf_prog_info info;
    int fd;

    if (tcx_find(ifindex, egress, &fd, &info) == EINVAL) {
        return portable_hash_tc_find(ifindex, egress, tag);
    } else if (fd < 0) {
        return false;
    }
    memcpy(tag, info.tag, PORTABLE_HASH_TAG_SIZE);
    close(fd);
    return true;
}

/* Returns true if the program that this process has loaded, or one with the
 * same instructions, is attached to the ingress or egress of a device.  Takes
 * a few system calls. */
bool
portable_hash_bpf_is_attached(int ifindex, bool egress)
{
    uint8_t tag[PORTABLE_HASH_TAG_SIZE];

    return (find_tag(ifindex, egress, tag)
            && (!memcmp(tag, programs[0].tag, sizeof tag)
                || !memcmp(tag, programs[1].tag, sizeof tag)));
}

/* Returns true if the program, or one of an earlier version, is attached to
 * the ingress or egress of a device.  Takes a few system calls. */
bool
portable_hash_bpf_was_attached(int ifindex, bool egress)
{
    uint8_t tag[PORTABLE_HASH_TAG_SIZE];

    return find_tag(ifindex, egress, tag);
}
