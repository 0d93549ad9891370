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

# What all of a lab rests on: messages, commands on hosts, the end of daemons.

# Prints a message for whoever waits.
lab_say() {
    echo "$*" >&2
}

# Ends the script with a message.
lab_die() {
    lab_say "${0##*/}: $*"
    exit 1
}

# lab_in NAME COMMAND [ARG...]: runs a command in the network of a host.
lab_in() {
    lab_name=$1
    shift
    nsenter --net="/run/netns/$lab_name" -- "$@"
}

# lab_background PID-NAME HOST COMMAND [ARG...]: runs a command in the network
# of a host, in the background, and until the script ends.  Its process id is
# in $LAB_DIR/PID-NAME.pid.
lab_background() {
    lab_background_pid=$LAB_DIR/$1.pid lab_background_host=$2
    shift 2
    # Not through lab_in, which would be the process then.
    nsenter --net="/run/netns/$lab_background_host" -- "$@" &
    echo "$!" >"$lab_background_pid"
}

# lab_wait_for_end PIDFILE: waits until a daemon has removed its pidfile, which
# is the last thing it does, or is gone without.  Returns 1 if it takes more
# than 2 seconds.
lab_wait_for_end() {
    for lab_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        { test -e "$1" && kill -0 "$(cat "$1")"; } 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}
