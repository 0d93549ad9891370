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
# and a router "lr" has a port to it.  With gateways=ports, "lr" has a port to
# each Ethernet outside, too, which gateway gwa or gwb has.  With
# gateways=routers, gwa and gwb are routers of their own, and a switch "join"
# connects the three.

# What a script may change before site_start.
gateways=ports
laggards=                       # Chassis that nb_do does not wait for.

router_mac=02:00:00:00:00:fe

# Networks: the client's, 1 for "vms", 3 for "join", 11 and 12 for Ethernets
# outside, and others for scripts.  Host 254 is the router.
#
# site_ip NETWORK HOST: prints an address.
site_ip() {
    case $family in
        ipv4) echo "10.$1.0.$2" ;;
        ipv6) echo "fd00:$1::$2" ;;
    esac
}
# What a network's address or mask has in this family.
site_len() { site_either 24 64; }
site_any() { site_either 0.0.0.0/0 ::/0; }
site_either() {
    case $family in
        ipv4) echo "$1" ;;
        ipv6) echo "$2" ;;
    esac
}
client_ip() { site_ip 0 1; }
# vip [N]: prints the address of the service, or of another.
vip() { site_either "192.0.2.${1-80}" "2001:db8::${1-80}"; }

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
backend_ip() { site_ip 1 "$1"; }
backend_mac() { printf '02:00:00:00:02:%02x\n' "$1"; }
backend_node() { echo "n$((($1 - 1) % 2 + 1))"; }

# nb COMMAND...: runs ovn-nbctl.
nb() {
    ovn-nbctl --timeout=60 "$@" || lab_die "ovn-nbctl: $*"
}

# nb_do COMMAND...: runs ovn-nbctl, and waits until all chassis that live, and
# are not in $laggards, have done what it takes.
nb_do() {
    nb --wait=sb "$@"
    nb_cfg=$(ovn-nbctl --timeout=20 get NB_Global . nb_cfg)
    for nb_chassis in gwa gwb n1 n2; do
        case " $laggards " in *" $nb_chassis "*) continue ;; esac
        test ! -e "$LAB_DIR/$nb_chassis/ovn-controller.pid" ||
            ovn-sbctl --timeout=60 wait-until Chassis_Private "$nb_chassis" \
                nb_cfg'>='"$nb_cfg" || lab_die "$nb_chassis: does not follow"
    done
}

# site_start: makes all but backends.
site_start() {
    lab_segment inside 1600
    lab_router router "$family"
    lab_client "$(client_ip)" "$(site_ip 0 254)" "$(site_len)"
    lab_central
    nb lr-add lr
    site_switch vms 1
    test "$gateways" = ports || site_switch join 3
    for chassis in gwa gwb n1 n2; do
        site_chassis "$chassis"
    done
}

# site_switch SWITCH NETWORK: makes a logical switch that is next to the router.
site_switch() {
    nb ls-add "$1"
    site_join "$1" lr "02:00:00:00:02:f$2" "$(site_ip "$2" 254)"
}

# site_join SWITCH ROUTER MAC ADDR: makes the router a port to the switch.
site_join() {
    nb lrp-add "$2" "$2-$1" "$3" "$4/$(site_len)" -- \
        lsp-add "$1" "$1-$2" -- lsp-set-type "$1-$2" router -- \
        lsp-set-addresses "$1-$2" router -- \
        lsp-set-options "$1-$2" router-port="$2-$1"
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
    site_ethernet "$2" "$3"
    site_bridge "$1" outside "02:00:00:00:01:e$3" "$2"
    site_mac=02:00:00:00:01:0$3
    case $gateways in
        ports)
            site_join "$2" lr "$site_mac" "$(site_ip "1$3" 1)"
            nb lrp-set-gateway-chassis "lr-$2" "$1" ;;
        routers)
            nb lr-add "$1" -- set logical_router "$1" options:chassis="$1"
            site_join "$2" "$1" "$site_mac" "$(site_ip "1$3" 1)"
            site_join join "$1" "02:00:00:00:01:1$3" "$(site_ip 3 "$3")"
            nb lr-route-add "$1" "$(site_any)" "$(site_ip "1$3" 254)"
            for site_to in "$(site_ip 1 0)/$(site_len)" "$(vip 0)/$(site_len)"
            do
                nb lr-route-add "$1" "$site_to" "$(site_ip 3 254)"
            done ;;
    esac
    lab_chassis "$1" "$(inside_ip "$1")" "$2:br-outside"
}

# site_ethernet ETHERNET N: makes an Ethernet that the router outside is at, and
# a logical switch of the same name for it.
site_ethernet() {
    lab_segment "$1"
    lab_plug router "$1" "02:00:00:00:01:f$2" "$1"
    lab_address router "$1" "$(site_ip "1$2" 254)/$(site_len)"
    test "$family" = ipv4 || lab_address router "$1" fe80::fe/64
    nb ls-add "$1" -- lsp-add "$1" "$1-net" -- \
        lsp-set-type "$1-net" localnet -- \
        lsp-set-addresses "$1-net" unknown -- \
        lsp-set-options "$1-net" network_name="$1"
}

# site_bridge CHASSIS DEV MAC ETHERNET: makes bridge br-DEV of the chassis, with
# a port DEV at an Ethernet.
site_bridge() {
    lab_plug "$1" "$2" "$3" "$4"
    lab_at "$1" ovs-vsctl --timeout=10 add-br "br-$2" -- \
        set Bridge "br-$2" datapath_type="$(lab_datapath "$1")" -- \
        add-port "br-$2" "$2" || lab_die "cannot connect $1"
}

