# Directors that spread connections over backends, for bench/peers-*: those of
# Linux, and switches with a group.  They run inside of a virtual machine.
#
#           director A
#          /          \
#   client             b1 ... b10
#          \          /
#           --- way --
#
# A backend's answers go back by the host "way", whatever the director is.  All MAC
# addresses are known, nothing is asked for.

set -u
for peers_part in base namespaces switch hosts openflow connections; do
    . "tutorial/lab/$peers_part.sh"
done
OVS_BUILD=build/ovs
lab_build . tests/ovstest
LAB_DATAPATH=system

# What takes the packets to the backends:
#
#   drop                         nothing: the director drops them
#   route, flow                  a route, or a flow of a switch, to backend 1
#   ecmp, nexthops               next hops of a route, and a resilient group
#   ipvs-mh, ipvs-rr             IP Virtual Server, with Maglev or round robin
#   kernel-consistent-dp-hash    our method with the kernel's symmetric hash
#   portable-flow                a flow, where packets have the portable hash
#   any other                    a group with this selection method
is_switch() {
    case $1 in
        drop | route | ecmp | nexthops | ipvs-*) return 1 ;;
    esac
}

n_hosts=10                      # Hosts that are backends, b1 to b10.
n_backends=$n_hosts             # With more, backend 11 is on b1 again.
absent='' doubled=''                # Backends without weight, and with weight 2.
client_port=1000
client_ip=10.0.0.2 vip=203.0.113.1
client_mac=02:00:00:00:00:01 way_mac=02:00:00:00:00:02
director_mac=02:00:00:00:00:03
backend_mac() { printf '02:00:00:00:01:%02x' "$1"; }
backend_device() { echo "b$((($1 - 1) % n_hosts + 1))"; }
backend_ip() { echo "10.1.$(($1 / 250)).$(($1 % 250 + 1))"; }

# peers_batch HOST: runs the commands of ip that it reads.
peers_batch() {
    ip ${1:+-n "$1"} -batch - || lab_die "${1:-the lab}: a command of ip failed"
}

# peers_modules: loads modules of the kernel, and says which kernel it is.
peers_modules() {
    modprobe -a veth sch_ingress cls_bpf cls_matchall act_gact ip_vs_mh \
        ip_vs_rr openvswitch || lab_die 'a module of the kernel is not there'
    uname -r
}

# peers_host NAME: makes a host that has and sends nothing of its own.
peers_host() {
    lab_netns "$1"
    lab_sysctl "$1" ipv6/conf/default/disable_ipv6 1
    lab_sysctl "$1" ipv4/ip_forward 1
}

# peers_hosts: makes all hosts but directors.
peers_hosts() {
    peers_host client
    peers_host way
    for host in $(seq $n_hosts); do
        peers_host "b$host"
    done
    {
        echo "link add way up netns client address $client_mac type veth" \
            "peer name client netns way address $way_mac"
        for host in $(seq $n_hosts); do
            echo "link add way up netns b$host address $(backend_mac "$host")" \
                "type veth peer name b$host netns way address $way_mac"
        done
    } | peers_batch ''
    ip -n client address add $client_ip/32 dev lo ||
        lab_die 'cannot give the client an address'
    {
        echo "link set client up"
        echo "route add $client_ip dev client"
        echo "neigh add $client_ip lladdr $client_mac dev client nud permanent"
        for host in $(seq $n_hosts); do
            echo "link set b$host up"
        done
    } | peers_batch way
    for host in $(seq $n_hosts); do
        peers_batch "b$host" <<END
address add $vip/32 dev lo
route add $client_ip dev way src $vip
neigh add $client_ip lladdr $way_mac dev way nud permanent
END
    done
}

# director NAME WAY: makes a director without state.  NAME is also that of the
# devices to it, of the client and of backends.
director() {
    if is_switch "$2"; then
        lab_switch "$1"
    else
        peers_host "$1"
    fi
    # A new veth device can be up at once, its peer cannot.
    {
        echo "link add $1 up netns client address $client_mac type veth" \
            "peer name client netns $1 address $director_mac"
        for b in $(seq $n_hosts); do
            echo "link add $1 up netns b$b address $(backend_mac "$b")" \
                "type veth peer name b$b netns $1 address $director_mac"
        done
    } | peers_batch ''
    {
        echo link set client up
        for b in $(seq $n_hosts); do
            echo "link set b$b up"
        done
    } | peers_batch "$1"
    if is_switch "$2"; then
        start_switch "$1" "$2"
    elif test "$2" != drop; then
        start_router "$1"
    fi
    configure "$1" "$2" new
}

