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

/* The main thread compares the ports that the bridges have with those that it
 * knows, before translation learns of new ones, and gives the program to those
 * that lack it.  Once a second it looks whether it is still there.  All that
 * is remembered is what translation needs to know: after a restart, a program
 * on a port's device tells that a group has asked for it before.
 *
 *                  packets arrive at         the program is at its
 *   "system" port  the device                ingress
 *   tunnel         the tunnel's own device,  ingress
 *                  after decapsulation
 *   "internal"     the device, from local    egress
 *                  sockets
 */

#include <config.h>
#include "ofproto-dpif-portable-ports.h"
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include "cmap.h"
#include "dpif-netdev.h"
#include "hash.h"
#include "netdev.h"
#include "netdev-vport.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "portable-hash-bpf.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofproto_dpif_portable_ports);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

#define CHECK_INTERVAL 1000     /* In ms. */

/* What other_config:portable-hash says. */
enum setting { UNSET, ON, OFF };

/* Belongs to the main thread, except where something else is said. */
struct portable_ports {
    bool is_netdev;             /* Userspace datapath.  Never changes. */
    char *error;                /* Why the kernel does not take the program, or
                                 * null.  Never changes. */
    enum setting setting;
    bool asked;                 /* By a group, maybe before a restart. */
    bool swept;                 /* No device has a program of a former port. */
    bool changed;               /* Refresh at the next opportunity. */
    long long int next_check;   /* In ms of time_msec(). */
    atomic_bool wanted;         /* is_wanted().  Any thread may read. */
    struct cmap ports;          /* Of "struct port"s.  Any thread may read. */
    struct ovs_list left;       /* Those that are not in 'ports' any more, and
                                 * whose devices still have the program. */
};

struct port {
    struct cmap_node node;      /* In 'ports', by 'odp_port'. */
    struct ovs_list left_node;  /* In 'left'. */
    odp_port_t odp_port;
    atomic_bool has_program;    /* Any thread may read. */

    /* For the main thread. */
    char *name;                 /* Of the device. */
    int ifindex;
    int namesake;               /* Of the device with that name, as it was last
                                 * seen, if 'ifindex' is not positive. */
    bool egress;
    bool current;               /* This process has attached the program. */
    char *reason;               /* Why it has no program, or null. */
    bool seen;                  /* By portable_ports_refresh(), this time. */
};

/* Returns what portable_ports_destroy() has to free, for the ports of 'dpif'.
 * For the main thread, like all the functions below of which nothing else is
 * said. */
struct portable_ports *
portable_ports_create(const struct dpif *dpif)
{
    struct portable_ports *pp = xzalloc(sizeof *pp);

    pp->is_netdev = dpif_is_netdev(dpif);
    if (!pp->is_netdev) {
        portable_hash_bpf_load(&pp->error);
    }
    atomic_init(&pp->wanted, false);
    cmap_init(&pp->ports);
    ovs_list_init(&pp->left);
    return pp;
}

static bool
is_wanted(const struct portable_ports *pp)
{
    return (!pp->is_netdev && !pp->error
            && (pp->setting == ON || (pp->setting == UNSET && pp->asked)));
}

static void
port_free(struct port *port)
{
    free(port->name);
    free(port->reason);
    free(port);
}

static bool
port_has_program(const struct port *port)
{
    bool has_program;

    atomic_read_relaxed(&CONST_CAST(struct port *, port)->has_program,
                        &has_program);
    return has_program;
}

/* Removes 'port' from 'pp', and has detach_left() take the program from its
 * device if 'detach'. */
static void
port_remove(struct portable_ports *pp, struct port *port, bool detach)
{
    cmap_remove(&pp->ports, &port->node, hash_odp_port(port->odp_port));
    if (detach && port_has_program(port)) {
        ovs_list_push_back(&pp->left, &port->left_node);
    } else {
        ovsrcu_postpone(port_free, port);
    }
}

