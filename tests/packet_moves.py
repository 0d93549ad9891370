#!/usr/bin/env python3
#
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
"""Checks where a select group sent each packet while its buckets changed.

    packet_moves.py STEPS BACKEND.pcap...

The captures hold what each backend received, of clients that kept talking.  A
line of the file STEPS is a change that the group went through:

    BEGIN END CLIENT NAME [-BACKEND]... [+BACKEND]...

with times in seconds since the epoch: BEGIN is before the change was asked
for, END after the last packet that could go by the old state of the switch.
CLIENT is the address of the client whose group changed, or "*".  Minus names
backends that lost a claim on connections: removed, dead, or with less weight.
Plus names those that gained one.

Consecutive packets of a client's address and port that reach different
backends are a move.  It is right if a change of these two packets' time had a
minus for the first backend or a plus for the second, and wrong otherwise: then
it took a connection from a survivor.  (A connection that is opened again from
the same port is no different from one that stays open.)

Prints, for each NAME, the number of steps of that name, the connections with
packets during them, how many packets at least those had in one step which had
no part in it, that is, neither moved nor sat on a backend with a minus, and
the moves:

    step=remove steps=1 connections=100 fewest=25 right=24 wrong=0

Moves outside of all steps are wrong ones of step "none".  The exit status is 1
if there is a wrong move, 2 if the check could not be done."""

import heapq
import subprocess
import sys


class Step:
    def __init__(self, line):
        begin, end, self.client, self.name, *changes = line.split()
        self.begin, self.end = float(begin), float(end)
        if self.end < self.begin:
            raise ValueError("%s: ends before it begins" % line.strip())
        self.minus = {c[1:] for c in changes if c[0] == "-"}
        self.plus = {c[1:] for c in changes if c[0] == "+"}
        if len(self.minus) + len(self.plus) != len(changes):
            raise ValueError("%s: bad change" % line.strip())
        self.packets = {}       # By connection.
        self.touched = set()    # Connections that had a part in it.

    def concerns(self, client):
        return self.client in ("*", client)

    def explains(self, old, new):
        return old in self.minus or new in self.plus


class Total:
    def __init__(self):
        self.steps = self.right = self.wrong = 0
        self.connections = set()
        self.fewest = None

    def add(self, step):
        """Counts 'step', which is over."""
        self.steps += 1
        self.connections.update(step.packets)
        for conn, n in step.packets.items():
            if conn not in step.touched:
                self.fewest = n if self.fewest is None else min(self.fewest, n)

    def __str__(self):
        return ("steps=%d connections=%d fewest=%d right=%d wrong=%d"
                % (self.steps, len(self.connections), self.fewest or 0,
                   self.right, self.wrong))


def packets(capture):
    """Generates (time, client, port, backend) for each packet in a file."""
    backend = capture.rpartition("/")[2].rpartition(".")[0]
    with subprocess.Popen(["tcpdump", "-r", capture, "-n", "-tt", "-q", "tcp"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as tcpdump:
        for line in tcpdump.stdout:
            fields = line.split()
            client, _, port = fields[2].rpartition(".")
            yield float(fields[0]), client, port, backend
        error = tcpdump.stderr.read()
    if tcpdump.returncode:
        sys.stderr.write(error)
        sys.exit(2)


def check(steps, captures):
    """Returns a Total for each name of a step, and the number of packets."""
    totals = {}
    n_packets = 0
    last = {}                   # By connection: time and backend.
    steps = sorted(steps, key=lambda step: step.begin)
    begun, under_way = 0, []

    for time, client, port, backend in heapq.merge(*map(packets, captures)):
        n_packets += 1
        while begun < len(steps) and steps[begun].begin <= time:
            under_way.append(steps[begun])
            begun += 1
        under_way = [step for step in under_way if step.end >= time]

        conn = client, port
        then, old = last.get(conn, (time, backend))
        last[conn] = time, backend
        for step in under_way:
            if step.concerns(client):
                step.packets[conn] = step.packets.get(conn, 0) + 1
                if old in step.minus:
                    step.touched.add(conn)
        if old == backend:
            continue

        near = [step for step in steps[:begun]
                if step.end >= then and step.concerns(client)]
        for step in near:
            step.touched.add(conn)
        causes = [step for step in near if step.explains(old, backend)]
        if causes:
            totals.setdefault(causes[0].name, Total()).right += 1
        else:
            name = near[-1].name if near else "none"
            totals.setdefault(name, Total()).wrong += 1
            if totals[name].wrong <= 5:
                print("%s: at %.6f %s.%s went from %s to %s"
                      % (name, time, *conn, old, backend), file=sys.stderr)
    for step in steps:
        totals.setdefault(step.name, Total()).add(step)
    return totals, n_packets


def main(argv):
    if len(argv) < 3 or argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(argv[1]) as f:
        steps = [Step(line) for line in f]
    totals, _ = check(steps, argv[2:])
    for name, total in totals.items():
        print("step=%s %s" % (name, total))
    sys.exit(any(total.wrong for total in totals.values()))


if __name__ == "__main__":
    main(sys.argv)