# end_director NAME WAY: it is gone, with its devices.
end_director() {
    if is_switch "$2"; then
        lab_at "$1" ovs-appctl --timeout=20 exit --cleanup &&
            lab_wait_for_end "$LAB_DIR/$1/ovs-vswitchd.pid" &&
            lab_at "$1" ovs-appctl --timeout=20 -t ovsdb-server exit &&
            lab_wait_for_end "$LAB_DIR/$1/ovsdb-server.pid" ||
            lab_die "$1: the switch does not end"
        rm -rf "${LAB_DIR:?}/$1"
    fi
    ip netns del "$1" || lab_die "$1: cannot end"
    # The kernel takes its time.
    for wait in $(seq 100); do
        ip -n client link show "$1" > /dev/null 2>&1 || return 0
        sleep 0.1
    done
    lab_die "$1: its devices stay"
}

# start_switch NAME WAY: adds the devices to the switch.
start_switch() {
    case $2 in
        kernel-*) hash=false ;;
        portable-*) hash=true ;;
        *) hash='' ;;
    esac
    hash=${hash:+-- set Open_vSwitch . other_config:portable-hash=$hash}
    lab_at "$1" ovs-vsctl --timeout=60 $hash \
        -- add-port br0 client -- set Interface client ofport_request=$client_port \
        $(for b in $(seq $n_hosts); do
            echo "-- add-port br0 b$b -- set Interface b$b ofport_request=$b"
        done) || lab_die "$1: cannot add ports"
}

# start_router NAME: tells the kernel where client and backends are, those, too,
# that are not there yet.
start_router() {
    {
        echo "route add $client_ip dev client"
        echo "neigh add $client_ip lladdr $client_mac dev client nud permanent"
        (absent='' && weights) | awk '{
            print "route add", $3, "dev", $5
            print "neigh add", $3, "lladdr", $4, "dev", $5, "nud permanent"
        }'
    } | peers_batch "$1"
}

# weights: prints lines "BACKEND WEIGHT ADDRESS MAC DEVICE" of the backends that
# are there.
weights() {
    awk -v n="$n_backends" -v absent="$absent" -v doubled="$doubled" \
        -v n_hosts=$n_hosts 'BEGIN {
        for (i = 1; i <= n; i++) {
            if (i != absent) {
                host = (i - 1) % n_hosts + 1
                printf "%d %d 10.1.%d.%d 02:00:00:00:01:%02x b%d\n", i,
                       1 + (i == doubled), i / 250, i % 250 + 1, host, host
            }
        }
    }'
}

# group METHOD: prints the group.
group() {
    printf 'group_id=1,type=select,'
    case $1 in
        # Parts of addresses and ports that differ between connections.
        consistent-hash) printf 'selection_method=%s,%s' "$1" \
            'fields(ip_src=0.0.0.63,tcp_src=0x3fe)' ;;
        kernel-*) lab_method "${1#*-}" ;;
        symmetric-*) printf 'selection_method=%s,%s' "${1#*-}" \
            "selection_method_param=$((1 << 32))" ;;
        *) lab_method "$1" ;;
    esac
    weights | awk '{
        printf ",bucket=bucket_id:%d,weight:%d,actions=", $1, $2
        printf "set_field:%s->eth_dst,output:%d", $4, substr($5, 2)
    }'
}

