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

# IPv4 or IPv6: what a recipe that knows both calls differently in each.

family=ipv4

# family_begin: sets what flows, and other commands, have to say in $family:
#
#   ip, tcp, icmp    Protocols.
#   src, dst         Fields with addresses.
#   length, whole    How long the prefix of a network is, and an address.
#   any              All addresses.
family_begin() {
    case $family in
        ipv4)
            ip=ip tcp=tcp icmp=icmp src=nw_src dst=nw_dst
            length=24 whole=32 any=0.0.0.0/0 ;;
        ipv6)
            ip=ipv6 tcp=tcp6 icmp=icmp6 src=ipv6_src dst=ipv6_dst
            length=64 whole=128 any=::/0 ;;
    esac
}

# family_load SWITCH FILE [NAME=VALUE...]: as lab_load, where <ip>, <tcp>,
# <icmp>, <src> and <dst> are known.
family_load() {
    lab_load "$@" ip="$ip" tcp="$tcp" icmp="$icmp" src="$src" dst="$dst"
}

# at ADDR [PORT]: prints an address as it is written before a port, and the
# port, if any.
at() {
    case $1 in
        *:*) echo "[$1]${2+:$2}" ;;
        *) echo "$1${2+:$2}" ;;
    esac
}
