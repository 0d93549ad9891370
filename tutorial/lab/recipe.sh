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

# What all recipes have in common: parts of the lab, options, and what is
# checked before anything is started.
#
# A recipe puts this folder into $lab, sources this file, sets defaults, defines
# "usage", which prints what it does and its own options, and calls
# recipe_option for each other option, and then recipe_begin.

for lab_part in \
    base namespaces switch hosts openflow networks family connections table
do
    . "$lab/$lab_part.sh"
done

method=consistent-dp-hash
connections=200

# Methods that the recipe knows and Open vSwitch does not.
recipe_methods=

# Does the recipe know IPv6, too?
recipe_ipv6=no

# recipe_option OPTION: does what OPTION says, which all recipes have.
recipe_option() {
    case $1 in
        --method=?*) method=${1#*=} ;;
        --connections=[1-9]*) connections=${1#*=} ;;
        --family=*)
            test "$recipe_ipv6" = yes ||
                lab_die "$1: bad option (--help lists the good ones)"
            case ${1#*=} in
                ipv4 | ipv6) family=${1#*=} ;;
                *) lab_die "$1: must be ipv4 or ipv6" ;;
            esac ;;
        --csv) table_format=csv ;;
        --help) recipe_usage; exit 0 ;;
        *) lab_die "$1: bad option (--help lists the good ones)" ;;
    esac
    case $connections in
        *[!0-9]* | ??????*) lab_die "$1: must be 1 to 99999" ;;
    esac
}

recipe_usage() {
    printf 'usage: %s [OPTION...]\n\n' "${0##*/}"
    usage
    test "$recipe_ipv6" != yes ||
        echo "  --family=FAMILY    ipv4 or ipv6 (default: $family)"
    cat <<END
  --method=METHOD    selection method of the groups (default: $method)
  --connections=N    N connections (default: $connections)
  --csv              print comma-separated values
  --help             print this

OVS_BUILD in the environment names the tree where Open vSwitch was built, with
tests/ovstest.
END
}

# recipe_errors: succeeds if the method may send ICMP errors to the backend of
# their connection.  Otherwise says that path MTU discovery is not tried.
recipe_errors() {
    case $method in
        consistent-dp-hash*) ;;
        *)
            table_say "path MTU of answers is not tried:" \
                "$method loses ICMP errors"
            return 1 ;;
    esac
}

# recipe_begin "$@": checks all that, and prepares for switches and hosts.
recipe_begin() {
    lab_build "$lab/../.." tests/ovstest
    lab_check_method "$method" $recipe_methods
    lab_enter "$@"
    lab_begin
}