static bool
has_device(const struct portable_ports *pp, int ifindex)
{
    const struct port *port;

    CMAP_FOR_EACH (port, node, &pp->ports) {
        if (port->ifindex == ifindex) {
            return true;
        }
    }
    return false;
}

/* Takes the program from the devices of ports that have left, except for those
 * that have come back as other ports. */
static void
detach_left(struct portable_ports *pp)
{
    struct port *port;

    LIST_FOR_EACH_POP (port, left_node, &pp->left) {
        if (!has_device(pp, port->ifindex)) {
            portable_hash_bpf_detach(port->ifindex, port->egress);
        }
        ovsrcu_postpone(port_free, port);
    }
}

/* Frees 'pp', which no other thread may use any more.  Programs go if 'del',
 * with which the datapath goes too, and stay otherwise. */
void
portable_ports_destroy(struct portable_ports *pp, bool del)
{
    struct port *port;

    CMAP_FOR_EACH (port, node, &pp->ports) {
        port_remove(pp, port, del);
    }
    detach_left(pp);
    cmap_destroy(&pp->ports);
    free(pp->error);
    free(pp);
}

static struct port *
port_find(const struct portable_ports *pp, odp_port_t odp_port)
{
    struct port *port;

    CMAP_FOR_EACH_WITH_HASH (port, node, hash_odp_port(odp_port),
                             &pp->ports) {
        if (port->odp_port == odp_port) {
            return port;
        }
    }
    return NULL;
}

/* Makes sure that 'port' has the program if 'wanted', and that it has not
 * otherwise.  Returns true if packets that arrive there have, or may have,
 * another hash from now on. */
static bool
port_update(struct port *port, bool wanted)
{
    bool had_program = port_has_program(port);
    bool has_program = false;
    bool is_back = false;
    bool is_gone = false;
    char *reason = NULL;

    if (!wanted) {
        if (had_program) {
            portable_hash_bpf_detach(port->ifindex, port->egress);
        }
    } else if (port->ifindex <= 0) {
        int namesake = if_nametoindex(port->name);

        /* Maybe it is back, which only a refresh can tell. */
        is_back = namesake != port->namesake;
        port->namesake = namesake;
        reason = xstrdup("its device is not in this network namespace");
    } else if (port->current
               && portable_hash_bpf_is_attached(port->ifindex, port->egress)) {
        has_program = true;
    } else {
        int error = portable_hash_bpf_attach(port->ifindex, port->egress,
                                             &reason);

        has_program = !error;
        is_gone = error == ENODEV;
        if (port->current && !is_gone) {
            VLOG_WARN_RL(&rl, "%s: somebody has removed the program that "
                         "gives packets the portable hash: some of them may "
                         "have gone to other buckets of groups", port->name);
        }
    }

    /* The port of a device that is gone is about to leave. */
    if (reason && !is_gone
        && (!port->reason || strcmp(reason, port->reason))) {
        VLOG_WARN("%s: packets do not get the portable hash, so that other "
                  "switches choose other buckets for them: %s",
                  port->name, reason);
    }
    free(port->reason);
    port->reason = reason;

    port->current = has_program;
    atomic_store_relaxed(&port->has_program, has_program);
    return has_program != had_program || is_back;
}

/* Takes the program from devices that are not those of 'pp''s ports: they left
 * while no daemon was there to see it. */
static void
sweep(const struct portable_ports *pp)
{
    struct if_nameindex *devices = if_nameindex();
    struct sset names = SSET_INITIALIZER(&names);
    struct port *port;

    CMAP_FOR_EACH (port, node, &pp->ports) {
        sset_add(&names, port->name);
    }
    for (size_t i = 0; devices && devices[i].if_index; i++) {
        if (!sset_contains(&names, devices[i].if_name)) {
            portable_hash_bpf_detach(devices[i].if_index, false);
            portable_hash_bpf_detach(devices[i].if_index, true);
        }
    }
    sset_destroy(&names);
    if_freenameindex(devices);
}

