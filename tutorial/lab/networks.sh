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

# Networks between the switches and hosts of a lab: Ethernet segments, Geneve
# tunnels, routers.

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
    lab_port "$1" "$2" "$5"
}

# lab_tunnels SWITCH ADDR/LEN MAC SEGMENT OFPORT: makes the switch an endpoint
# of Geneve tunnels that an Ethernet carries.  Packets to port "tunnel" of br0
# leave to the endpoint whose address is in their tun_dst.
lab_tunnels() {
    lab_endpoint "$1" "$2" "$3" "$4"
    lab_at "$1" ovs-vsctl --timeout=10 add-port br0 tunnel -- \
        set Interface tunnel type=geneve options:remote_ip=flow \
            options:key=flow ofport_request="$5" ||
        lab_die "cannot make tunnels of $1"
}

# lab_endpoint SWITCH ADDR/LEN MAC SEGMENT: makes the switch an endpoint of
# tunnels that an Ethernet carries.
#
# The userspace datapath wants its address on a bridge, here "br-under".  The
# host itself must not take packets to that address from other devices, nor
# answer ARP there.
lab_endpoint() {
    lab_plug "$1" under "0a:${3#*:}" "$4"
    lab_sysctl "$1" ipv4/conf/all/arp_ignore 1
    lab_at "$1" ovs-vsctl --timeout=10 \
        add-br br-under -- \
        set Bridge br-under datapath_type="$(lab_datapath "$1")" \
            other-config:hwaddr="$3" -- \
        set Interface br-under mtu_request="$(cat "$LAB_DIR/$4.mtu")" -- \
        add-port br-under under ||
        lab_die "cannot make $1 an endpoint of tunnels"
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
            # One that is dead is told when it starts again itself.
            test ! -e "$LAB_DIR/$lab_peer/ovs-vswitchd.pid" ||
                lab_tunnel_neighbor "$lab_peer" "${lab_own_ip%/*}" \
                    "$lab_own_mac"
        }
    done <"$LAB_DIR/$2.endpoints"
}

lab_tunnel_neighbor() {
    if test "$(lab_datapath "$1")" = system; then
        lab_neighbor "$1" "$2" "$3" br-under
    else
        lab_at "$1" ovs-appctl --timeout=10 tnl/neigh/set br-under "$2" "$3" \
            >/dev/null || lab_die "cannot make tunnels of $1"
    fi
}

# lab_router NAME FAMILY: makes a host that routes, and spreads
# connections over the next hops of a route by protocol, addresses and ports.
# (Policy 1 would be simpler, but takes a hash that a socket on the same
# machine has left, which changes when the socket has to retransmit.)  FAMILY
# is ipv4 or ipv6.
lab_router() {
    lab_netns "$1"
    lab_forward "$1" "$2"
    lab_sysctl "$1" "$2/fib_multipath_hash_fields" 0x37
    lab_sysctl "$1" "$2/fib_multipath_hash_policy" 3
}

# lab_forward HOST FAMILY: has a host forward packets.
lab_forward() {
    case $2 in
        ipv4) lab_sysctl "$1" ipv4/ip_forward 1 ;;
        ipv6) lab_sysctl "$1" ipv6/conf/all/forwarding 1 ;;
    esac
}

# lab_client ADDR ROUTER-ADDR LEN: makes the host "client", and the host
# "router" its router, on an Ethernet of these two.
lab_client() {
    lab_netns client
    lab_veth client eth0 02:00:00:00:00:01 router client
    lab_address client eth0 "$1/$3"
    lab_address router client "$2/$3"
    ip -n router link set client address 02:00:00:00:00:fd &&
        ip -n client route add default via "$2" ||
        lab_die 'cannot connect the client'
    # Without IPv6 addresses of the link nobody answers who asks for neighbors.
    lab_neighbor client "$2" 02:00:00:00:00:fd
    lab_neighbor router "$1" 02:00:00:00:00:01 client
}
