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

# The demo's traffic: a client host with TCP connections to ten backend hosts
# that all have the same address.  The switch passes the client's packets on to
# the backend that the group picks, and the backends' packets straight back.

traffic_explain() {
    echo "$connections TCP connections from one host to ten, through" \
         "the $LAB_DATAPATH datapath"
}

# Starts what all methods share.
traffic_start() {
    lab_say 'starting a switch and 11 hosts ...'
    lab_start
    lab_host client "$client_ip/24" "$client_mac" "$client_port"
    lab_neighbor client "$vip" "$vip_mac"
    for b in $backends; do
        lab_host "b$b" "$vip/24" "$(backend_mac "$b")" "$(backend_port "$b")"
        lab_neighbor "b$b" "$client_ip" "$client_mac"
        lab_echo "b$b" server "$b" "$vip:80" --silence=20000
    done
}

# Opens new connections, and keeps them talking until traffic_close.
traffic_open() {
    connections_open "$connections" "$vip:80" --pause=200
}

traffic_close() {
    lab_tell client exit
}

# Those that moved away would be in the way if they came back.
traffic_forget() {
    connections_forget $(for b in $backends; do echo "b$b"; done) ||
        lab_die 'a backend does not answer'
}
