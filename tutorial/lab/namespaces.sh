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

# A place of a script's own for switches, hosts and networks, all on this
# machine: network namespaces out of everybody's sight, and a folder, $LAB_DIR,
# for files.
#
# A script sources this file and what else it needs of this folder, checks with
# lab_build, lab_need and lab_check_method that it can do what it is asked for,
# and calls lab_enter if it wants hosts, and lab_begin or lab_start.
#
# However the script ends, it takes its processes and files along.  Only if
# SIGKILL ends it, they stay, until "clean" in this folder removes them: the
# folder's name says which process the script was.

# Ends the script with a message and the status that "make check" takes for a
# skipped test.
lab_skip() {
    lab_say "${0##*/}: skipped: $*"
    exit 77
}

# lab_need TOOL:PACKAGE...: skips all if the machine lacks a TOOL, which is in
# a PACKAGE of Debian.
lab_need() {
    PATH=$PATH:/usr/sbin:/sbin
    for lab_tool; do
        command -v "${lab_tool%:*}" >/dev/null ||
            lab_skip "there is no ${lab_tool%:*} here" \
                "(Debian package ${lab_tool#*:})"
    done
}

# lab_enter "$@": starts the script over, with its arguments, in network and
# mount namespaces of its own, where /run/netns is empty.  Without root (or as
# a container's root, who may not) that takes a user namespace.  If the machine
# allows none of this, all is skipped.
lab_enter() {
    lab_try_enter "$@" ||
        lab_skip 'no right to make network namespaces here'
}

# lab_try_enter "$@": as lab_enter, but returns 1 if the machine does not allow
# it, and 0 in the script that was started over.
lab_try_enter() {
    if test -n "${LAB_INSIDE-}"; then
        unset LAB_INSIDE
        return 0
    fi
    lab_need ethtool:ethtool ip:iproute2 mount:mount nsenter:util-linux \
        unshare:util-linux

    # Only root of the machine can make a missing /run/netns.
    lab_setup='{ mkdir -p /run/netns ||
                 { mount -t tmpfs lab /run && mkdir /run/netns; }; } &&
               mount -t tmpfs lab /run/netns && ip link set lo up && exec "$@"'
    lab_probe='ip netns add probe && ip link add p0 type veth peer name p1'
    for lab_flags in -nm -rnm; do
        if unshare $lab_flags sh -c "$lab_setup" sh sh -c "$lab_probe" \
            >/dev/null 2>&1; then
            export LAB_INSIDE=yes
            exec unshare $lab_flags sh -c "$lab_setup" sh sh "$0" "$@"
        fi
    done
    return 1
}

# lab_started PID: prints when a process started, as long as it runs.  PID and
# that name it for as long as the machine runs.
lab_started() {
    # In parentheses is the name, where anything can be.
    awk '{ sub(/.*\) /, ""); if ($1 != "Z") print $20 }' "/proc/$1/stat" \
        2>/dev/null
}

# Makes $LAB_DIR, and has lab_stop run at the script's exit.
lab_make_dir() {
    LAB_DIR=$(mktemp -d \
        "${TMPDIR:-/tmp}/ovs-lab.$$.$(lab_started $$).XXXXXX") || exit 1
    trap lab_stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM

    # What a sanitizer has to say, if Open vSwitch was built with one, is in
    # $LAB_DIR/sanitizer.PID.  The script then fails.  But whoever has set
    # TSAN_OPTIONS, which $UBSAN_OPTIONS override, judges the reports himself.
    export ASAN_OPTIONS="${ASAN_OPTIONS-}:log_path=$LAB_DIR/sanitizer"
    test -n "${TSAN_OPTIONS-}" ||
        export UBSAN_OPTIONS="${UBSAN_OPTIONS-}:log_path=$LAB_DIR/sanitizer"
}

# lab_run NAME PROGRAM [ARG...]: runs a program and returns its status.  Unlike
# one that just runs in the foreground, it ends at once with the script.
lab_run() {
    lab_run_pidfile=$LAB_DIR/$1.pid
    shift
    "$@" &
    echo "$!" >"$lab_run_pidfile"
    wait "$!"
    lab_run_status=$?
    rm -f "$lab_run_pidfile"
    return "$lab_run_status"
}

# Ends what runs and removes what is left of it, at the script's exit.
lab_stop() {
    lab_status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    for lab_pidfile in "$LAB_DIR"/*.pid "$LAB_DIR"/*/*.pid; do
        lab_pid=$(cat "$lab_pidfile") || continue
        kill "$lab_pid"
        lab_wait_for_end "$lab_pidfile" || kill -s KILL "$lab_pid"
    done 2>/dev/null
    for lab_report in "$LAB_DIR"/sanitizer.*; do
        test -s "$lab_report" || continue
        lab_say 'the sanitizer reports:'
        head -n 50 "$lab_report" >&2
        lab_status=1
    done
    rm -rf "$LAB_DIR"
    exit "$lab_status"
}