# site_direct: makes an Ethernet "direct" between nodes and the router outside.
# Answers to the client leave there, and not through gateways.
site_direct() {
    site_ethernet direct 3
    site_join direct lr 02:00:00:00:01:03 "$(site_ip 13 1)"
    for site_node in n1 n2; do
        site_mac=02:00:00:00:04:$(chassis_number "$site_node")
        site_bridge "$site_node" direct "02:00:00:00:01:d${site_node#n}" direct
        lab_at "$site_node" ovs-vsctl --timeout=10 set Open_vSwitch . \
            external-ids:ovn-bridge-mappings=direct:br-direct \
            external-ids:ovn-chassis-mac-mappings="direct:$site_mac" ||
            lab_die "cannot connect $site_node"
    done
    nb_do lr-route-add lr "$(site_ip 0 0)/$(site_len)" "$(site_ip 13 254)" \
        lr-direct
}

# site_vm NAME NODE OFPORT MAC SWITCH NETWORK HOST: makes a VM.
site_vm() {
    site_vm_ip=$(site_ip "$6" "$7")
    lab_host "$1" "$site_vm_ip/$(site_len)" "$4" "$3" "$2"
    ip -n "$1" route add default via "$(site_ip "$6" 254)" ||
        lab_die "cannot connect $1"
    site_claim "$2" "$1"
    nb lsp-add "$5" "$1" -- lsp-set-addresses "$1" "$4 $site_vm_ip"
}

# site_claim NODE NAME: tells a node that it has a VM.
site_claim() {
    lab_at "$1" ovs-vsctl --timeout=10 \
        set Interface "ovs-$2" external-ids:iface-id="$2" ||
        lab_die "cannot tell $1 about $2"
}

# site_backend N: makes backend bN with an echo server.
site_backend() {
    site_vm "b$1" "$(backend_node "$1")" $((100 + $1)) "$(backend_mac "$1")" \
        vms 1 "$1"
    # What clients leave behind stays there, to be in the way of others.
    lab_echo "b$1" server "b$1" "$(at "$(backend_ip "$1")" 8080)" \
        --silence=120000 --size=3000
}

# site_move N FROM TO: moves backend bN to another node.
site_move() {
    lab_at "$2" ovs-vsctl --timeout=10 del-port br0 "ovs-b$1" &&
        ip -n "$2" link set "ovs-b$1" netns "$3" &&
        ip -n "$3" link set "ovs-b$1" addrgenmode none up ||
        lab_die "cannot move b$1"
    lab_port "$3" "ovs-b$1" $((100 + $1))
    site_claim "$3" "b$1"
    ovn-sbctl --timeout=20 wait-until Port_Binding "b$1" up=true \
        chassis="$(ovn-sbctl get Chassis "$3" _uuid)" ||
        lab_die "b$1 does not get to $3"
    nb_do sync
}

# site_stateless LB: makes a balancer stateless, with the method in $method.
site_stateless() {
    case $method in
        consistent-hash*) nb set load_balancer "$1" \
            selection_fields="$(site_either ip_src ipv6_src),tp_src" ;;
    esac
    nb set load_balancer "$1" options:selection_method="$method" \
        options:stateless=true options:ct_flush=true -- ls-lb-add vms "$1"
}

# site_use GATEWAY...: has packets to the service, and answers, go through these
# gateways, in this order.
site_use() {
    site_hops=
    nb --if-exists lr-route-del lr "$(site_any)"
    for site_gateway; do
        site_n=$(chassis_number "$site_gateway")
        site_hops="$site_hops nexthop via $(site_ip "1$site_n" 1)"
        case $gateways in
            ports) set -- "$(site_ip "1$site_n" 254)" \
                "lr-out${site_gateway#gw}" ;;
            routers) set -- "$(site_ip 3 "$site_n")" lr-join ;;
        esac
        nb --ecmp lr-route-add lr "$(site_any)" "$@"
    done
    nb_do sync
    ip -n router route replace "$(vip 0)/$(site_len)" $site_hops ||
        lab_die 'cannot set the route to the service'
}

# site_plug CHASSIS up|down: plugs its cables in, or out.
site_plug() {
    case $1 in
        gw*) ip -n "$1" link set outside "$2" ;;
    esac && ip -n "$1" link set under "$2" || lab_die "cannot plug $1 $2"
}

# site_kill CHASSIS: it dies, in the middle of everything.  The kernel's
# datapath lives longer than its daemons, but gets no packets any more.
site_kill() {
    kill -s KILL "$(cat "$LAB_DIR/$1/ovn-controller.pid")" &&
        rm "$LAB_DIR/$1/ovn-controller.pid" || lab_die "cannot kill $1"
    lab_kill "$1"
    site_plug "$1" down
}

# site_signal SIGNAL CHASSIS...: sends it to their ovn-controllers.
site_signal() {
    site_signal=$1
    shift
    for site_pid; do
        kill -s "$site_signal" \
            "$(cat "$LAB_DIR/$site_pid/ovn-controller.pid")" ||
            lab_die "cannot signal $site_pid"
    done
}

# site_revive CHASSIS: it starts again.
site_revive() {
    site_plug "$1" up
    lab_at "$1" lab_run_switch || exit 1
    lab_tunnels_up "$1" inside
    lab_controller "$1"
}

# site_tracked CHASSIS: prints how many connections it tracks.  Those of its
# tunnels do not count, which the host tracks with some kernels.
site_tracked() {
    if test -e "$LAB_DIR/$1/ovs-vswitchd.pid"; then
        lab_at "$1" ovs-appctl --timeout=20 dpctl/dump-conntrack |
            grep 'orig=.*,dport=' | grep -vc 'dport=6081)'
    else
        echo 0
    fi
}
