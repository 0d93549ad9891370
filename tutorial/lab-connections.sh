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

# connections_open N ADDR:PORT [OPTION...]: opens N connections, with the
# options of test-tcp-echo.  A connection breaks for silence only after 15
# seconds: a busy machine may take long to retransmit.
connections_open() {
    connections_n=$1 connections_to=$2
    shift 2
    lab_echo client client "$connections_to" "$connections_n" \
        --silence=15000 "$@"
    lab_say "opening $connections_n connections ..."
    lab_tell client fill >"$LAB_DIR/moves" ||
        lab_die 'the connections cannot be opened'
    connections_settle
}

# Waits until each connection was used twice since, or is broken.
connections_settle() {
    lab_tell client report >"$LAB_DIR/reply" ||
        lab_die 'the client does not answer'
    sed 's/[a-z]*=//g' "$LAB_DIR/reply" >"$LAB_DIR/owners"
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

# connections_title [COLUMN...]: prints the head of the table.
connections_title() {
    printf '\n%-34s  %s\n%-34s' '' '---- connections ----' step
    printf '  %6s  %6s  %6s' broke bound others
    printf '  %7s' "$@"
    printf '\n'
}

# connections_row STEP BOUND OWNER [CELL...]: lets the connections feel a
# change, opens those again that broke, and prints a row of the table, with
# more cells as they are.  At most BOUND may break, all of which belonged or
# belong now to OWNER, or to one of several, "b2|b4".  "others" counts those
# that did not.
connections_row() {
    connections_settle
    lab_tell client fill >"$LAB_DIR/reply" ||
        lab_die "$1: broken connections cannot be opened again"
    sed 's/[a-z]*=//g' "$LAB_DIR/reply" >"$LAB_DIR/moves"
    connections_settle
    connections_step=$1 connections_bound=$2 connections_owner=$3
    shift 3
    awk -v step="$connections_step" -v bound="$connections_bound" \
        -v owner="^($connections_owner)$" '
        { broke += $3 }
        $1 !~ owner && $2 !~ owner { others += $3 }
        END {
            printf "%-34s  %6d  %6d  %6d", step, broke, bound, others
            exit others > 0 || broke > bound
        }' "$LAB_DIR/moves" ||
        connections_fail 'connections broke that had to live'
    printf '  %7s' "$@"
    printf '\n'
}

# connections_fail TEXT: something else went wrong.  The verdict says what was
# the first to go wrong.
connections_fail() {
    test "$connections_table" != ok || connections_table=$1
}

# connections_verdict TEXT: prints how it ended, and ends the script.
connections_verdict() {
    echo
    if test "$connections_table" = ok; then
        echo "PASSED: $1"
        exit 0
    fi
    echo "FAILED: $connections_table"
    exit 1
}