/* Updates all ports of 'pp'.  Returns true if packets that arrive at one of
 * them have another hash from now on. */
static bool
update_ports(struct portable_ports *pp)
{
    bool wanted = is_wanted(pp);
    bool changed = false;
    struct port *port;

    atomic_store_relaxed(&pp->wanted, wanted);
    CMAP_FOR_EACH (port, node, &pp->ports) {
        changed |= port_update(port, wanted);
    }
    pp->next_check = time_msec() + CHECK_INTERVAL;
    return changed;
}

/* Begins to bring 'pp' up to date with the ports that bridges have. */
void
portable_ports_refresh_start(struct portable_ports *pp)
{
    struct port *port;

    CMAP_FOR_EACH (port, node, &pp->ports) {
        port->seen = false;
    }
}

/* Tells 'pp' of a port of a bridge: 'odp_port', which may be ODPP_NONE, on
 * 'netdev'.  Tunnels share ports.  Translation must not know it before
 * portable_ports_refresh_done(). */
void
portable_ports_refresh(struct portable_ports *pp, odp_port_t odp_port,
                       const struct netdev *netdev)
{
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    if (odp_port == ODPP_NONE || pp->is_netdev || pp->error) {
        return;
    }

    const char *name = netdev_vport_get_dpif_port(netdev, namebuf,
                                                  sizeof namebuf);
    int ifindex = (netdev_get_tunnel_config(netdev)
                   ? if_nametoindex(name)
                   : netdev_get_ifindex(netdev));
    struct port *port = port_find(pp, odp_port);

    if (port && port->ifindex != ifindex) {
        port_remove(pp, port, true);
        port = NULL;
    }
    if (!port) {
        bool egress = !strcmp(netdev_get_type(netdev), "internal");
        bool has_program
            = ifindex > 0 && portable_hash_bpf_was_attached(ifindex, egress);

        port = xmalloc(sizeof *port);
        *port = (struct port) {
            .odp_port = odp_port,
            .name = xstrdup(name),
            .ifindex = ifindex,
            .namesake = ifindex > 0 ? 0 : if_nametoindex(name),
            .egress = egress,
        };
        atomic_init(&port->has_program, has_program);
        cmap_insert(&pp->ports, &port->node, hash_odp_port(odp_port));

        pp->asked |= has_program;
    }
    port->seen = true;
}

/* Gives the program to the ports that bridges have, and takes it from those
 * that they do not have any more.
 *
 * Takes some system calls for each port, and the first time, for each network
 * device. */
void
portable_ports_refresh_done(struct portable_ports *pp)
{
    struct port *port;

    if (pp->is_netdev || pp->error) {
        return;
    }

    CMAP_FOR_EACH (port, node, &pp->ports) {
        if (!port->seen) {
            port_remove(pp, port, true);
        }
    }
    detach_left(pp);
    update_ports(pp);
    if (!pp->swept) {
        sweep(pp);
        pp->swept = true;
    }
}

/* Updates the ports that 'pp' knows if there is reason for it, or some time
 * has passed.  Returns true if flows have to be translated anew. */
bool
portable_ports_run(struct portable_ports *pp)
{
    bool changed = pp->changed;

    pp->changed = false;
    if (changed || (is_wanted(pp) && time_msec() >= pp->next_check)) {
        changed |= update_ports(pp);
    }
    return changed;
}

/* Wakes up the poll loop when portable_ports_run() has something to do. */
void
portable_ports_wait(const struct portable_ports *pp)
{
    if (pp->changed) {
        poll_immediate_wake();
    } else if (is_wanted(pp)) {
        poll_timer_wait_until(pp->next_check);
    }
}

