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
/* A filter sits on the qdisc "clsact", which has a hook for the ingress of a
 * device and one for its egress, or on the qdisc "ingress", which has the
 * first only.  A device has one of these, or none.  netdev-linux.c adds
 * "ingress" for policing, and takes any "ingress" that it finds for its own,
 * so that this file adds "clsact" where there is nothing yet.
 *
 * The filter's name says that it is ours, and whether its qdisc is. */

#include <config.h>
#include "portable-hash-tc.h"
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>
#include "netlink.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tc.h"
#include "util.h"

#define FILTER_NAME "ovs-portable-hash"
#define FILTER_NAME_WITH_QDISC "ovs-portable-hash and its qdisc"

enum { FILTER_HANDLE = 1 };

/* Members of TCA_OPTIONS of a filter of kind "bpf".  linux/pkt_cls.h has them,
 * but not the one in this tree. */
enum {
    BPF_FD = 6,
    BPF_NAME = 7,
    BPF_FLAGS = 8,
    BPF_FLAGS_GEN = 9,
    BPF_TAG = 10,
};

enum { MATCHALL_ACT = 2 };              /* In one of kind "matchall". */

enum { BPF_FLAG_ACT_DIRECT = 1 };       /* In BPF_FLAGS. */
enum { CLS_FLAGS_SKIP_HW = 1 };         /* In BPF_FLAGS_GEN. */

/* What is at a hook of a device. */
struct filters {
    bool ours;                  /* Whether one of them is ours. */
    bool our_qdisc;             /* Whether we added the qdisc for it. */
    uint16_t prio;              /* Its priority, or one that is free. */
    uint8_t tag[PORTABLE_HASH_TAG_SIZE];    /* Of its program. */
    bool policer;               /* Whether one is that of netdev-linux.c. */
    size_t n_foreign;           /* How many others there are. */
};

/* What is at a device. */
struct qdisc {
    enum { QDISC_NONE, QDISC_INGRESS, QDISC_CLSACT } kind;
    struct filters filters[2];  /* At ingress and egress. */
};

static uint32_t
parent(bool egress)
{
    return egress ? TC_EGRESS_PARENT : TC_INGRESS_PARENT;
}

/* Stores what the filter with attributes 'attrs' is in '*filters', if it is
 * ours.  Returns false if it is not. */
static bool
parse_filter(struct nlattr *const attrs[], struct filters *filters)
{
    static const struct nl_policy policy[] = {
        [BPF_NAME] = { .type = NL_A_STRING, .optional = true },
        [BPF_TAG] = { .type = NL_A_UNSPEC, .optional = true,
                      .min_len = PORTABLE_HASH_TAG_SIZE,
                      .max_len = PORTABLE_HASH_TAG_SIZE },
    };
    struct nlattr *options[ARRAY_SIZE(policy)];
    const char *name;

    if (strcmp(nl_attr_get_string(attrs[TCA_KIND]), "bpf")
        || !attrs[TCA_OPTIONS]
        || !nl_parse_nested(attrs[TCA_OPTIONS], policy, options,
                            ARRAY_SIZE(options))
        || !options[BPF_NAME] || !options[BPF_TAG]) {
        return false;
    }
    name = nl_attr_get_string(options[BPF_NAME]);
    filters->our_qdisc = !strcmp(name, FILTER_NAME_WITH_QDISC);
    if (!filters->our_qdisc && strcmp(name, FILTER_NAME)) {
        return false;
    }
    filters->ours = true;
    memcpy(filters->tag, nl_attr_get(options[BPF_TAG]), sizeof filters->tag);
    return true;
}

/* Returns true if the filter with attributes 'attrs' has the kind of the
 * policer of netdev-linux.c. */
static bool
is_policer(struct nlattr *const attrs[])
{
    const struct nlattr *actions, *action, *kind;

    if (strcmp(nl_attr_get_string(attrs[TCA_KIND]), "matchall")
        || !attrs[TCA_OPTIONS]) {
        return false;
    }
    actions = nl_attr_find_nested(attrs[TCA_OPTIONS], MATCHALL_ACT);
    action = actions ? nl_attr_find_nested(actions, 1) : NULL;
    kind = action ? nl_attr_find_nested(action, TCA_ACT_KIND) : NULL;
    return kind && !strcmp(nl_attr_get_string(kind), "police");
}

static const struct nl_policy tca_policy[] = {
    [TCA_KIND] = { .type = NL_A_STRING },
    [TCA_OPTIONS] = { .type = NL_A_NESTED, .optional = true },
};

/* Stores what filters are at a hook of a device in '*filters'.  Returns 0 if
 * successful, otherwise a positive errno value. */
