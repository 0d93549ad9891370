# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at:
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

# Switches, hosts and networks, all on this machine, for things to try out.
#
# A script sources this file, calls lab_enter if it wants hosts, lab_start, and
# then lab_host for each host.  If one switch is not enough, it calls lab_begin
# instead of lab_start, lab_switch for each switch, and then lab_host, lab_link
# and what lab-network.sh has to connect them.
#
# The switches run straight out of the build tree $OVS_BUILD; if that is unset,
# lab_find_build looks for one near the script.  The network namespaces are out
# of everybody's sight, files are in $LAB_DIR, and however the script ends
# (other than by SIGKILL), it takes its processes and files along.
#
# Needs ethtool, iproute2 and util-linux.

# Prints a message for whoever waits.
lab_say() {
    echo "$*" >&2
}

# Ends the script with a message.
lab_die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# lab_find_build ROOT: unless $OVS_BUILD is set, sets it.  ROOT, with the
# script's sources, may be a tree that was built, or have one in build/ovs.
lab_find_build() {
    test -z "${OVS_BUILD-}" || return 0
    OVS_BUILD=$1
    test -x "$OVS_BUILD/vswitchd/ovs-vswitchd" || OVS_BUILD=$1/build/ovs
}

# lab_enter "$@": starts the script over, with its arguments, in network and
# mount namespaces of its own, where /run/netns is empty.  Without root (or as
# a container's root, who may not) that takes a user namespace.  Returns 0 in
# the script that was started over, 1 if the machine allows none of this.
lab_enter() {
    if test -n "${LAB_INSIDE-}"; then
        unset LAB_INSIDE
        return 0
    fi

    # Only root of the machine can make a missing /run/netns.
    lab_setup='{ mkdir -p /run/netns ||
                 { mount -t tmpfs lab /run && mkdir /run/netns; }; } &&
               mount -t tmpfs lab /run/netns && ip link set lo up && exec "$@"'
    lab_probe='ip netns add probe && ip link add p0 type veth peer name p1'
    for lab_flags in -nm -rnm; do
        if unshare $lab_flags sh -c "$lab_setup" sh sh -c "$lab_probe" \
            >/dev/null 2>&1; then
            export LAB_INSIDE=yes
            exec unshare $lab_flags sh -c "$lab_setup" sh sh "$0" "$@"
        fi
    done
    return 1
}

# Ends the script with the status that "make check" takes for a skipped test.
lab_skip() {
    lab_say 'no right to make network namespaces here'
    exit 77
}

# lab_begin: prepares for switches and hosts.
lab_begin() {
    PATH=$PATH:/usr/sbin
    lab_use_build "$OVS_BUILD"

    LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ovs-lab.XXXXXX") || exit 1
    trap lab_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    lab_use "$LAB_DIR"

    # What a sanitizer has to say, if Open vSwitch was built with one, is in
    # $LAB_DIR/sanitizer.PID.  The script then fails.  But whoever has set
    # TSAN_OPTIONS, which $UBSAN_OPTIONS override, judges the reports himself.
    export ASAN_OPTIONS="${ASAN_OPTIONS-}:log_path=$LAB_DIR/sanitizer"
    test -n "${TSAN_OPTIONS-}" ||
        export UBSAN_OPTIONS="${UBSAN_OPTIONS-}:log_path=$LAB_DIR/sanitizer"

    # The datapath "netdev" wants tap devices.  "dummy" is the same code and
    # does without them.  "system" is the one of the kernel.
    if test -z "${LAB_DATAPATH-}"; then
        LAB_DATAPATH=dummy
        if (: <>/dev/net/tun) 2>/dev/null; then
            LAB_DATAPATH=netdev
        fi
    fi
}

# lab_use_build DIR: runs Open vSwitch from the build tree DIR.
lab_use_build() {
    OVS_BUILD=$(CDPATH='' cd -- "$1" && pwd) || exit 1
    test -x "$OVS_BUILD/vswitchd/ovs-vswitchd" ||
        lab_die "$OVS_BUILD: no Open vSwitch was built here"
    PATH=$OVS_BUILD/utilities:$OVS_BUILD/ovsdb:$OVS_BUILD/vswitchd:$PATH
    PATH=$OVS_BUILD/tests:$PATH
}

# lab_use DIR: the programs of Open vSwitch talk to the switch that has its
# files in DIR.
lab_use() {
    export OVS_RUNDIR="$1" OVS_LOGDIR="$1" OVS_DBDIR="$1" OVS_SYSCONFDIR="$1"
}

