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

# The hosts of a lab: network namespaces, with devices that are ports of a
# switch, or connected to another host.

# lab_netns NAME: makes a host without any connection.
# NAME has up to 11 characters.
lab_netns() {
    ip netns add "$1" && ip -n "$1" link set lo up ||
        lab_die "cannot make host $1"
}

# lab_address HOST DEV ADDR/LEN: gives a host an address that it can use at
# once, which IPv6 has others agree to first unless one says "nodad".
lab_address() {
    case $3 in
        *:*) lab_ip "$1" address add "$3" dev "$2" nodad ;;
        *) lab_ip "$1" address add "$3" dev "$2" ;;
    esac
}

# lab_host NAME ADDR/LEN MAC OFPORT [SWITCH]: makes a host at the switch of
# lab_start or of lab_switch SWITCH.  Its eth0 is a veth, whose other end
# "ovs-NAME" is a port of br0.  Without an IPv6 address the host sends no
# packets that nobody asked for.
lab_host() {
    lab_netns "$1"
    lab_link "$1" eth0 "$3" "${5-}" "ovs-$1" "$4"
    lab_address "$1" eth0 "$2"
}

# lab_link HOST DEV MAC SWITCH PORT OFPORT: connects the host's new device DEV
# to PORT, a new port of the switch's br0.
lab_link() {
    lab_veth "$1" "$2" "$3" "$4" "$5"
    lab_port "$4" "$5" "$6"
}

# lab_port SWITCH DEV OFPORT: makes a device a port of the switch's br0.
lab_port() {
    lab_at "$1" ovs-vsctl --timeout=10 add-port br0 "$2" -- \
        set Interface "$2" ofport_request="$3" ||
        lab_die "cannot make $2 a port of a switch"
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

# lab_ip HOST ARG...: runs "ip" on a host.
lab_ip() {
    ip -n "$@" || lab_die "$1: cannot set addresses and routes"
}

# lab_neighbor NAME ADDR MAC [DEV]: tells a host who has ADDR, so that it does
# not ask with ARP.
lab_neighbor() {
    ip -n "$1" neighbor replace "$2" lladdr "$3" nud permanent \
        dev "${4:-eth0}" || lab_die "cannot add a neighbor to host $1"
}

# lab_sysctl HOST NAME VALUE: sets a parameter of a host's network.
lab_sysctl() {
    lab_in "$1" sh -c "echo $3 >/proc/sys/net/$2" ||
        lab_die "cannot set $2 on $1"
}
