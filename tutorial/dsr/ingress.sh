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

# The nodes of the recipe: the ingress node "gwa", and those of the backends.

nodes='n1 n2 n3'
node_of() { echo "n$((($1 - 1) % 3 + 1))"; }

# node_backend N: makes backend bN, which has the service's address as its own,
# on port 80 for connections that keep talking, on port 8080 for short ones.
node_backend() {
    site_backend "$1" "$(node_of "$1")"
    lab_address "b$1" lo "$vip/$whole"
    lab_echo "b$1" server "b$1" "$(at "$vip" 80)" --silence=20000 --size=3000
    lab_echo "b$1.once" server "b$1" "$(at "$vip" 8080)" --silence=20000 --once
    site_load "$(node_of "$1")" node-backend id="$1" \
        backend_mac="$(backend_mac "$1")"
}

# ingress METHOD [LEARN]: has the ingress node forget all, and tells it to
# choose by METHOD, and with LEARN to learn a flow that matches those fields.
ingress() {
    lab_ofctl gwa del-flows
    lab_ofctl gwa del-groups
    site_load gwa ingress method="$1"
    ingress_learn=${2-}
    test -z "$ingress_learn" || site_load gwa learn learn="$ingress_learn"
    for b in $backends; do
        add_backend "$b"
    done
    lab_at gwa ovs-appctl --timeout=20 revalidator/purge
    flush_conntrack
}

# add_backend N: tells the ingress node about a backend.
add_backend() {
    set -- "$1" "add-backend"
    test -z "$ingress_learn" || set -- "$1" "learn-backend"
    site_load gwa "$2" id="$1" backend_mac="$(backend_mac "$1")" \
        node_ip="$(inside_ip "$(node_of "$1")")"
}

# The selection methods of client affinity.
by_address() { echo "selection_method=consistent-hash,fields($src)"; }
by_port() {
    # Linux gives connections even ports, as long as it has some.
    echo "selection_method=consistent-hash,fields($src,tcp_src=0x7e)"
}

# flush_conntrack: makes conntrack of the ingress node forget all.
flush_conntrack() {
    lab_at gwa ovs-appctl --timeout=20 dpctl/flush-conntrack
}

# ct_packets: prints how many packets the ingress node has chosen a backend for
# that were new, established and invalid for conntrack, in three lines.
ct_packets() {
    lab_at gwa ovs-appctl --timeout=20 revalidator/wait
    lab_ofctl gwa dump-flows table=1 >"$LAB_DIR/ct"
    for ct_state in +new-inv+trk -new-inv+trk +inv+trk; do
        sed -n "s/.* n_packets=\([0-9]*\),.*ct_state=$ct_state,.*/\1/p" \
            "$LAB_DIR/ct"
    done
}

# client_flows: prints how many datapath flows the ingress node has for what
# comes from clients.
client_flows() {
    lab_at gwa ovs-appctl --timeout=60 dpctl/dump-flows --names |
        grep -c 'in_port(outside).*eth_type(0x\(0800\|86dd\))'
}

# flows_at_most N: checks client_flows.  There is one flow before conntrack and
# one after it for each of its three states; N are what there may be else.
flows_at_most() {
    test "$(client_flows)" -le "$((4 + $1))" ||
        table_fail 'there are too many datapath flows'
}

# direct_return: checks that the ingress node has not got any answer from a
# backend, by tunnel, or sent any to the router.
direct_return() {
    lab_ofctl gwa dump-ports >"$LAB_DIR/ports"
    test "$(grep -A 1 'port  3:' "$LAB_DIR/ports" |
                grep -c 'rx pkts=0,')" = 1 &&
        test "$(grep -A 1 'port  1:' "$LAB_DIR/ports" |
                    grep -c 'tx pkts=0,')" = 1 ||
        table_fail 'answers came through the ingress node'
}

# cpu: prints the CPU time, in microseconds, that the ingress node has used.
cpu() {
    cat "/proc/$(cat "$LAB_DIR/gwa/ovs-vswitchd.pid")"/task/*/schedstat |
        awk '{ ns += $1 } END { printf "%d", ns / 1000 }'
}

# upcalls: prints how many there have been on the ingress node.
upcalls() {
    lab_at gwa ovs-appctl --timeout=20 dpctl/show |
        sed -n 's/.*missed:\([0-9]*\).*/\1/p'
}
