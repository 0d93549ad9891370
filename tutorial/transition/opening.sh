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

# What a transition means for connections that open while it begins, and for
# UDP, which does not say when a connection opens.

# opening: connections that open while a change begins.  Answers to their SYNs
# are late, so that clients send those again.
opening() {
    connections_end "$connections_clients"
    lab_in router tc qdisc add dev client root tbf rate 1kbit burst 1600 \
        limit 1m || lab_die 'cannot delay answers'
    lab_background opening client ovstest test-tcp-load "$(at "$vip" 81)" \
        "$connections" "$connections" --timeout=20000 >"$LAB_DIR/opening"
    sleep 0.5
    begin "$(with "$old" 8:100)"
    # The second and third SYN come one and three seconds after the first.
    sleep 4
    turn
    lab_in router tc qdisc change dev client root tbf rate 1gbit burst 1m \
        limit 1m || lab_die 'cannot have answers in time again'
    wait "$(cat "$LAB_DIR/opening.pid")"
    rm "$LAB_DIR/opening.pid"
    lab_in router tc qdisc del dev client root ||
        lab_die 'cannot have answers in time again'
    end "$old"
    failed=$(sed -n 's/.* failed=\([0-9]*\) .*/\1/p' "$LAB_DIR/opening")
    test -n "$failed" || lab_die 'test-tcp-load does not end well'
    test "$failed" -eq 0 ||
        table_fail "$failed connections broke while a change began"
    change_row 'connections open while one begins' "$failed" - -
}

# ask FIRST FILE: asks once over UDP from each of as many ports as there are
# connections, from FIRST on, with lines "PORT BACKEND" in FILE.
ask() {
    lab_in client "$lab/udp-echo" client "$vip" 53 "$1" "$connections" \
        >"$LAB_DIR/$2" || lab_die 'cannot ask over UDP'
    ! grep -q -- '-$' "$LAB_DIR/$2" || table_fail "$2: no answer over UDP"
}

# tell FIRST FILE: the same, but nobody answers.
tell() {
    for b in $hosts; do
        : >"$LAB_DIR/b$b.sink"
    done
    lab_in client "$lab/udp-echo" source "$vip" 514 "$1" "$connections" ||
        lab_die 'cannot send over UDP'
    for try in $(seq 50); do
        for b in $hosts; do
            sed "s/$/ b$b/" "$LAB_DIR/b$b.sink"
        done | sort >"$LAB_DIR/$2"
        test "$(wc -l <"$LAB_DIR/$2")" -lt "$connections" || return 0
        sleep 0.1
    done
    table_fail "$2: what was sent over UDP does not arrive"
}

# moved FILE FILE: prints how many ports have another backend in the second.
moved() {
    join "$LAB_DIR/$1" "$LAB_DIR/$2" | awk '$2 != $3 { n++ }
                                            END { print n + 0 }'
}

# must_stay CHANGE FILE FILE...: adds a row of the last table, about pairs of
# files: no port may have moved from one to the other.
must_stay() {
    change=$1 stays=0
    shift
    while test $# -gt 0; do
        stays=$((stays + $(moved "$1" "$2")))
        shift 2
    done
    change_row "$change" "$stays" - -
    test "$stays" -eq 0 || table_fail "$stays UDP sessions moved: $change"
}

# sessions: UDP, for which backend 8 is added.
sessions() {
    ask 20000 talkers
    ask 30000 silent
    tell 50000 one-way
    begin "$(with "$old" 8:100)"
    ask 20000 talkers-began
    tell 50000 one-way-began
    turn
    ask 20000 talkers-turned
    tell 50000 one-way-turned
    ask 30000 silent-turned
    ask 40000 new
    must_stay 'UDP, talks while that begins' \
        talkers talkers-began talkers talkers-turned
    must_stay 'UDP one way, the same' \
        one-way one-way-began one-way one-way-turned
    goes=$(moved silent silent-turned)
    change_row 'UDP, silent then' "$goes" - -
    test "$goes" -gt 0 && test "$goes" -le "$(connections_share 1/7)" ||
        table_fail "$goes UDP sessions moved that were silent"
    again "$(with "$old" 9:100)"
    ask 40000 new-again
    turn
    ask 40000 new-turned
    must_stay 'UDP, talks while another begins' new new-again new new-turned
    again "$(with "$old" 8:100)"
    turn
    end "$(with "$old" 8:100)"
    ask 30000 silent-ended
    ask 40000 new-ended
    must_stay 'UDP, began after that, and it ends' \
        silent-turned silent-ended new new-ended
    end "$(without "$old" 8)"
}
