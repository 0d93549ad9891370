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

# The same load with each configuration of selection methods and learned flows.

# configuration NAME METHOD [LEARN]: adds a row of the table.  The machine may
# become faster or slower all the time, so that the rate is compared with that
# of our method just before.
configuration() {
    ingress "$(lab_method consistent-dp-hash)"
    load_run "$((total / 4))" 10
    ours=$(load_value rate)

    ingress "$2" "${3-}"
    upcalls_before=$(upcalls) cpu_before=$(cpu)
    load_run "$total" 10 --timeout=2000
    cpu=$(($(cpu) - cpu_before))
    rate=$(load_value rate) failed=$(load_value failed)
    table_line "$compared" "$1" "${rate%.*}" \
        "$(echo "$rate $ours" | awk '{ printf "%.2f", $1 / $2 }')" \
        "$((cpu / total))" "$(client_flows)" \
        "$(($(upcalls) - upcalls_before))" "$failed"
}

# must FLOWS: the last row was of a consistent method: no connection may have
# failed, with at most FLOWS datapath flows (see flows_at_most).
must() {
    flows_at_most "$1"
    test "$failed" = 0 || table_fail 'short connections failed'
}

# least A B
least() {
    if test "$1" -lt "$2"; then echo "$1"; else echo "$2"; fi
}

compare() {
    # Nothing must go while it is to be counted.
    lab_at gwa ovs-appctl --timeout=20 upcall/set-flow-limit 200000 \
        >/dev/null
    lab_at gwa ovs-vsctl --timeout=20 set Open_vSwitch . \
        other_config:max-idle=600000
    hash=$(lab_method hash) dp_hash=$(lab_method dp_hash)
    address='NXM_OF_IP_SRC[]'
    port="$address,NXM_OF_TCP_SRC[]"
    # Linux gives connections even ports, as long as it has some.
    masked="$address,NXM_OF_TCP_SRC[1..6]"

    table_say "$total short connections, 10 at a time, with each" \
        "configuration"
    table_say
    table_result=ok
    compared='%-29s %6s %6s %7s %6s %8s %7s'
    table_line "$compared" configuration conn/s ratio cpu-us flows upcalls \
        failed
    configuration 'consistent-dp-hash' "$(lab_method consistent-dp-hash)"
    must "$(least 1024 "$total")"
    configuration 'consistent-hash ip port&0x7e' "$(by_port)"
    must $((3 * 64))
    configuration 'consistent-hash ip' "$(by_address)"
    must 3
    configuration '1 hash' "$hash"
    configuration '2 hash, learn ip port' "$hash" "$port"
    configuration '3 hash, learn ip port&0x7e' "$hash" "$masked"
    configuration '4 hash, learn ip' "$hash" "$address"
    configuration '5 dp_hash' "$dp_hash"
    configuration '6 dp_hash, learn ip port' "$dp_hash" "$port"
    configuration '7 dp_hash, learn ip port&0x7e' "$dp_hash" "$masked"
    configuration '8 dp_hash, learn ip' "$dp_hash" "$address"
    table_verdict 'no connection failed that chose consistently'
}
