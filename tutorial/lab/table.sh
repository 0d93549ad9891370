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

# What becomes of TCP connections that keep talking while things change, as a
# table.  The host "client" opens them.

# The clients that have connections, the first one first.
connections_clients=client

# First port of the last client.
connections_port=0

# connections_open N ADDR:PORT [OPTION...]: opens N connections, with the
# options of test-tcp-echo.  A connection breaks for silence only after 15
# seconds, and just talks twice a second or so: a machine that is many hosts is
# busy, and may take long to retransmit.  Ends connections that were opened
# before; the new ones have other ports, as those of other clients would.
connections_open() {
    connections_end_all
    connections_open_more client "$@"
}

# connections_open_more CLIENT N ADDR:PORT [OPTION...]: the same, but leaves
# other connections as they are.  CLIENT is the client's name for lab_echo.
connections_open_more() {
    connections_client=$1 connections_n=$2 connections_to=$3
    shift 3
    connections_port=$((connections_port % 40000 + 10000))
    lab_sysctl client ipv4/ip_local_port_range \
        "$connections_port $((connections_port + 9999))"
    lab_echo "$connections_client" client "$connections_to" "$connections_n" \
        --silence=15000 --pause=500 "$@"
    connections_join "$connections_client"
    lab_say "opening $connections_n connections ..."
    connections_must fill moves
    lab_sysctl client ipv4/ip_local_port_range '10000 60999'
    connections_settle
}

connections_join() {
    connections_clients=${connections_clients:+$connections_clients }$1
}

# connections_end CLIENT: the client leaves, and its connections end.
connections_end() {
    lab_tell "$1" exit || lab_die "the client $1 does not end"
    set -- "$1" $connections_clients
    connections_clients=
    connections_ended=$1
    shift
    for connections_client; do
        test "$connections_client" = "$connections_ended" ||
            connections_join "$connections_client"
    done
}

# connections_end_all: all clients leave, while backends still get to know.
connections_end_all() {
    for connections_client in $connections_clients; do
        test ! -e "$LAB_DIR/$connections_client.pid" ||
            connections_end "$connections_client"
    done
    connections_clients=
}

# connections_must COMMAND FILE: runs connections_COMMAND for each client, with
# what it prints in $LAB_DIR/FILE.  A connection whose addresses and ports
# conntrack still has in use somewhere may take several tries to open.  If some
# cannot be opened, all ends here.
connections_must() {
    : >"$LAB_DIR/$2"
    for connections_client in $connections_clients; do
        connections_try "$1" >>"$LAB_DIR/$2" || {
            table_fail "cannot $1 connections: $(head -n 1 "$LAB_DIR/error")"
            table_verdict ''
        }
    done
}

connections_try() {
    for connections_try in 1 2 3 4; do
        "connections_$1" 2>"$LAB_DIR/error" && return
    done
    return 1
}

# Waits until each connection was used twice since, or is broken.
connections_settle() {
    connections_must report owners
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

# connections_feel OWNER: lets the connections feel a change, opens those again
# that broke, and counts them.  Connections break that moved, as another
# backend answered or reset them, and those that were silent, as nobody
# answered in time.  Sets connections_moved and connections_silent, and
# connections_others to how many of both neither belonged nor belong to OWNER,
# or to one of several, "b2|b4".
connections_feel() {
    connections_settle
    connections_must fill moves
    connections_settle
    set -- $(awk -v owner="^($1)$" '
        { n[$3] += $4 }
        $1 !~ owner && $2 !~ owner { others += $4 }
        END { print n["moved"] + 0, n["silent"] + 0, others + 0 }
    ' "$LAB_DIR/moves")
    connections_moved=$1 connections_silent=$2 connections_others=$3
}

# The table's format: "text", or "csv" for comma-separated values.
table_format=text

# What went wrong first.
table_result=ok

# table_say TEXT...: says what is going to be shown.
table_say() {
    test "$table_format" = csv || echo "$*"
}

# table_line FORMAT CELL...: prints a row of any table, whose text has that
# format of printf.
table_line() {
    table_text=$1
    shift
    if test "$table_format" = csv; then
        printf '"%s"' "$1"
        shift
        test $# -eq 0 || printf ',"%s"' "$@"
        printf '\n'
    else
        printf "$table_text\n" "$@"
    fi
}

# table_title [COLUMN...]: prints the head of the table of what broke.
table_title() {
    table_say
    table_say "$(printf '%-34s %s' '' '------ connections -------')"
    table_row_format='%-34s %6s %6s %5s %6s'
    for table_column; do
        table_row_format="$table_row_format %7s"
    done
    table_line "$table_row_format" step moved silent bound others "$@"
}

# table_row STEP BOUND OWNER [CELL...]: lets the connections feel a change, and
# prints a row, with more cells as they are.  At most BOUND may break, all of
# which are of OWNER, see connections_feel.
table_row() {
    table_step=$1 table_bound=$2
    connections_feel "$3"
    shift 3
    table_line "$table_row_format" "$table_step" "$connections_moved" \
        "$connections_silent" "$table_bound" "$connections_others" "$@"
    if test "$connections_others" -gt 0 ||
        test $((connections_moved + connections_silent)) -gt "$table_bound"
    then
        table_fail "$connections_moved connections moved and \
$connections_silent were silent, of which $connections_others had to live and \
no more than $table_bound might break: $table_step"
    fi
}

# table_must_break: that row must have broken some, unless there are few.
table_must_break() {
    test $((connections_moved + connections_silent)) -gt 0 ||
        test "$connections" -lt 100 ||
        table_fail "nothing breaks that had to: $table_step"
}

# table_fail TEXT: something went wrong.  The verdict tells what went wrong
# first.
table_fail() {
    test "$table_result" != ok || table_result=$1
}

# table_verdict TEXT: prints how it ended, and ends the script.
table_verdict() {
    test "$table_format" != csv || exec >&2
    table_say
    if test "$table_result" = ok; then
        echo "PASSED: $1"
        exit 0
    fi
    echo "FAILED: $table_result"
    exit 1
}
