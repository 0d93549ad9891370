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

# What the tests of gateways that have to agree share.

. "$here/../../tutorial/lab.sh"

# This file may be in a tree that was built, or beside its directory build/ovs.
if test -z "${OVS_BUILD-}"; then
    OVS_BUILD=$here/../..
    test -x "$OVS_BUILD/vswitchd/ovs-vswitchd" ||
        OVS_BUILD=$OVS_BUILD/build/ovs
fi

# gateways_enter "$@": starts the script over, with its arguments, in
# namespaces of its own.  Exits with 77 if the machine allows none.
gateways_enter() {
    lab_enter "$@" || {
        lab_say 'no right to make network namespaces here'
        exit 77
    }
}

# gateways_method METHOD: prints it with the options that the tests use.
gateways_method() {
    case $1 in
        consistent-hash)
            # Parts of addresses and ports that differ between connections.
            fields='ip_src=0.0.0.63,ip_dst=0.0.0.63'
            fields="$fields,ipv6_src=::3f,ipv6_dst=::3f"
            fields="$fields,tcp_src=0x1e,tcp_dst=0x1e"
            fields="$fields,udp_src=0x1e,udp_dst=0x1e"
            echo "consistent-hash(hash=symmetric),fields($fields)"
            ;;
        *) echo "$1" ;;
    esac
}

# gateways_ofctl GATEWAY COMMAND [ARG]: runs ovs-ofctl.
gateways_ofctl() {
    gateway=$1 command=$2
    shift 2
    lab_at "$gateway" ovs-ofctl --no-names -O OpenFlow15 "$command" br0 \
        ${1+"$1"} || lab_die "cannot $command"
}
