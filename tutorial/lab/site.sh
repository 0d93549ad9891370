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


# The site that several recipes share: a client and a router outside, gateways,
# and compute nodes with backends.
#
#     client ----- router
#                    |
#     ---+-------+---+---+-------+-------+---- Ethernet "outside"
#        |       |       |       |       |
#       gwa     gwb      n1      n2      n3
#        |       |     b1 b4   b2 b5   b3 b6
#        |       |       |       |       |
#     ---+-------+-------+-------+-------+---- Ethernet "inside"
#
# Gateways and compute nodes are switches.  Their port "outside" is on the
# Ethernet outside, their port "inside" on the other one, which also carries
# their Geneve tunnels, port "tunnel".  Backend bN is at port "ovs-bN" of
# its node.

router_mac=02:00:00:00:00:fe
site_mtu=1500

# site_addresses: sets the addresses of the service and the client, and what
# those of the client's network, of the Ethernet outside, and of backends begin
# with.
site_addresses() {
    case $family in
        ipv4)
            vip=192.0.2.80
            site_clients=10.0.0. site_outside=172.16.0. site_backends=10.1.0.
            ;;
        ipv6)
            vip=2001:db8:80::80 site_clients=2001:db8:1::
            site_outside=2001:db8:2:: site_backends=2001:db8:3::
            ;;
    esac
    client_ip=${site_clients}1
}

# What follows from the name of a gateway or node: its address outside, its
# address inside, its MAC address on both, and that of its tunnels.
site_number() {
    case $1 in
        gwa) echo 1 ;;
        gwb) echo 2 ;;
        n[1-9]) echo 1"${1#n}" ;;
    esac
}
outside_ip() { echo "$site_outside$(site_number "$1")"; }
inside_ip() { echo "172.17.0.$(site_number "$1")"; }
mac() { echo "02:00:00:00:01:$(site_number "$1")"; }
tunnel_mac() { echo "02:00:00:00:03:$(site_number "$1")"; }

# What follows from the number of a backend.
backend_ip() { echo "$site_backends$1"; }
backend_mac() { printf '02:00:00:00:02:%02x\n' "$1"; }

# site_start: makes client, router and networks.  Between client and router
# there is one more.
site_start() {
    family_begin
    site_addresses
    lab_segment outside
    lab_segment inside 1600

    lab_router router "$family"
    lab_plug router outside "$router_mac" outside
    lab_address router outside "${site_outside}254/$length"
    lab_client "$client_ip" "${site_clients}254" "$length"
}

# site_switch NAME: makes a gateway or a node.
site_switch() {
    lab_switch "$1"
    lab_plug_switch "$1" outside "$(mac "$1")" outside 1
    lab_plug_switch "$1" inside "$(mac "$1")" inside 2
    lab_tunnels "$1" "$(inside_ip "$1")/24" "$(tunnel_mac "$1")" inside 3
    lab_neighbor router "$(outside_ip "$1")" "$(mac "$1")" outside
}

# site_forget NODE N: has conntrack of a node forget the connections of backend
# bN, which crashed.  What is left would lead some of them to nowhere; without,
# they are answered with a reset.
site_forget() {
    lab_at "$1" ovs-appctl --timeout=20 revalidator/wait
    lab_ofctl "$1" ct-flush zone=1 '' \
        "ct_$src=$(backend_ip "$2"),ct_nw_proto=6"
}

# site_kill SWITCH: a gateway dies, in the middle of everything.
site_kill() {
    lab_kill "$1"
    ip -n "$1" link set outside down && ip -n "$1" link set inside down &&
        ip -n "$1" link set under down || lab_die "cannot unplug $1"
}

# site_revive SWITCH: a gateway that died starts again, with no flows.
site_revive() {
    ip -n "$1" link set outside up && ip -n "$1" link set inside up &&
        ip -n "$1" link set under up || lab_die "cannot plug in $1"
    lab_at "$1" lab_run_switch || exit 1
    lab_tunnels_up "$1" inside
}

# site_backend N NODE: makes backend bN, a host whose router is its node.
site_backend() {
    lab_host "b$1" "$(backend_ip "$1")/$length" "$(backend_mac "$1")" \
        $((10 + $1)) "$2"
    ip -n "b$1" route add default via "${site_backends}254" ||
        lab_die "cannot connect backend $1"
    lab_neighbor "b$1" "${site_backends}254" "$(mac "$2")"
}

# site_route GATEWAY...: has the router spread packets to the service over
# gateways, in this order, in fragments if larger than $site_mtu bytes.
site_route() {
    site_hops=
    for site_gateway; do
        site_hops="$site_hops nexthop via $(outside_ip "$site_gateway")"
    done
    ip -n router route replace "$vip" mtu lock "$site_mtu" $site_hops ||
        lab_die 'cannot set the route to the service'
}

# site_client_mtu MTU: from now on, no larger packets get from the router to
# the client.  The router sends ICMP errors.
site_client_mtu() {
    ip -n router route replace "$client_ip" dev client mtu lock "$1" ||
        lab_die 'cannot set the path MTU'
}

# site_must_count COUNTER TEXT: fails with TEXT if the router's kernel has not
# counted anything there, see nstat(8).
site_must_count() {
    lab_in router nstat -asz "$1" | awk -v counter="$1" '
        $1 == counter && $2 > 0 { found = 1 }
        END { exit !found }' || table_fail "$2"
}

# site_load SWITCH FILE [NAME=VALUE...]: as family_load, with FILE.bundle of
# the recipe itself or else of stateless-gateway, where <vip>, <router_mac>,
# the network of <backends> and the switch's own <mac> are known.
site_load() {
    site_load_switch=$1 site_load_file=$here/$2.bundle
    test -e "$site_load_file" ||
        site_load_file=$here/../stateless-gateway/$2.bundle
    shift 2
    family_load "$site_load_switch" "$site_load_file" "$@" vip="$vip" \
        router_mac="$router_mac" mac="$(mac "$site_load_switch")" \
        backends="${site_backends}0/$length"
}

# site_send SWITCH: prints the actions that send a packet to a switch.  With
# site_transport=ethernet its destination must be a MAC address of the switch.
site_transport=geneve
site_send() {
    case $site_transport in
        geneve) echo "set_field:$(inside_ip "$1")->tun_dst,output:tunnel" ;;
        ethernet) echo 'output:inside' ;;
    esac
}

# Is a gateway alive?
site_alive() {
    test -e "$LAB_DIR/$1/ovs-vswitchd.pid"
}

# site_packets GATEWAY: prints how many packets a gateway has had for the
# service, 0 if it is dead.
site_packets() {
    if site_alive "$1"; then
        lab_at "$1" ovs-appctl --timeout=20 revalidator/wait
        lab_ofctl "$1" dump-aggregate "table=0,$tcp,$dst=$vip" |
            sed -n 's/.*packet_count=\([0-9]*\) .*/\1/p'
    else
        echo 0
    fi
}

# site_flows GATEWAY: prints how many datapath flows a gateway has.
site_flows() {
    if site_alive "$1"; then
        lab_at "$1" ovs-appctl --timeout=20 dpctl/dump-flows |
            grep -c recirc_id
    else
        echo 0
    fi
}

# site_tracked GATEWAY: prints how many connections to the service a gateway
# tracks.
site_tracked() {
    if site_alive "$1"; then
        lab_at "$1" ovs-appctl --timeout=20 dpctl/dump-conntrack |
            grep -c 'orig=.*,dport=80)'
    else
        echo 0
    fi
}