/* Takes over other_config:portable-hash. */
void
portable_ports_configure(struct portable_ports *pp,
                         const struct smap *other_config)
{
    const char *s = smap_get_def(other_config, "portable-hash", "");
    enum setting setting = (!strcmp(s, "true") ? ON
                            : !strcmp(s, "false") ? OFF
                            : UNSET);

    if (setting == UNSET && *s) {
        VLOG_WARN_ONCE("other_config:portable-hash in table Open_vSwitch is "
                       "\"%s\", neither true nor false: ignoring it", s);
    }
    if (pp->setting != setting) {
        pp->setting = setting;
        pp->changed = true;
        if (!pp->is_netdev && !pp->error) {
            update_ports(pp);
        }
    }
}

/* Tells 'pp' that a group asks for the portable hash, before packets can get
 * to it. */
void
portable_ports_want(struct portable_ports *pp)
{
    if (pp->error) {
        VLOG_WARN_ONCE("Packets of the kernel datapath do not have the "
                       "portable hash, so that other switches choose other "
                       "buckets: %s", pp->error);
    } else if (!pp->asked) {
        pp->asked = true;
        pp->changed = true;
        if (is_wanted(pp)) {
            update_ports(pp);
        }
    }
}

/* Returns why packets do not have the portable hash although a group asks for
 * it, as part of 'pp' or a constant. */
const char *
portable_ports_reason(const struct portable_ports *pp)
{
    return (pp->error ? pp->error
            : pp->setting == OFF ? "other_config:portable-hash is false"
            : "the datapath does not have it");
}

/* Returns true if packets that arrived at 'odp_port' have the portable hash,
 * as far as the datapath has it.  ODPP_NONE stands for packets of ovs-vswitchd
 * itself, which have it if any can.  May be called from any thread that keeps
 * 'pp' alive. */
bool
portable_ports_have(const struct portable_ports *pp, odp_port_t odp_port)
{
    if (pp->is_netdev) {
        return true;
    } else if (odp_port == ODPP_NONE) {
        bool wanted;

        atomic_read_relaxed(&CONST_CAST(struct portable_ports *, pp)->wanted,
                            &wanted);
        return wanted;
    }

    const struct port *port = port_find(pp, odp_port);

    return port && port_has_program(port);
}

/* Returns the ports of 'pp', sorted by name.  The caller must free the
 * array. */
static const struct shash_node **
sort_ports(const struct portable_ports *pp, struct shash *ports)
{
    struct port *port;

    shash_init(ports);
    CMAP_FOR_EACH (port, node, &pp->ports) {
        shash_add(ports, port->name, port);
    }
    return shash_sort(ports);
}

/* Appends which ports of the kernel datapath have the program, and which do
 * not, and why, to 's', or nothing if the datapath does not need it. */
void
portable_ports_format(const struct portable_ports *pp, struct ds *s)
{
    if (pp->is_netdev || !is_wanted(pp)) {
        return;
    }

    struct shash ports;
    const struct shash_node **nodes = sort_ports(pp, &ports);
    size_t n = shash_count(&ports);

    ds_put_cstr(s, "  on ports:   ");
    for (size_t i = 0; i < n; i++) {
        const struct port *port = nodes[i]->data;

        if (port_has_program(port)) {
            ds_put_format(s, " %s", port->name);
        }
    }
    ds_put_char(s, '\n');
    for (size_t i = 0; i < n; i++) {
        const struct port *port = nodes[i]->data;

        if (!port_has_program(port)) {
            ds_put_format(s, "  not on port: %s: %s\n",
                          port->name, port->reason);
        }
    }
    free(nodes);
    shash_destroy(&ports);
}

/* Returns the same as JSON, which the caller owns: an object with a member for
 * each port, which is null or says why it does not have the program, or null
 * if the datapath does not need it. */
struct json *
portable_ports_to_json(const struct portable_ports *pp)
{
    if (pp->is_netdev || !is_wanted(pp)) {
        return json_null_create();
    }

    struct json *json = json_object_create();
    struct port *port;

    CMAP_FOR_EACH (port, node, &pp->ports) {
        json_object_put(json, port->name,
                        port_has_program(port)
                        ? json_null_create()
                        : json_string_create(port->reason));
    }
    return json;
}