static int
get_filters(int ifindex, bool egress, struct filters *filters)
{
    uint64_t buffer_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buffer;
    struct tcmsg *tcmsg;
    struct nl_dump dump;

    *filters = (struct filters) { .prio = TC_RESERVED_PRIORITY_POLICE + 1 };
    tcmsg = tc_make_request(ifindex, RTM_GETTFILTER, NLM_F_DUMP, &request);
    tcmsg->tcm_parent = parent(egress);
    nl_dump_start(&dump, NETLINK_ROUTE, &request);
    ofpbuf_uninit(&request);

    ofpbuf_use_stub(&buffer, buffer_stub, sizeof buffer_stub);
    while (nl_dump_next(&dump, &reply, &buffer)) {
        struct nlattr *attrs[ARRAY_SIZE(tca_policy)];
        const struct tcmsg *filter;

        if (!nl_policy_parse(&reply, NLMSG_HDRLEN + sizeof *filter,
                             tca_policy, attrs, ARRAY_SIZE(attrs))) {
            continue;
        }
        filter = ofpbuf_at_assert(&reply, NLMSG_HDRLEN, sizeof *filter);

        uint16_t prio = tc_get_major(filter->tcm_info);
        if (parse_filter(attrs, filters)) {
            filters->prio = prio;
        } else if (!filter->tcm_handle) {
            /* Not a filter, but what holds those of a priority. */
        } else if (prio == TC_RESERVED_PRIORITY_POLICE && is_policer(attrs)) {
            filters->policer = true;
        } else {
            filters->n_foreign++;
        }
        /* They come in the order of their priorities. */
        if (!filters->ours && prio == filters->prio) {
            filters->prio++;
        }
    }
    ofpbuf_uninit(&buffer);
    return nl_dump_done(&dump);
}

/* Stores what is at a device in '*qdisc'.  Returns 0 if successful, otherwise
 * a positive errno value. */
static int
get_qdisc(int ifindex, struct qdisc *qdisc)
{
    struct nlattr *attrs[ARRAY_SIZE(tca_policy)];
    struct ofpbuf request, *reply;
    struct tcmsg *tcmsg;
    int error;

    *qdisc = (struct qdisc) { .kind = QDISC_NONE };
    tcmsg = tc_make_request(ifindex, RTM_GETQDISC, NLM_F_ECHO, &request);
    tcmsg->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    tcmsg->tcm_parent = TC_H_CLSACT;
    error = tc_transact(&request, &reply);
    if (error) {
        return error == ENOENT || error == EINVAL ? 0 : error;
    }
    if (!nl_policy_parse(reply, NLMSG_HDRLEN + sizeof *tcmsg, tca_policy,
                         attrs, ARRAY_SIZE(attrs))) {
        error = EPROTO;
    } else if (!strcmp(nl_attr_get_string(attrs[TCA_KIND]), "clsact")) {
        qdisc->kind = QDISC_CLSACT;
    } else {
        qdisc->kind = QDISC_INGRESS;
    }
    ofpbuf_delete(reply);

    if (!error) {
        error = get_filters(ifindex, false, &qdisc->filters[0]);
    }
    /* "ingress" would have its filters at any hook. */
    if (!error && qdisc->kind == QDISC_CLSACT) {
        error = get_filters(ifindex, true, &qdisc->filters[1]);
    }
    return error;
}

static bool
has_foreign(const struct qdisc *qdisc)
{
    return qdisc->filters[0].n_foreign || qdisc->filters[1].n_foreign;
}

static bool
has_ours(const struct qdisc *qdisc)
{
    return qdisc->filters[0].ours || qdisc->filters[1].ours;
}

static int
add_clsact(int ifindex)
{
    return tc_add_del_qdisc(ifindex, true, 0, TC_EGRESS);
}

static void
del_qdisc(int ifindex, const struct qdisc *qdisc)
{
    tc_add_del_qdisc(ifindex, false, 0, (qdisc->kind == QDISC_CLSACT
                                         ? TC_EGRESS : TC_INGRESS));
}

