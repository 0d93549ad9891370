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
"""Changes groups at random, with several controllers at once, and checks what
became of the packets.

    rounds.py SECONDS SEED DATAPATH

Groups 1, 2 and 3 each balance the connections of one client and have a
controller of their own, which therefore knows what the group should be.  Two
more controllers quarrel about group 9, which has no traffic, and somebody
takes ports of backends down.  All follow random numbers that SEED determines,
but how they interleave is up to the machine.

After some seconds of that everybody rests, for checks: each group is what
its controller thinks; each slot has the owner that a new table gives it, in
the group's table, in traces and in the datapath's flows; each packet reached
the backend that the one before it reached, unless a change says otherwise (see
packet_moves.py).  Then all groups get back all buckets, to compare how much
memory that takes each time."""

import random
import subprocess
import sys
import threading
import time

from changes import BACKENDS, CLIENTS, Controller, Filler, Flapper, Group
from changes import QUARREL, Quarreler, SLOT_BITS, Steps, fill, run
from checks import Captures, Memory, check_packets, check_tables
from switch import Failure, dump_groups, ofctl, settle, vswitchd

ROUND_SECONDS = 15


class Round:
    """Changes of 'groups' for some time, under capture.  Everybody rests
    afterwards."""
    def __init__(self, groups, rng, seconds):
        self.groups = groups
        self.steps = Steps()
        self.resting = threading.Event()

        threads = [Controller(self, random.Random(rng.random()),
                              groups[number]) for number in CLIENTS]
        threads += [kind(self, random.Random(rng.random()))
                    for kind in (Quarreler, Quarreler, Flapper, Filler)]
        run(threads, self.resting, seconds)
        self.end_quarrel()
        fill()

    def end_quarrel(self):
        """Finds out who won.  If the group or its flow is not there, adds it
        again."""
        group = self.groups[QUARREL]
        group.weights = dump_groups().get(QUARREL)
        if group.weights is None:
            group.set_up({2: 10, 5: 10})
        else:
            ofctl("add-flow", "br0", group.flow)

    def restore(self):
        """Gives all groups all buckets, as in the beginning."""
        for number, group in self.groups.items():
            begin = time.time()
            old = group.weights
            group.set_up(dict.fromkeys(BACKENDS, 10))
            settle(vswitchd())
            self.steps.add_change(begin, number, "restore", old, group.weights)
        fill()


class Summary:
    def __init__(self, seed):
        self.seed = seed
        self.start = time.time()
        self.n_rounds = self.n_packets = 0
        self.changes = {}       # By name: changes, right and wrong moves.

    def seconds(self):
        return time.time() - self.start

    def add(self, totals, n_packets):
        self.n_packets += n_packets
        for name, total in totals.items():
            n, right, wrong = self.changes.get(name, (0, 0, 0))
            self.changes[name] = (n + total.steps, right + total.right,
                                  wrong + total.wrong)

    def print(self, memory):
        print("\n%-9s %7s %8s %12s"
              % ("change", "changes", "moves", "wrong moves"))
        for name, numbers in sorted(self.changes.items()):
            print("%-9s %7d %8d %12d" % (name, *numbers))
        print("%-9s %7d %8d %12d\n"
              % ("all", *(sum(numbers[i] for numbers in self.changes.values())
                          for i in range(3))))
        print("time     %d s, %d rounds, seed %d"
              % (self.seconds(), self.n_rounds, self.seed))
        print("packets  %d" % self.n_packets)
        if memory.kib:
            print("memory   %.1f MiB after the first round, %.1f MiB after "
                  "the last" % (memory.kib[0] / 1024, memory.kib[-1] / 1024))


def churn(seconds, seed, datapath, summary, memory):
    groups = {number: Group(number) for number in SLOT_BITS}
    for group in groups.values():
        group.set_up(dict.fromkeys(BACKENDS, 10))
    fill()

    while summary.n_rounds < 2 or summary.seconds() < seconds:
        summary.n_rounds += 1
        captures = Captures()
        try:
            rng = random.Random("%d %d" % (seed, summary.n_rounds))
            this = Round(groups, rng, min(seconds / 4, ROUND_SECONDS))
            n_owners = check_tables(groups, datapath)
            this.restore()
        finally:
            captures.end()
        totals, n_packets = check_packets(this.steps)
        summary.add(totals, n_packets)
        n_wrong = sum(total.wrong for total in totals.values())
        if n_wrong:
            raise Failure("%d times packets of a survivor went to another "
                          "backend" % n_wrong)
        memory.measure()
        print("%5d of %d s: %4d changes, %6d packets and %d owners right, "
              "%.1f MiB" % (summary.seconds(), seconds, len(this.steps.lines),
                            n_packets, n_owners, memory.kib[-1] / 1024),
              flush=True)
    memory.check()


def main(argv):
    if len(argv) != 4:
        sys.exit(__doc__)
    seconds, seed, datapath = int(argv[1]), int(argv[2]), argv[3]
    summary = Summary(seed)
    memory = Memory()
    error = None
    try:
        churn(seconds, seed, datapath, summary, memory)
    except (Failure, OSError, subprocess.SubprocessError) as e:
        error = e
    summary.print(memory)
    if error:
        print("FAILED in round %d: %s" % (summary.n_rounds, error))
    sys.exit(bool(error))


if __name__ == "__main__":
    main(sys.argv)
