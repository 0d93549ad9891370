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

# A service of two gateways, one of which is active, and nine hosts that can be
# its backends.  Both have the flows of transition/*.bundle.
#
#     client --- router
#                  |
#     ---+---------+---+---- Ethernet "outside"
#        |             |
#       gwa           gwb
#        |             |
#     ---+-+-+-+-...---+---- Ethernet "inside"
#          | | |
#         b1 b2 b3 ...
#
# Backends have the service's address.  Answers pass the active gateway.
#
# A recipe sets $transition to this folder before it sources this file, and
# $at_first to "wait", or to "turn" if a change is not to wait before it turns.

gateways='gwa gwb'
hosts='1 2 3 4 5 6 7 8 9'
router_mac=02:00:00:00:00:fe
gateway_number() { test "$1" = gwa && echo 1 || echo 2; }
mac() { echo "02:00:00:00:01:0$(gateway_number "$1")"; }
backend_mac() { echo "02:00:00:00:02:0$1"; }

# A set of backends is a list of ID:WEIGHT.
first_set='1:100 2:100 3:100 4:100 5:100 6:100'

# without SET ID..., with SET ID:WEIGHT: prints another set.
without() {
    without=$1
    shift
    for b in $without; do
        case " $* " in
            *" ${b%:*} "*) ;;
            *) printf ' %s' "$b" ;;
        esac
    done
}
with() {
    printf '%s %s' "$(without "$1" "${2%:*}")" "$2"
}

# buckets REGISTER TABLE SET: prints the buckets of a group, each of which
# notes its backend in REGISTER and goes on in TABLE.
buckets() {
    for b in $3; do
        printf ',bucket=bucket_id:%s,weight:%s,actions=' "${b%:*}" "${b#*:}"
        printf 'set_field:%s->%s,resubmit(,%s)' "${b%:*}" "$1" "$2"
    done
}

# load FILE... -- [NAME=VALUE...]: makes the changes in bundles of this folder,
# as one, on each gateway.
load() {
    while test "$1" != --; do
        cat "$transition/$1.bundle"
        shift
    done >"$LAB_DIR/bundle"
    shift
    for gateway in $gateways; do
        family_load "$gateway" "$LAB_DIR/bundle" "$@" udp="$udp" vip="$vip" \
            mac="$(mac "$gateway")" router_mac="$router_mac" \
            method="$(lab_method "$method")"
    done
}

# set_up SET: what a controller tells gateways that have nothing.
set_up() {
    old=$1
    load gateway -- buckets="$(buckets reg0 1 "$1")"
    for b in $hosts; do
        load backend -- id="$b" backend_mac="$(backend_mac "$b")"
    done
}

# The parts of a change.
begin() {
    started=$(date +%s)
    load begin "$at_first" -- buckets="$(buckets reg1 2 "$1")"
}
again() {
    load again "$at_first" -- buckets="$(buckets reg1 2 "$1")"
}
turn() {
    # Answers have to pass conntrack before.
    for gateway in $gateways; do
        lab_at "$gateway" ovs-appctl --timeout=20 revalidator/wait
    done
    load turn --
}
end() {
    old=$1
    load end -- buckets="$(buckets reg0 1 "$1")"
    # Datapath flows that ask conntrack have to go before what it knows.
    for gateway in $gateways; do
        lab_at "$gateway" ovs-appctl --timeout=20 revalidator/wait
        lab_ofctl "$gateway" ct-flush zone=1
    done
    ended=$(date +%s)
}

# Sequence numbers that conntrack would not expect are none of its business.
trust() {
    if test "$(lab_datapath "$1")" = system; then
        lab_sysctl "$1" netfilter/nf_conntrack_tcp_be_liberal 1
    else
        lab_at "$1" ovs-appctl --timeout=20 dpctl/ct-disable-tcp-seq-chk \
            >/dev/null || lab_die "cannot set up conntrack of $1"
    fi
}

# take_over GATEWAY: all packets, in both directions, go through this gateway.
take_over() {
    active=$1
    lab_ip router route replace "$vip" \
        via "$outside$(gateway_number "$1")" dev outside
    for b in $hosts; do
        lab_neighbor "b$b" "${clients}1" "$(mac "$1")"
    done
}

# tracked: prints how many established connections the gateway tracks.  The
# client's port tells them apart.
tracked() {
    lab_at "$active" ovs-appctl --timeout=20 dpctl/dump-conntrack zone=1 |
        sed -n "s/.*src=$vip,.*,dport=\([0-9]*\)).*state=ESTABLISHED.*/\1/p" |
        sort -u | wc -l
}

# old_packets: prints how many packets the gateway has sent elsewhere than
# where group 2 sends them.
old_packets() {
    lab_at "$active" ovs-appctl --timeout=20 revalidator/wait
    lab_ofctl "$active" dump-aggregate cookie=3/-1 |
        sed 's/.* packet_count=\([0-9]*\) .*/\1/'
}

# settle: waits until no more packets go elsewhere.
settle() {
    for try in $(seq 60); do
        old_before=$(old_packets)
        # Four times as long as a client is silent.
        sleep 2
        test "$(old_packets)" -ne "$old_before" || return
    done
    table_fail 'packets of old connections do not end'
    table_verdict ''
}

# gateways_start: makes all that, with gateway A active.
gateways_start() {
    family_begin
    case $family in
        ipv4)
            udp=udp vip=192.0.2.80 clients=10.0.0. outside=172.16.0. ;;
        ipv6)
            udp=udp6 vip=2001:db8:5::80
            clients=2001:db8:1:: outside=2001:db8:2:: ;;
    esac
    service=$(at "$vip" 80)
    lab_say 'starting 2 switches and 11 hosts ...'
    lab_segment outside
    lab_segment inside
    lab_router router "$family"
    lab_plug router outside "$router_mac" outside
    lab_address router outside "${outside}254/$length"
    lab_client "${clients}1" "${clients}254" "$length"
    for gateway in $gateways; do
        lab_switch "$gateway"
        lab_plug_switch "$gateway" outside "$(mac "$gateway")" outside 1
        lab_plug_switch "$gateway" inside "$(mac "$gateway")" inside 2
        lab_neighbor router "$outside$(gateway_number "$gateway")" \
            "$(mac "$gateway")" outside
        trust "$gateway"
    done
    for b in $hosts; do
        lab_netns "b$b"
        lab_plug "b$b" eth0 "$(backend_mac "$b")" inside
        lab_address "b$b" eth0 "$vip/$whole"
        lab_ip "b$b" route add "${clients}0/$length" dev eth0
        lab_echo "b$b" server "b$b" "$service" --silence=120000 --size=3000
        lab_background "b$b.udp" "b$b" "$lab/udp-echo" server "b$b" "$vip" 53
        lab_background "b$b.sink" "b$b" "$lab/udp-echo" sink "$vip" 514 \
            >>"$LAB_DIR/b$b.sink"
        lab_echo "b$b.once" server "b$b" "$(at "$vip" 81)" --silence=30000 --once
    done
    take_over gwa
}