/* Adds our filter to a hook of a device, or replaces it. */
static int
put_filter(int ifindex, bool egress, int prog_fd,
           const struct filters *filters)
{
    uint16_t eth_type = (OVS_FORCE uint16_t) htons(ETH_P_ALL);
    struct ofpbuf request;
    struct tcmsg *tcmsg;
    size_t options;

    tcmsg = tc_make_request(ifindex, RTM_NEWTFILTER,
                            NLM_F_CREATE | (filters->ours ? 0 : NLM_F_EXCL),
                            &request);
    tcmsg->tcm_parent = parent(egress);
    tcmsg->tcm_info = tc_make_handle(filters->prio, eth_type);
    tcmsg->tcm_handle = FILTER_HANDLE;

    nl_msg_put_string(&request, TCA_KIND, "bpf");
    options = nl_msg_start_nested(&request, TCA_OPTIONS);
    nl_msg_put_u32(&request, BPF_FD, prog_fd);
    nl_msg_put_string(&request, BPF_NAME,
                      filters->our_qdisc
                      ? FILTER_NAME_WITH_QDISC : FILTER_NAME);
    nl_msg_put_u32(&request, BPF_FLAGS, BPF_FLAG_ACT_DIRECT);
    nl_msg_put_u32(&request, BPF_FLAGS_GEN, CLS_FLAGS_SKIP_HW);
    nl_msg_end_nested(&request, options);
    return tc_transact(&request, NULL);
}

/* Attaches the program 'prog_fd' with 'tag' to the ingress or egress of a
 * device, in the place of another one of ours if there is one, without a
 * moment between them.  Does nothing if that has the same tag.
 *
 * Returns 0 if successful.  Otherwise stores the reason in '*errorp', which
 * the caller must free, and returns a positive errno value. */
int
portable_hash_tc_attach(int ifindex, bool egress, int prog_fd,
                        const uint8_t tag[PORTABLE_HASH_TAG_SIZE],
                        char **errorp)
{
    struct filters *filters;
    bool new_qdisc = false;
    struct qdisc qdisc;
    int error;

    error = get_qdisc(ifindex, &qdisc);
    if (!error && qdisc.kind == QDISC_NONE) {
        error = add_clsact(ifindex);
        if (!error) {
            new_qdisc = true;
            error = get_qdisc(ifindex, &qdisc);
        }
    }
    if (error) {
        *errorp = xasprintf("cannot add qdisc clsact (%s)",
                            ovs_strerror(error));
        return error;
    }
    if (egress && qdisc.kind == QDISC_INGRESS) {
        *errorp = xstrdup("qdisc ingress, as policing adds it, has no egress, "
                          "and a device cannot have clsact beside it");
        return EEXIST;
    }

    filters = &qdisc.filters[egress];
    if (!filters->ours || memcmp(tag, filters->tag, sizeof filters->tag)) {
        filters->our_qdisc |= new_qdisc || qdisc.filters[!egress].our_qdisc;
        error = put_filter(ifindex, egress, prog_fd, filters);
        if (error && new_qdisc) {
            del_qdisc(ifindex, &qdisc);
        }
    }
    *errorp = (error
               ? xasprintf("cannot add a filter (%s)", ovs_strerror(error))
               : NULL);
    return error;
}

/* Detaches our program from the ingress or egress of a device.  Returns 0 if
 * successful or if there is none, otherwise a positive errno value. */
int
portable_hash_tc_detach(int ifindex, bool egress)
{
    struct filters *filters;
    struct qdisc qdisc;
    struct tcf_id id;
    int error;

    error = get_qdisc(ifindex, &qdisc);
    filters = &qdisc.filters[egress];
    if (error || !filters->ours) {
        return error;
    }

    id = tc_make_tcf_id(ifindex, 0, filters->prio,
                        egress ? TC_EGRESS : TC_INGRESS);
    id.handle = FILTER_HANDLE;
    error = tc_del_filter(&id, "bpf");

    /* Nobody else needs the qdisc if it is ours, or one that netdev-linux.c
     * takes for its own, and there is no other filter. */
    if (!error && (filters->our_qdisc || qdisc.kind == QDISC_INGRESS)
        && !get_qdisc(ifindex, &qdisc) && !has_ours(&qdisc)
        && !has_foreign(&qdisc) && !qdisc.filters[0].policer) {
        del_qdisc(ifindex, &qdisc);
    }
    return error;
}

/* Returns true and stores its tag in 'tag' if a program of ours is attached to
 * the ingress or egress of a device. */
bool
portable_hash_tc_find(int ifindex, bool egress,
                      uint8_t tag[PORTABLE_HASH_TAG_SIZE])
{
    struct qdisc qdisc;

    if (get_qdisc(ifindex, &qdisc) || !qdisc.filters[egress].ours) {
        return false;
    }
    memcpy(tag, qdisc.filters[egress].tag, PORTABLE_HASH_TAG_SIZE);
    return true;
}

/* Returns true if policing on a device must not delete the qdisc that is
 * there, but has to do with it, because our filter is on it, or was and has
 * left it behind.  May be called from any thread. */
bool
portable_hash_tc_shares_qdisc(int ifindex)
{
    struct qdisc qdisc;

    return (!get_qdisc(ifindex, &qdisc)
            && (has_ours(&qdisc)
                || (qdisc.kind == QDISC_CLSACT && !has_foreign(&qdisc))));
}