# configure DIRECTOR WAY new|remove|add|weight [BACKEND]: tells the director which
# backends there are.
configure() {
    case $2 in
        drop)
            ip netns exec "$1" tc qdisc add dev client clsact &&
                ip netns exec "$1" tc filter add dev client ingress matchall \
                    action drop ;;
        route) ip -n "$1" route add $vip via "$(backend_ip 1)" dev b1 onlink ;;
        ecmp) configure_multipath "$@" &&
            ip -n "$1" route replace $vip $(weights | awk '{
                print "nexthop via", $3, "dev", $5, "onlink weight", $2 }') ;;
        nexthops) configure_multipath "$@" && configure_nexthops "$@" ;;
        ipvs-*) configure_ipvs "$@" ;;
        *)
            if test "$3" = new; then
                configure_flows "$1" "$2"
            else
                lab_ofctl "$1" mod-group "$(group "$2")"
                lab_at "$1" ovs-appctl --timeout=60 revalidator/wait
            fi ;;
    esac || lab_die "$1: cannot configure $2"
}

# configure_flows DIRECTOR WAY: sends packets to backend 1 or to a group.
configure_flows() {
    actions=group:1
    if test "${2#portable-}" = flow; then
        actions=set_field:$(backend_mac 1)-\>eth_dst,output:1
    else
        lab_ofctl "$1" add-group "$(group "$2")"
    fi
    for match in ip ipv6; do
        lab_ofctl "$1" add-flow "in_port=$client_port,$match,actions=$actions"
    done
}

# A seed that is set is the same in all directors.
configure_multipath() {
    test "$3" != new || {
        lab_sysctl "$1" ipv4/fib_multipath_hash_policy 1
        lab_sysctl "$1" ipv4/fib_multipath_hash_seed 12345
    }
}

configure_nexthops() {
    test "$3" != new ||
        for b in $(seq $((n_backends + 1))); do
            echo "nexthop add id $b via $(backend_ip "$b")" \
                "dev $(backend_device "$b") onlink"
        done | peers_batch "$1"
    ip -n "$1" nexthop replace id 1000 group \
        "$(weights | awk '{ print $1 "," $2 }' | paste -sd/)" \
        type resilient buckets 1024 idle_timer 120 unbalanced_timer 0 &&
        { test "$3" != new || ip -n "$1" route add $vip nhid 1000; }
}

# A director that takes over gets packets in the middle of connections: that it
# takes them, too, and each flow by its port, has to be asked for.
configure_ipvs() {
    scheduler=${2#ipvs-}
    case $3 in
        new)
            lab_sysctl "$1" ipv4/vs/sloppy_tcp 1
            lab_sysctl "$1" ipv4/vs/expire_nodest_conn 1
            ip -n "$1" address add $vip/32 dev lo &&
                {
                    echo "-A -t $vip:80 -s $scheduler" \
                        "$(test "$scheduler" != mh || echo -b mh-port)"
                    weights | awk -v vip=$vip:80 \
                        '{ print "-a -t", vip, "-r", $3 ":80 -g -w", $2 }'
                } | ip netns exec "$1" ipvsadm -R ;;
        remove) ip netns exec "$1" ipvsadm -d -t $vip:80 \
            -r "$(backend_ip "$4"):80" ;;
        add) ip netns exec "$1" ipvsadm -a -t $vip:80 \
            -r "$(backend_ip "$4"):80" -g -w 1 ;;
        weight) ip netns exec "$1" ipvsadm -e -t $vip:80 \
            -r "$(backend_ip "$4"):80" -g -w 2 ;;
    esac
}

# state DIRECTOR WAY: prints how many entries the director has that connections
# can add to.
state() {
    case $2 in
        ipvs-*) lab_in "$1" awk 'END { print NR - 1 }' /proc/net/ip_vs_conn ;;
        ecmp) echo 0 ;;
        nexthops) echo 1024 ;;
        *) lab_at "$1" ovs-appctl --timeout=60 dpctl/show |
            sed -n 's/^ *flows: //p' ;;
    esac
}

# frames PROTOCOL PORT: prints packets of a protocol, from a port on.
frames() {
    case $1 in
        *6) printf '%s,ipv6_src=2001:db8::2,ipv6_dst=2001:db8:1::1' "$1" ;;
        *) printf '%s,ip_src=%s,ip_dst=%s' "$1" "$client_ip" "$vip" ;;
    esac
    printf ',%s_src=%s,%s_dst=80,nw_ttl=64,dl_src=%s,dl_dst=%s' "${1%6}" "$2" \
        "${1%6}" "$client_mac" "$director_mac"
}
