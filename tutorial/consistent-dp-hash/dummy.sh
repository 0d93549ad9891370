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

# The demo's traffic where there can be no hosts: one packet of each connection
# goes in at a dummy device, and what comes out of others is in files.  A
# connection is broken if its packet comes out of another device than before.

traffic_explain() {
    echo "Packets of $connections would-be TCP connections through dummy" \
         'devices: broken if they go elsewhere than before'
}

# Starts what all methods share.
traffic_start() {
    lab_say 'starting a switch with dummy devices ...'
    lab_start --enable-dummy=override
    set -- -- add-port br0 ovs-client -- \
        set Interface ovs-client type=dummy ofport_request="$client_port"
    for b in $backends; do
        set -- "$@" -- add-port br0 "ovs-b$b" -- set Interface "ovs-b$b" \
            type=dummy ofport_request="$(backend_port "$b")" \
            options:tx_pcap="$LAB_DIR/b$b.pcap"
    done
    ovs-vsctl --timeout=10 "$@" || lab_die 'cannot add dummy devices'
    round=0
}

# Sends one packet of each connection.  The TTL tells them from earlier ones.
# A dummy device holds at most 100 packets that the switch did not take yet.
send_packets() {
    awk -v n="$connections" -v ttl="$round" -v src="$client_ip" -v dst="$vip" \
        -v eth_src="$client_mac" -v eth_dst="$vip_mac" 'BEGIN {
            for (i = 0; i < n; i++) {
                printf "in_port(1),eth(src=%s,dst=%s),eth_type(0x0800),",
                       eth_src, eth_dst
                printf "ipv4(src=%s,dst=%s,proto=6,tos=0,ttl=%d,frag=no),",
                       src, dst, ttl
                printf "tcp(src=%d,dst=80),tcp_flags(ack)\n", 32768 + i
            }
        }' | xargs -n 50 ovs-appctl --timeout=10 \
            netdev-dummy/receive ovs-client
}

# Prints lines of TCP source port and backend for the packets of this round.
# A pcap file has 24 bytes and then, for each packet, 16 and the packet, which
# here always has 118.
read_packets() {
    for b in $backends; do
        od -A n -v -t u1 -j 24 -w134 "$LAB_DIR/b$b.pcap" |
            awk -v ttl="$round" -v b="$b" \
                '$39 == ttl { print $51 * 256 + $52, b }'
    done | sort -u
}

# Finds out where all connections go now.
look() {
    round=$((round + 1))
    for try in 1 2 3 4 5; do
        send_packets
        sleep 0.3
        read_packets >"$LAB_DIR/now"
        test "$(wc -l <"$LAB_DIR/now")" -ne "$connections" || return 0
    done
    return 1
}

# Opens the connections: where they go now is right.
traffic_open() {
    : >"$LAB_DIR/before"
    connections_feel -
}

traffic_close() { :; }
traffic_forget() { :; }

# What connections_feel calls, which for hosts is in tutorial/lab.  "fill" lets
# those connections that changed go where they go now, so that there is nothing
# new to see for the "report" after it.
filled=no
connections_report() {
    test $filled = yes || look || return
    filled=no
    awk '{ n[$2]++ } END { for (b in n) print b, "live", n[b] }' "$LAB_DIR/now"
}

connections_fill() {
    join "$LAB_DIR/before" "$LAB_DIR/now" | awk '
        $2 != $3 { n[$2 " " $3]++ }
        END { for (move in n) { print move, "moved", n[move] } }'
    cp "$LAB_DIR/now" "$LAB_DIR/before"
    filled=yes
}
