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

# TCP connections that keep talking, and know who answers: what test-tcp-echo
# does on the hosts of a lab.  The host "client" opens them.

# The client that is told to do something: one on the host "client".
connections_client=client

# lab_echo NAME ARG...: runs "ovstest test-tcp-echo ARG..." on a host, in the
# background.  NAME is the host's, or for one more on the same host, that and
# an extension: "b1", "b1.once".
lab_echo() {
    lab_echo_name=$1
    shift
    lab_in "${lab_echo_name%%.*}" ovstest test-tcp-echo "$@" -vconsole:off \
        --detach --pidfile="$lab_echo_name.pid" \
        --unixctl="$LAB_DIR/$lab_echo_name.ctl" ||
        lab_die "cannot run test-tcp-echo on host ${lab_echo_name%%.*}"
}

# lab_tell NAME COMMAND [ARG...]: has the host's test-tcp-echo execute a
# command, and prints its reply.  With the command "exit" waits until it is
# gone.
lab_tell() {
    lab_tell_name=$1
    shift
    ovs-appctl --timeout=40 -t "$LAB_DIR/$lab_tell_name.ctl" "$@" || return
    test "$1" != exit || lab_wait_for_end "$LAB_DIR/$lab_tell_name.pid"
}

# connections_tell COMMAND...: has the client execute "fill" or "report", and
# prints its reply, without the names of what is in it.  Fails if it does.
connections_tell() {
    lab_tell "$connections_client" "$@" >"$LAB_DIR/reply" &&
        sed 's/[a-z]*=//g' "$LAB_DIR/reply"
}

# connections_fill: opens connections that are not open, from their old
# addresses and ports, and prints lines "OLD-OWNER NEW-OWNER HOW N": how many
# broke, and how, "moved" or "silent".
connections_fill() {
    connections_tell fill
}

# connections_report [TIMES]: waits until each connection was used twice, or
# TIMES, from now on, or is broken, and prints lines "OWNER STATE N": how many
# are "live", "moved" or "silent".
connections_report() {
    connections_tell report "$@"
}

# connections_forget SERVER...: ends what servers have left of connections that
# moved away, which would be in the way if they came back.
connections_forget() {
    for connections_server in "$@" client "$@"; do
        if test "$connections_server" = client; then
            connections_report >/dev/null
        else
            lab_tell "$connections_server" forget
        fi || return 1
    done
}
