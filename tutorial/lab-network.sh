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


# Networks between the switches and hosts of lab.sh: Ethernet segments, Geneve
# tunnels, routers, and OpenFlow that is read from files.

# lab_segment NAME [MTU]: makes an Ethernet that lab_plug connects hosts to.
lab_segment() {
    lab_netns "$1"
    ip -n "$1" link add segment mtu "${2:-1500}" type bridge &&
        ip -n "$1" link set segment addrgenmode none up ||
        lab_die "cannot make Ethernet $1"
    echo "${2:-1500}" >"$LAB_DIR/$1.mtu"
    : >"$LAB_DIR/$1.endpoints"
}

# lab_plug HOST DEV MAC SEGMENT: connects the host's new device DEV to an
# Ethernet.
lab_plug() {
    lab_veth "$1" "$2" "$3" "$4" "$1-$2" "$(cat "$LAB_DIR/$4.mtu")"
    ip -n "$4" link set "$1-$2" master segment ||
        lab_die "cannot connect $1 to $4"
}

# lab_plug_switch SWITCH PORT MAC SEGMENT OFPORT: connects PORT, a new port of
# the switch's br0, to an Ethernet.
lab_plug_switch() {
    lab_plug "$1" "$2" "$3" "$4"
    lab_at "$1" ovs-vsctl --timeout=10 add-port br0 "$2" -- \
        set Interface "$2" ofport_request="$5" ||
        lab_die "cannot connect $1 to $4"
}

# lab_tunnels SWITCH ADDR/LEN MAC SEGMENT OFPORT: makes the switch an endpoint
# of Geneve tunnels that an Ethernet carries.  Packets to port "tunnel" of br0
# leave to the endpoint whose address is in their tun_dst.
#
# The userspace datapath wants its address on a bridge, here "br-under".  The
# host itself must not take packets to that address from other devices, nor
# answer ARP there.
lab_tunnels() {
    lab_plug "$1" under "0a:${3#*:}" "$4"
    lab_sysctl "$1" conf/all/arp_ignore 1
    lab_at "$1" ovs-vsctl --timeout=10 \
        add-br br-under -- \
        set Bridge br-under datapath_type="$LAB_DATAPATH" \
            other-config:hwaddr="$3" -- \
        add-port br-under under -- \
        add-port br0 tunnel -- \
        set Interface tunnel type=geneve options:remote_ip=flow \
            options:key=flow ofport_request="$5" ||
        lab_die "cannot make tunnels of $1"
    echo "$1 $2 $3" >>"$LAB_DIR/$4.endpoints"
    lab_tunnels_up "$1" "$4"
}

# lab_tunnels_up SWITCH SEGMENT: has the switch use its address in tunnels.
# Again after each restart, which forgets it.
lab_tunnels_up() {
    # Nobody has to ask with ARP.
    while read -r lab_peer lab_peer_ip lab_peer_mac; do
        if test "$lab_peer" = "$1"; then
            lab_own_ip=$lab_peer_ip lab_own_mac=$lab_peer_mac
        fi
    done <"$LAB_DIR/$2.endpoints"
    ip -n "$1" address replace "$lab_own_ip" dev br-under &&
        ip -n "$1" link set br-under up ||
        lab_die "cannot make tunnels of $1"
    while read -r lab_peer lab_peer_ip lab_peer_mac; do
        test "$lab_peer" = "$1" || {
            lab_tunnel_neighbor "$1" "${lab_peer_ip%/*}" "$lab_peer_mac"
            lab_tunnel_neighbor "$lab_peer" "${lab_own_ip%/*}" "$lab_own_mac"
        }
    done <"$LAB_DIR/$2.endpoints"
}

lab_tunnel_neighbor() {
    if test "$LAB_DATAPATH" = system; then
        lab_neighbor "$1" "$2" "$3" br-under
    else
        lab_at "$1" ovs-appctl --timeout=10 tnl/neigh/set br-under "$2" "$3" \
            >/dev/null || lab_die "cannot make tunnels of $1"
    fi
}

# lab_router NAME: makes a host that routes, and spreads connections over the
# next hops of a route by protocol, addresses and ports.  (Policy 1 would be
# simpler, but takes a hash that a socket on the same machine has left, which
# changes when the socket has to retransmit.)
lab_router() {
    lab_netns "$1"
    lab_sysctl "$1" ip_forward 1
    lab_sysctl "$1" fib_multipath_hash_fields 0x37
    lab_sysctl "$1" fib_multipath_hash_policy 3
}

# lab_sysctl HOST NAME VALUE: sets a parameter of IPv4 on a host.
lab_sysctl() {
    lab_in "$1" sh -c "echo $3 >/proc/sys/net/ipv4/$2" ||
        lab_die "cannot set $2 on $1"
}

# lab_load SWITCH FILE [NAME=VALUE...]: makes the changes that are in FILE, in
# the syntax of "ovs-ofctl bundle", all of them or none.
#
# In FILE a line that begins with a blank continues the line before, and
# each <NAME> stands for VALUE.
lab_load() {
    lab_load_switch=$1 lab_load_file=$2
    shift 2
    for lab_value; do
        # Escaped for sed.
        lab_value=$(printf '%s\n' "$lab_value" | sed 's/[\\|&]/\\&/g')
        printf 's|<%s>|%s|g\n' "${lab_value%%=*}" "${lab_value#*=}"
    done >"$LAB_DIR/load.sed"
    sed 's/#.*//' "$lab_load_file" | awk '
        /^ / { sub(/^ */, ""); line = line $0; next }
        { if (line != "") print line; line = $0 }
        END { if (line != "") print line }' |
        sed -f "$LAB_DIR/load.sed" >"$LAB_DIR/load"
    lab_at "$lab_load_switch" ovs-ofctl --timeout=20 -O OpenFlow15 \
        bundle br0 "$LAB_DIR/load" ||
        lab_die "$lab_load_switch: cannot load ${lab_load_file##*/}"
}

# lab_group_packets SWITCH GROUP: prints how many packets a group of the switch
# has got.  A dead switch has got none.
lab_group_packets() {
    test -e "$LAB_DIR/$1/ovs-vswitchd.pid" || {
        echo 0
        return
    }
    lab_at "$1" ovs-appctl --timeout=20 revalidator/wait
    lab_ofctl "$1" dump-group-stats "group_id=$2" |
        sed -n "s/.*group_id=$2,.*,packet_count=\([0-9]*\),.*bucket0.*/\1/p"
}