# lab_start [OPTION...]: prepares, and starts one switch (ovs-vswitchd with the
# given options) with the bridge br0, among the hosts' other ends.
lab_start() {
    lab_begin
    if test $# -gt 0; then
        LAB_DATAPATH=dummy
    fi
    lab_run_switch "$@"
}

# lab_switch NAME [BUILD]: makes a switch with the bridge br0, on a host of its
# own, that runs from the build tree BUILD or else $OVS_BUILD.
# NAME has up to 11 characters.
lab_switch() {
    mkdir "$LAB_DIR/$1" || exit 1
    lab_netns "$1"
    (
        test -z "${2-}" || lab_use_build "$2"
        lab_at "$1" lab_run_switch
    ) || exit 1
}

# lab_at NAME COMMAND [ARG...]: runs a command that talks to the switch of
# lab_switch NAME.
lab_at() {
    (
        LAB_SWITCH=$1
        shift
        lab_use "$LAB_DIR/$LAB_SWITCH"
        "$@"
    )
}

# lab_method METHOD: prints the selection method METHOD of a group, with fields
# if it wants some.
lab_method() {
    case $1 in
        hash) lab_fields='ip_src,ip_dst,tcp_src,tcp_dst' ;;
        consistent-hash)
            # Parts of addresses and ports that differ between connections.
            lab_fields='ip_src=0.0.0.63,ip_dst=0.0.0.63'
            lab_fields="$lab_fields,ipv6_src=::3f,ipv6_dst=::3f"
            lab_fields="$lab_fields,tcp_src=0x1e,tcp_dst=0x1e"
            lab_fields="$lab_fields,udp_src=0x1e,udp_dst=0x1e" ;;
        *) lab_fields= ;;
    esac
    case $1 in
        consistent-hash)
            lab_options="consistent-hash(hash=symmetric)" ;;
        *) lab_options=$1 ;;
    esac
    echo "selection_method=$lab_options${lab_fields:+,fields($lab_fields)}"
}

# lab_ofctl SWITCH COMMAND [ARG...]: runs ovs-ofctl on br0 of a switch.
lab_ofctl() {
    lab_ofctl_switch=$1 lab_ofctl_command=$2
    shift 2
    lab_at "$lab_ofctl_switch" ovs-ofctl --no-names --timeout=20 \
        -O OpenFlow15 "$lab_ofctl_command" br0 "$@" ||
        lab_die "${lab_ofctl_switch:-the switch}: cannot $lab_ofctl_command"
}

# Starts ovsdb-server and ovs-vswitchd, with the given options, with files in
# $OVS_RUNDIR, in the network of $LAB_SWITCH if there is one.
lab_run_switch() {
    test $# -gt 0 || set -- --enable-dummy
    # A build is not always among the sources.
    lab_sources=$(sed -n 's/^abs_top_srcdir = //p' "$OVS_BUILD/Makefile")
    test -e "$OVS_DBDIR/conf.db" ||
        ovsdb-tool create "$OVS_DBDIR/conf.db" \
            "$lab_sources/vswitchd/vswitch.ovsschema" &&
        lab_daemon ovsdb-server "$OVS_DBDIR/conf.db" \
            --remote="punix:$OVS_RUNDIR/db.sock" &&
        ovs-vsctl --no-wait init &&
        lab_daemon ovs-vswitchd "$@" &&
        ovs-vsctl --timeout=10 --may-exist add-br br0 -- set Bridge br0 \
            datapath_type="$LAB_DATAPATH" fail-mode=secure ||
        lab_die "cannot start Open vSwitch"
}

# lab_kill SWITCH: ends the daemons of a switch, in the middle of everything.
lab_kill() {
    for lab_program in ovs-vswitchd ovsdb-server; do
        kill -s KILL "$(cat "$LAB_DIR/$1/$lab_program.pid")" &&
            rm "$LAB_DIR/$1/$lab_program.pid" || lab_die "cannot kill $1"
    done
}

# lab_daemon PROGRAM [ARG...]: starts one of the programs of Open vSwitch in
# the background.  It ends together with the script.
lab_daemon() {
    ${LAB_SWITCH:+nsenter --net="/run/netns/$LAB_SWITCH" --} \
        "$@" -vconsole:off --detach --pidfile --log-file && return
    tail -n 5 "$OVS_LOGDIR/$1.log" >&2
    return 1
}

