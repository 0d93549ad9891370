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


# TCP connections that keep talking while things change, and the table of what
# became of them.  The host "client" opens them.

# What went wrong first.
connections_table=ok

# First port of the current clients.
connections_port=0

# connections_open N ADDR:PORT [OPTION...]: opens N connections, with the
# options of test-tcp-echo.  A connection breaks for silence only after 15
# seconds, and just talks twice a second or so: a machine that is many hosts is
# busy, and may take long to retransmit.  Ends connections that were opened
# before; the new ones have other ports, as those of other clients would.
connections_open() {
    connections_n=$1 connections_to=$2
    shift 2
    test ! -e "$LAB_DIR/client.pid" || lab_tell client exit ||
        lab_die 'the client does not end'
    connections_port=$((connections_port % 40000 + 10000))
    connections_ports $connections_port $((connections_port + 9999))
    lab_echo client client "$connections_to" "$connections_n" \
        --silence=15000 --pause=500 "$@"
    lab_say "opening $connections_n connections ..."
    connections_ask fill moves
    connections_ports 10000 60999
    connections_settle
}

# connections_ports FIRST LAST: the client takes its ports from this range.
connections_ports() {
    lab_in client sh -c \
        "echo $1 $2 >/proc/sys/net/ipv4/ip_local_port_range" ||
        lab_die "cannot set the client's ports"
}

# connections_ask COMMAND FILE: has the client execute a command, and puts what
# is in its reply into $LAB_DIR/FILE.  A connection whose addresses and ports
# conntrack still has in use somewhere may take several tries to open.  If some
# cannot be opened, that is the verdict.
connections_ask() {
    for connections_try in 1 2 3 4; do
        if lab_tell client "$1" >"$LAB_DIR/reply" 2>"$LAB_DIR/error"; then
            sed 's/[a-z]*=//g' "$LAB_DIR/reply" >"$LAB_DIR/$2"
            return
        fi
    done
    connections_table="cannot $1 connections: $(head -n 1 "$LAB_DIR/error")"
    connections_verdict ''
}

# Waits until each connection was used twice since, or is broken.
connections_settle() {
    connections_ask report owners
}

# connections_of BACKEND: prints how many connections the backend had when they
# were looked at last.
connections_of() {
    awk -v of="$1" '$1 == of && $2 == "live" { n += $3 } END { print n + 0 }' \
        "$LAB_DIR/owners"
}

# connections_share P: prints how many connections may be among those that a
# change moves with the probability P, such as "1/6": the ideal share and four
# standard deviations more.
connections_share() {
    awk -v n="$connections_n" "BEGIN {
        p = $1
        printf \"%d\", n * p + 4 * sqrt(n * p * (1 - p))
    }"
}

# The table's format: "text", or "csv" for comma-separated values.
connections_format=text

# connections_say TEXT...: says what is going to be shown.
connections_say() {
    test "$connections_format" = csv || echo "$*"
}

# connections_title [COLUMN...]: prints the head of the table.
connections_title() {
    if test "$connections_format" = csv; then
        connections_cells step moved silent bound others "$@"
        return
    fi
    printf '\n%-34s %s\n%-34s' '' '------ connections -------' step
    printf ' %6s %6s %5s %6s' moved silent bound others
    test $# -eq 0 || printf ' %7s' "$@"
    printf '\n'
}

# Prints comma-separated values.
connections_cells() {
    printf '"%s"' "$1"
    shift
    test $# -eq 0 || printf ',"%s"' "$@"
    printf '\n'
}

# connections_row STEP BOUND OWNER [CELL...]: lets the connections feel a
# change, opens those again that broke, and prints a row of the table, with
# more cells as they are.  Connections break that moved, as another backend
# answered or reset them, and those that were silent, as nobody answered in
# time.  At most BOUND may break, all of which belonged or belong now to OWNER,
# or to one of several, "b2|b4".  "others" counts those that did not.
connections_row() {
    connections_settle
    connections_ask fill moves
    connections_settle
    connections_step=$1 connections_bound=$2 connections_owner=$3
    shift 3
    connections_counts=$(awk -v owner="^($connections_owner)$" '
        { n[$3] += $4 }
        $1 !~ owner && $2 !~ owner { others += $4 }
        END { print n["moved"] + 0, n["silent"] + 0, others + 0 }
    ' "$LAB_DIR/moves")
    read -r connections_moved connections_silent connections_others <<END
$connections_counts
END
    if test "$connections_format" = csv; then
        connections_cells "$connections_step" "$connections_moved" \
            "$connections_silent" "$connections_bound" "$connections_others" \
            "$@"
    else
        printf '%-34s %6d %6d %5d %6d' "$connections_step" \
            "$connections_moved" "$connections_silent" "$connections_bound" \
            "$connections_others"
        test $# -eq 0 || printf ' %7s' "$@"
        printf '\n'
    fi
    connections_broke=$((connections_moved + connections_silent))
    if test "$connections_others" -gt 0 ||
        test "$connections_broke" -gt "$connections_bound"; then
        connections_fail "$connections_moved connections moved and \
$connections_silent were silent, of which $connections_others had to live and \
no more than $connections_bound might break: $connections_step"
    fi
}

# connections_fail TEXT: something went wrong.  The verdict tells what went
# wrong first.
connections_fail() {
    test "$connections_table" != ok || connections_table=$1
}

# connections_verdict TEXT: prints how it ended, and ends the script.
connections_verdict() {
    if test "$connections_format" != csv; then
        echo
    else
        exec >&2
    fi
    if test "$connections_table" = ok; then
        echo "PASSED: $1"
        exit 0
    fi
    echo "FAILED: $connections_table"
    exit 1
}
