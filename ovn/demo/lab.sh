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


# OVN in a lab: its databases and ovn-northd on no host in particular, and an
# ovn-controller for each switch that is a chassis.  All talk through sockets
# in $LAB_DIR, so that hosts' networks carry just packets.

# lab_ovn_build ROOT: runs OVN from $OVN_BUILD, or, if that is unset, from
# ROOT/build/ovn.
lab_ovn_build() {
    OVN_BUILD=$(CDPATH='' cd -- "${OVN_BUILD:-$1/build/ovn}" && pwd) ||
        lab_die 'OVN was not built: make ovn'
    test -x "$OVN_BUILD/northd/ovn-northd" ||
        lab_die "$OVN_BUILD: no northd/ovn-northd was built there"
    for lab_folder in northd controller utilities; do
        PATH=$OVN_BUILD/$lab_folder:$PATH
    done
}

# lab_central [OPTION...]: starts the databases and ovn-northd with the given
# options.
lab_central() {
    mkdir "$LAB_DIR/central" || exit 1
    lab_ovn_new_db nb
    lab_ovn_new_db sb
    lab_northd "$@"
}

# lab_ovn_new_db DB: makes an empty database, and starts its server.
lab_ovn_new_db() {
    export OVN_NB_DB="unix:$LAB_DIR/central/nb.sock"
    export OVN_SB_DB="unix:$LAB_DIR/central/sb.sock"
    rm -f "$LAB_DIR/central/$1.db" &&
        ovsdb-tool create "$LAB_DIR/central/$1.db" \
            "$(lab_sources "$OVN_BUILD")/ovn-$1.ovsschema" &&
        lab_ovn_db "$1" && "ovn-${1}ctl" --timeout=20 init ||
        lab_die "cannot make the database $1"
}

# lab_ovn_db DB: starts the server of "nb" or "sb".
lab_ovn_db() {
    lab_at central ovsdb-server "$LAB_DIR/central/$1.db" -vconsole:off \
        --remote="punix:$LAB_DIR/central/$1.sock" --detach \
        --pidfile="$LAB_DIR/central/$1.pid" \
        --log-file="$LAB_DIR/central/$1.log" \
        --unixctl="$LAB_DIR/central/$1.ctl" ||
        lab_die "cannot start the server of the database $1"
}

# lab_northd [OPTION...]: starts ovn-northd.
lab_northd() {
    lab_at central lab_ovn ovn-northd "$@"
}

# lab_chassis SWITCH ADDR [MAPPING...]: makes the switch of lab_switch, with the
# endpoint ADDR of tunnels, a chassis of that name, with br0 as its integration
# bridge.
lab_chassis() {
    lab_chassis=$1 lab_chassis_ip=$2
    shift 2
    lab_at "$lab_chassis" ovs-vsctl --timeout=10 set Open_vSwitch . \
        external-ids:system-id="$lab_chassis" \
        external-ids:hostname="$lab_chassis" \
        external-ids:ovn-remote="$OVN_SB_DB" \
        external-ids:ovn-encap-type=geneve \
        external-ids:ovn-encap-ip="$lab_chassis_ip" \
        external-ids:ovn-bridge=br0 \
        ${1+external-ids:ovn-bridge-mappings="$1"} ||
        lab_die "cannot make $lab_chassis a chassis"
    lab_controller "$lab_chassis"
}

# lab_controller SWITCH: starts its ovn-controller.
lab_controller() {
    lab_at "$1" lab_ovn ovn-controller "unix:$LAB_DIR/$1/db.sock"
}

# lab_ovn PROGRAM [ARG...]: starts a daemon of OVN with its files where those of
# the switch are.
lab_ovn() {
    export OVN_RUNDIR="$OVS_RUNDIR" OVN_LOGDIR="$OVS_RUNDIR"
    "$@" -vconsole:off --detach --pidfile --log-file ||
        lab_die "cannot start $1"
}

# lab_ovn_end SWITCH PROGRAM [OPTION...]: ends a daemon of OVN, as its "exit"
# does.
lab_ovn_end() {
    lab_end=$1/$2
    shift 2
    lab_at "${lab_end%/*}" ovs-appctl --timeout=20 \
        -t "$LAB_DIR/$lab_end.$(cat "$LAB_DIR/$lab_end.pid").ctl" \
        exit "$@" && lab_wait_for_end "$LAB_DIR/$lab_end.pid" ||
        lab_die "cannot end $lab_end"
}
