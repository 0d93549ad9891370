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

# What a controller tells a switch of a lab, and what it asks: OpenFlow, some
# of it read from files.

# lab_method METHOD: prints the selection method METHOD of a group, with fields
# if it wants some.
lab_method() {
    case $1 in
        hash)
            printf %s 'selection_method=hash,' \
                'fields(ip_src,ip_dst,tcp_src,tcp_dst)' ;;
        consistent-hash)
            # Parts of addresses and ports that differ between connections.
            printf %s 'selection_method=consistent-hash(hash=symmetric),' \
                'fields(ip_src=0.0.0.63,ip_dst=0.0.0.63,' \
                'ipv6_src=::3f,ipv6_dst=::3f,' \
                'tcp_src=0x1e,tcp_dst=0x1e,udp_src=0x1e,udp_dst=0x1e)' ;;
        *) printf %s "selection_method=$1" ;;
    esac
}

# lab_check_method METHOD [OTHER...]: ends the script unless METHOD is a
# selection method with good options, or one of OTHER, which the script knows.
lab_check_method() {
    lab_method=$1
    shift
    case " $* " in
        *" $lab_method "*) return ;;
    esac
    lab_error=$(ovs-ofctl parse-group \
        "group_id=1,type=select,$(lab_method "$lab_method")" 2>&1) ||
        lab_die "${lab_error#ovs-ofctl: }${1:+, or here $*}"
}

# lab_ofctl SWITCH COMMAND [ARG...]: runs ovs-ofctl on br0 of a switch.
lab_ofctl() {
    lab_ofctl_switch=$1 lab_ofctl_command=$2
    shift 2
    lab_at "$lab_ofctl_switch" ovs-ofctl --no-names --timeout=20 \
        -O OpenFlow15 "$lab_ofctl_command" br0 "$@" ||
        lab_die "${lab_ofctl_switch:-the switch}: cannot $lab_ofctl_command"
}

# lab_load SWITCH FILE [NAME=VALUE...]: makes the changes that are in FILE, in
# the syntax of "ovs-ofctl bundle", all of them or none.
#
# In FILE a line that begins with a blank continues the line before, and
# each <NAME> stands for VALUE.
lab_load() {
    lab_load_switch=$1 lab_load_file=$2
    shift 2
    for lab_value; do
        # Escaped for sed.
        lab_value=$(printf '%s\n' "$lab_value" | sed 's/[\\|&]/\\&/g')
        printf 's|<%s>|%s|g\n' "${lab_value%%=*}" "${lab_value#*=}"
    done >"$LAB_DIR/load.sed"
    sed 's/#.*//' "$lab_load_file" | awk '
        /^ / { sub(/^ */, ""); line = line $0; next }
        { if (line != "") print line; line = $0 }
        END { if (line != "") print line }' |
        sed -f "$LAB_DIR/load.sed" >"$LAB_DIR/load"
    lab_at "$lab_load_switch" ovs-ofctl --timeout=20 -O OpenFlow15 \
        bundle br0 "$LAB_DIR/load" ||
        lab_die "$lab_load_switch: cannot load ${lab_load_file##*/}"
}

# lab_group_packets SWITCH GROUP: prints how many packets a group of the switch
# has got.  A dead switch has got none.
lab_group_packets() {
    test -e "$LAB_DIR/$1/ovs-vswitchd.pid" || {
        echo 0
        return
    }
    lab_at "$1" ovs-appctl --timeout=20 revalidator/wait
    lab_ofctl "$1" dump-group-stats "group_id=$2" |
        sed -n "s/.*group_id=$2,.*,packet_count=\([0-9]*\),.*bucket0.*/\1/p"
}
