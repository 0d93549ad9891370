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

# The site of recipes whose clients and backends are hosts at one switch, "gw".
#
# The service has an address that all backends have, and a MAC address that
# none of them has: the switch puts in that of the backend that it chooses.
# Host NAME is at port "ovs-NAME".

# service_start: makes the switch.  Sets $vip.
service_start() {
    family_begin
    case $family in
        ipv4) service_net=10.0.0. ;;
        ipv6) service_net=2001:db8:: ;;
    esac
    vip=${service_net}80
    lab_switch gw
    : >"$LAB_DIR/hosts"
}

# What follows from the number of a host, which has two digits.
service_addr() { echo "$service_net$1"; }
service_mac() { echo "02:00:00:00:02:$1"; }

# service_host NAME N: makes a host at port N of the switch, which knows all
# others, as they know it.
service_host() {
    lab_host "$1" "$(service_addr "$2")/$length" \
        "$(service_mac "$2")" "$2" gw
    lab_neighbor "$1" "$vip" "$(service_mac 80)"
    while read -r service_other service_n; do
        lab_neighbor "$1" "$(service_addr "$service_n")" \
            "$(service_mac "$service_n")"
        lab_neighbor "$service_other" "$(service_addr "$2")" \
            "$(service_mac "$2")"
    done <"$LAB_DIR/hosts"
    echo "$1 $2" >>"$LAB_DIR/hosts"
}

# service_backend N: makes backend bN, at port 1N.
service_backend() {
    service_host "b$1" "1$1"
    lab_ip "b$1" neighbor del "$vip" dev eth0
    lab_address "b$1" lo "$vip/$whole"
}

# service_bucket N: prints the bucket of backend bN.
service_bucket() {
    sed "s|<id>|$1|g; s|<mac>|$(service_mac "1$1")|g" \
        "$lab/../health/bucket"
}

# service_set_up METHOD: tells the switch, which has nothing, all but the
# buckets.
service_set_up() {
    family_load gw "$lab/../health/switch.bundle" method="$1" vip="$vip" \
        mac="$(service_mac 80)"
    while read -r service_other service_n; do
        lab_load gw "$lab/../health/host.bundle" host="$service_other" \
            mac="$(service_mac "$service_n")"
    done <"$LAB_DIR/hosts"
}

# service_buckets: prints the ids of the group's buckets.
service_buckets() {
    lab_ofctl gw dump-groups 1 | grep -o 'bucket_id:[0-9]*' |
        sed 's/.*://' | sort -n | paste -s -d ' '
}
