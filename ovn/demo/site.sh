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


# A site of OVN: a client and a router outside, two gateways, two compute nodes.
#
#              client ----- router
#                           |    |
#     ---- Ethernet "outa" -+    +- Ethernet "outb" ----
#               |                        |
#              gwa           n1         gwb          n2
#               |         b1 b3 b5       |        b2 b4 b6
#               |            |           |           |
#     ----------+------------+-----------+-----------+---- Ethernet "inside"
#
# Inside there are Geneve tunnels.  Logically, a switch "vms" has the backends,
# and a router "lr" has a port to it, and one to each Ethernet outside, which
# gateway gwa or gwb has.

vip=192.0.2.80
client_ip=10.0.0.1
router_mac=02:00:00:00:00:fe

chassis_number() {
    case $1 in
        gwa) echo 1 ;;
        gwb) echo 2 ;;
        n[1-9]) echo 1"${1#n}" ;;
    esac
}
inside_ip() { echo "172.17.0.$(chassis_number "$1")"; }
inside_mac() { echo "02:00:00:00:03:$(chassis_number "$1")"; }

# What follows from the number of a backend.
backend_ip() { echo "10.1.0.$1"; }
backend_mac() { printf '02:00:00:00:02:%02x\n' "$1"; }
backend_node() { echo "n$((($1 - 1) % 2 + 1))"; }

# nb COMMAND...: runs ovn-nbctl.
nb() {
    ovn-nbctl --timeout=60 "$@" || lab_die "ovn-nbctl: $*"
}

# nb_do COMMAND...: runs ovn-nbctl, and waits until all chassis that live have
# done what it takes.
nb_do() {
    nb --wait=sb "$@"
    nb_cfg=$(ovn-nbctl --timeout=20 get NB_Global . nb_cfg)
    for nb_chassis in gwa gwb n1 n2; do
        test ! -e "$LAB_DIR/$nb_chassis/ovn-controller.pid" ||
            ovn-sbctl --timeout=60 wait-until Chassis_Private "$nb_chassis" \
                nb_cfg'>='"$nb_cfg" || lab_die "$nb_chassis: does not follow"
    done
}

# site_start: makes all but backends.
site_start() {
    lab_segment inside 1600
    lab_router router
    lab_client "$client_ip" 10.0.0.254 24
    lab_central
    nb ls-add vms -- lr-add lr -- \
        lrp-add lr lr-vms 02:00:00:00:02:fe 10.1.0.254/24
    site_join vms
    for chassis in gwa gwb n1 n2; do
        site_chassis "$chassis"
    done
}

# site_join SWITCH: connects a logical switch to the router's port of its name.
site_join() {
    nb lsp-add "$1" "$1-lr" -- lsp-set-type "$1-lr" router -- \
        lsp-set-addresses "$1-lr" router -- \
        lsp-set-options "$1-lr" router-port="lr-$1"
}

# site_chassis NAME: makes a gateway or a node.
site_chassis() {
    lab_switch "$1"
    lab_endpoint "$1" "$(inside_ip "$1")/24" "$(inside_mac "$1")" inside
    case $1 in
        gw*) site_outside "$1" "out${1#gw}" "$(chassis_number "$1")" ;;
        *) lab_chassis "$1" "$(inside_ip "$1")" ;;
    esac
}

# site_outside GATEWAY ETHERNET N: connects the gateway to its Ethernet outside.
site_outside() {
    lab_segment "$2"
    lab_plug router "$2" "02:00:00:00:01:f$3" "$2"
    ip -n router address add "172.16.$3.254/24" dev "$2" || exit 1
    lab_plug "$1" outside "02:00:00:00:01:e$3" "$2"
    lab_at "$1" ovs-vsctl --timeout=10 add-br br-outside -- \
        set Bridge br-outside datapath_type="$LAB_DATAPATH" -- \
        add-port br-outside outside || lab_die "cannot connect $1"
    nb ls-add "$2" -- lsp-add "$2" "$2-net" -- \
        lsp-set-type "$2-net" localnet -- \
        lsp-set-addresses "$2-net" unknown -- \
        lsp-set-options "$2-net" network_name="$2" -- \
        lrp-add lr "lr-$2" "02:00:00:00:01:0$3" "172.16.$3.1/24" -- \
        lrp-set-gateway-chassis "lr-$2" "$1"
    site_join "$2"
    lab_chassis "$1" "$(inside_ip "$1")" "$2:br-outside"
}

# site_backend N: makes backend bN with an echo server.
site_backend() {
    site_node=$(backend_node "$1")
    lab_host "b$1" "$(backend_ip "$1")/24" "$(backend_mac "$1")" \
        $((100 + $1)) "$site_node"
    ip -n "b$1" route add default via 10.1.0.254 ||
        lab_die "cannot connect backend $1"
    lab_at "$site_node" ovs-vsctl --timeout=10 \
        set Interface "ovs-b$1" external-ids:iface-id="b$1"
    nb lsp-add vms "b$1" -- \
        lsp-set-addresses "b$1" "$(backend_mac "$1") $(backend_ip "$1")"
    # What clients leave behind stays there, to be in the way of others.
    lab_echo "b$1" server "b$1" "$(backend_ip "$1"):8080" --silence=120000 \
        --size=3000
}

# site_use GATEWAY...: has packets to the service, and answers, go through these
# gateways, in this order.
site_use() {
    site_hops=
    set -- "$@"
    nb --if-exists lr-route-del lr 0.0.0.0/0
    for site_gateway; do
        site_n=$(chassis_number "$site_gateway")
        site_hops="$site_hops nexthop via 172.16.$site_n.1"
        nb --ecmp lr-route-add lr 0.0.0.0/0 "172.16.$site_n.254" \
            "lr-out${site_gateway#gw}"
    done
    nb_do sync
    ip -n router route replace "$vip" $site_hops ||
        lab_die 'cannot set the route to the service'
}

# site_kill CHASSIS: it dies, in the middle of everything.
site_kill() {
    kill -s KILL "$(cat "$LAB_DIR/$1/ovn-controller.pid")" &&
        rm "$LAB_DIR/$1/ovn-controller.pid" || lab_die "cannot kill $1"
    lab_kill "$1"
}

# site_revive CHASSIS: it starts again.
site_revive() {
    lab_at "$1" lab_run_switch || exit 1
    lab_tunnels_up "$1" inside
    lab_controller "$1"
}

# site_tracked CHASSIS: prints how many connections to the service it tracks.
site_tracked() {
    if test -e "$LAB_DIR/$1/ovs-vswitchd.pid"; then
        lab_at "$1" ovs-appctl --timeout=20 dpctl/dump-conntrack |
            grep -c 'orig=.*,dport=\(80\|8080\))'
    else
        echo 0
    fi
}