# Ends what runs and removes what is left of it, at the script's exit.
lab_stop() {
    lab_status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    for lab_pidfile in "$LAB_DIR"/*.pid "$LAB_DIR"/*/*.pid; do
        lab_pid=$(cat "$lab_pidfile") || continue
        kill "$lab_pid"
        lab_wait_for_end "$lab_pidfile" || kill -s KILL "$lab_pid"
    done 2>/dev/null
    for lab_report in "$LAB_DIR"/sanitizer.*; do
        test -s "$lab_report" || continue
        lab_say 'the sanitizer reports:'
        head -n 50 "$lab_report" >&2
        lab_status=1
    done
    rm -rf "$LAB_DIR"
    exit "$lab_status"
}

# lab_wait_for_end PIDFILE: waits until a daemon has removed its pidfile, which
# is the last thing it does, or is gone without.  Returns 1 if it takes more
# than 2 seconds.
lab_wait_for_end() {
    for lab_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        { test -e "$1" && kill -0 "$(cat "$1")"; } 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

# lab_netns NAME: makes a host without any connection.
# NAME has up to 11 characters.
lab_netns() {
    ip netns add "$1" && ip -n "$1" link set lo up ||
        lab_die "cannot make host $1"
    # IPv6 addresses can be used at once.
    lab_in "$1" sh -c 'cd /proc/sys/net/ipv6/conf/default 2>/dev/null ||
        exit 0; echo 0 >accept_dad' || lab_die "cannot set up host $1"
}

# lab_host NAME ADDR/LEN MAC OFPORT [SWITCH]: makes a host at the switch of
# lab_start or of lab_switch SWITCH.  Its eth0 is a veth, whose other end
# "ovs-NAME" is a port of br0.  Without an IPv6 address the host sends no
# packets that nobody asked for.
lab_host() {
    lab_netns "$1"
    lab_link "$1" eth0 "$3" "${5-}" "ovs-$1" "$4"
    ip -n "$1" address add "$2" dev eth0 ||
        lab_die "cannot give host $1 an address"
}

# lab_link HOST DEV MAC SWITCH PORT OFPORT: connects the host's new device DEV
# to PORT, a new port of the switch's br0.
lab_link() {
    lab_veth "$1" "$2" "$3" "$4" "$5"
    lab_at "$4" ovs-vsctl --timeout=10 add-port br0 "$5" -- \
        set Interface "$5" ofport_request="$6" ||
        lab_die "cannot connect host $1 to a switch"
}

# lab_veth HOST DEV MAC PEER PEER-DEV [MTU]: connects the host's new device DEV
# to PEER-DEV, a new device of another host, or of the script's own if PEER is
# empty.  The host computes checksums itself, because the userspace datapath
# cannot pass on packets of a veth without.
lab_veth() {
    ip link add "$5" mtu "${6:-1500}" type veth \
        peer name lab-veth mtu "${6:-1500}" address "$3" &&
        ethtool -K lab-veth tx off >/dev/null &&
        ethtool -K "$5" tx off >/dev/null &&
        ip link set lab-veth netns "$1" name "$2" &&
        ip -n "$1" link set "$2" addrgenmode none up &&
        { test -z "$4" || ip link set "$5" netns "$4"; } &&
        ip ${4:+-n "$4"} link set "$5" addrgenmode none up ||
        lab_die "cannot connect host $1"
}

# lab_in NAME COMMAND [ARG...]: runs a command in the network of a host.
lab_in() {
    lab_name=$1
    shift
    nsenter --net="/run/netns/$lab_name" -- "$@"
}

# lab_neighbor NAME ADDR MAC [DEV]: tells a host who has ADDR, so that it does
# not ask with ARP.
lab_neighbor() {
    ip -n "$1" neighbor replace "$2" lladdr "$3" nud permanent \
        dev "${4:-eth0}" || lab_die "cannot add a neighbor to host $1"
}

# lab_echo NAME ARG...: runs "ovstest test-tcp-echo ARG..." on a host, in the
# background.  NAME is the host's, or for one more on the same host, that and
# an extension: "b1", "b1.once".
lab_echo() {
    lab_echo_name=$1
    shift
    lab_in "${lab_echo_name%%.*}" ovstest test-tcp-echo "$@" -vconsole:off \
        --detach --pidfile="$lab_echo_name.pid" \
        --unixctl="$LAB_DIR/$lab_echo_name.ctl" ||
        lab_die "cannot run test-tcp-echo on host ${lab_echo_name%%.*}"
}

# lab_tell NAME COMMAND [ARG...]: has the host's test-tcp-echo execute a
# command, and prints its reply.  With the command "exit" waits until it is
# gone.
lab_tell() {
    lab_tell_name=$1
    shift
    ovs-appctl --timeout=40 -t "$LAB_DIR/$lab_tell_name.ctl" "$@" || return
    test "$1" != exit || lab_wait_for_end "$LAB_DIR/$lab_tell_name.pid"
}
