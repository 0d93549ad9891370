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

# Many short TCP connections to the service.

# load_wait ARG...: runs test-tcp-load on the client.
load_wait() {
    lab_run load nsenter --net=/run/netns/client -- ovstest test-tcp-load "$@"
}

# load_run TOTAL CONCURRENCY [OPTION...]: opens connections, and waits for the
# last one.  A few that fail are a result like any other.
load_run() {
    load_total=$1 load_concurrency=$2
    shift 2
    load_wait "$@" "$(at "$vip" 8080)" "$load_total" "$load_concurrency" \
        >"$LAB_DIR/load.out" 2>"$LAB_DIR/load.err"
    grep -q '^connections=' "$LAB_DIR/load.out" || {
        cat "$LAB_DIR/load.err" >&2
        lab_die 'the short connections cannot be counted'
    }
}

# load_value NAME: prints what load_run has measured, 0 if it could not.
load_value() {
    sed -n "/^connections=/s/.*\<$1=\([0-9.-]*\).*/\1/p" \
        "$LAB_DIR/load.out" | sed 's/^-$/0/'
}

# load_servers: prints how many backends have answered.
load_servers() {
    grep -c '^server=' "$LAB_DIR/load.out"
}

# load_begin: opens connections in the background, $load_width at a time, until
# load_end.
load_width=10
load_begin() {
    : >"$LAB_DIR/load.on"
    : >"$LAB_DIR/load.out"
    while test -e "$LAB_DIR/load.on"; do
        load_wait "$(at "$vip" 8080)" 100 "$load_width"
        test "$?" -lt 128 || break
    done >"$LAB_DIR/load.out" 2>"$LAB_DIR/load.err" &
    load_loop=$!
}

load_end() {
    rm "$LAB_DIR/load.on"
    wait "$load_loop"
}

# load_sum NAME: prints a sum over what was opened from load_begin to load_end.
load_sum() {
    load_value "$1" | awk '{ sum += $1 } END { print sum + 0 }'
}
