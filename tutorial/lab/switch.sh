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

# The switches of a lab: the daemons of Open vSwitch, which run straight out of
# the build tree $OVS_BUILD.
#
# A script calls lab_start for one switch.  If that is not enough, it calls
# lab_begin, and lab_switch for each.

# lab_build ROOT [PROGRAM...]: runs Open vSwitch from $OVS_BUILD, or, if that
# is unset, from ROOT or ROOT/build/ovs.  PROGRAMs must have been built there.
lab_build() {
    if test -z "${OVS_BUILD-}"; then
        OVS_BUILD=$1
        test -x "$OVS_BUILD/vswitchd/ovs-vswitchd" || OVS_BUILD=$1/build/ovs
    fi
    shift
    lab_check_build "$OVS_BUILD" "$@"
    lab_use_build "$OVS_BUILD"
}

# lab_check_build DIR [PROGRAM...]: ends the script if DIR is no build tree, or
# lacks a PROGRAM.
lab_check_build() {
    lab_build=$1
    shift
    for lab_program in vswitchd/ovs-vswitchd "$@"; do
        test -x "$lab_build/$lab_program" ||
            lab_die "$lab_build: no $lab_program was built there"
    done
}

# lab_use_build DIR: runs Open vSwitch from the build tree DIR.
lab_use_build() {
    OVS_BUILD=$(CDPATH='' cd -- "$1" && pwd) || exit 1
    for lab_folder in vswitchd ovsdb utilities tests; do
        PATH=$OVS_BUILD/$lab_folder:$PATH
    done
}

# lab_sources BUILD: prints where the sources of a build tree are, which may be
# elsewhere.
lab_sources() {
    sed -n 's/^abs_top_srcdir = //p' "$1/Makefile"
}

# lab_begin: prepares for switches and hosts.
lab_begin() {
    lab_make_dir
    lab_use "$LAB_DIR"

    # The datapath "netdev" wants tap devices.  "dummy" is the same code and
    # does without them.  "system" is the one of the kernel.
    # $LAB_DATAPATH_NAME is for the switch NAME alone.
    if test -z "${LAB_DATAPATH-}"; then
        LAB_DATAPATH=dummy
        if (: <>/dev/net/tun) 2>/dev/null; then
            LAB_DATAPATH=netdev
        fi
    fi
}

# lab_datapath SWITCH: prints the type of the datapath that a switch has.
lab_datapath() {
    eval "echo \"\${LAB_DATAPATH_$1:-\$LAB_DATAPATH}\""
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
# NAME has up to 11 letters and digits.
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

# Starts ovsdb-server and ovs-vswitchd, with the given options, with files in
# $OVS_RUNDIR, in the network of $LAB_SWITCH if there is one.
lab_run_switch() {
    test $# -gt 0 || set -- --enable-dummy
    test -e "$OVS_DBDIR/conf.db" ||
        ovsdb-tool create "$OVS_DBDIR/conf.db" \
            "$(lab_sources "$OVS_BUILD")/vswitchd/vswitch.ovsschema" &&
        lab_daemon ovsdb-server "$OVS_DBDIR/conf.db" \
            --remote="punix:$OVS_RUNDIR/db.sock" &&
        ovs-vsctl --no-wait init &&
        lab_daemon ovs-vswitchd "$@" &&
        ovs-vsctl --timeout=10 --may-exist add-br br0 -- set Bridge br0 \
            datapath_type="$(lab_datapath "${LAB_SWITCH-}")" \
            fail-mode=secure ||
        lab_die "cannot start Open vSwitch"
}

# lab_daemon PROGRAM [ARG...]: starts one of the programs of Open vSwitch in
# the background.  It ends together with the script.
lab_daemon() {
    ${LAB_SWITCH:+nsenter --net="/run/netns/$LAB_SWITCH" --} \
        "$@" -vconsole:off --detach --pidfile --log-file && return
    tail -n 5 "$OVS_LOGDIR/$1.log" >&2
    return 1
}

# lab_kill SWITCH: ends the daemons of a switch, in the middle of everything.
lab_kill() {
    for lab_program in ovs-vswitchd ovsdb-server; do
        kill -s KILL "$(cat "$LAB_DIR/$1/$lab_program.pid")" &&
            rm "$LAB_DIR/$1/$lab_program.pid" || lab_die "cannot kill $1"
    done
}
