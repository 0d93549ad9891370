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
"""Changes groups and ports at random while other threads of the switch use
them.

    upcalls.py SECONDS SEED DATAPATH

The controllers are those of rounds.py.  Here each packet has a datapath flow
of its own, so that a PMD thread translates it, and flows are purged all the
time, so that this goes on.  Groups are used with each kind of hash, after
conntrack, and where a packet meets too many flows: then the PMD thread traces
it as well.  Meanwhile ports come and go, and somebody asks for statistics,
tables and traces.

What is checked in the end is that each group is what its controller thinks,
and that all of this did happen.  The rest is up to sanitizers, ThreadSanitizer
above all."""

import random
import re
import subprocess
import sys
import threading

from changes import BACKENDS, Controller, Flapper, Group, QUARREL, Quarreler
from changes import SLOT_BITS, Steps, Thread, run
from switch import Failure, LAB_DIR, dump_groups, ofctl, vswitchd

# By group: options of the selection method, and the flow with the group.
GROUPS = {
    1: ("consistent-dp-hash(slots=256)", "table=1,actions=group:1"),
    2: ("consistent-hash(slots=1024,hash=symmetric),fields(ip_src,ip_dst)",
        "table=0,in_port=12,actions=group:2"),
    3: ("consistent-dp-hash(slots=4096,hash=l4)", "table=2,actions=group:3"),
    QUARREL: ("consistent-dp-hash(slots=64,load_bound=10)",
              "table=0,in_port=14,actions=group:%d" % QUARREL),
}

# Other flows.  Table 3 never ends, which is why an upcall traces a packet of
# port 13.  The trace follows the packet into group 3, too.
FLOWS = """\
table=0,in_port=11,ip,actions=ct(table=1)
table=0,in_port=13,ip,actions=ct(table=2),ct(table=2),ct(table=2),resubmit(,3)
table=3,actions=resubmit(,3)
"""

# By port: its packets in a turn.
PACKETS = {11: 20, 12: 20, 13: 10, 14: 20}


class UpcallGroup(Group):
    """A group of GROUPS.  Its bucket 6 watches the group that is quarrelled
    about."""
    def __init__(self, number):
        super().__init__(number)
        method, self.flow = GROUPS[number]
        self.method = ("group_id=%d,type=select,selection_method=%s"
                       % (number, method))

    def buckets(self, weights):
        return super().buckets(weights).replace("watch_port:6",
                                                "watch_group:%d" % QUARREL)


class Sender(Thread):
    """Purges all datapath flows, and sends packets."""
    def __init__(self, round_, rng):
        super().__init__(round_, rng)
        self.control = vswitchd()

    def turn(self):
        self.control("revalidator/purge")
        for port, n in PACKETS.items():
            self.control("netdev-dummy/receive", "ovs-cl%d" % port, *(
                "in_port(1),eth(src=02:00:00:00:02:01,dst=02:00:00:00:03:00),"
                "eth_type(0x0800),ipv4(src=10.0.0.%d,dst=10.0.0.100,proto=6,"
                "tos=0,ttl=64,frag=no),tcp(src=%d,dst=80),tcp_flags(ack)"
                % (self.rng.randint(1, 99), self.rng.randint(1024, 65535))
                for i in range(n)))


class DummyFlapper(Flapper):
    def link(self, b, state):
        self.control("netdev-dummy/set-admin-state", "ovs-b%d" % b, state)


class Plugger(Thread):
    """Adds ports and removes them."""
    def __init__(self, round_, rng):
        super().__init__(round_, rng)
        self.n = 0

    def turn(self):
        ports = ["plug%d" % i for i in range(self.rng.randint(1, 30))]
        self.vsctl(word for port in ports
                   for word in ("--", "add-port", "br0", port,
                                "--", "set", "Interface", port, "type=dummy"))
        self.vsctl(word for port in ports for word in ("--", "del-port", port))
        self.n += 1

    @staticmethod
    def vsctl(words):
        subprocess.run(["ovs-vsctl", "--timeout=20", *words], check=True)


class Asker(Thread):
    """Asks for what the switch knows about groups."""
    def __init__(self, round_, rng):
        super().__init__(round_, rng)
        self.control = vswitchd()

    def turn(self):
        number = str(self.rng.choice(list(GROUPS)))
        command = self.rng.choice([
            ("slot-table/show",),
            ("slot-table/map", "br0", number),
            ("slot-table/lookup", "br0", number,
             str(self.rng.randint(0, 65535))),
            ("ofproto/trace", "br0",
             "in_port=%d,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.100"
             % self.rng.choice(list(PACKETS)))])
        try:
            self.control(*command)
        except Failure:
            pass                # The group is not there now.
        ofctl("dump-group-stats", "br0")


class Upcalls:
    """Changes of 'groups' for some time.  Everybody rests afterwards."""
    def __init__(self, groups, rng, seconds):
        self.groups = groups
        self.steps = Steps()
        self.resting = threading.Event()
        self.plugger = Plugger(self, rng)

        threads = [Controller(self, random.Random(rng.random()), group)
                   for number, group in groups.items() if number != QUARREL]
        threads += [kind(self, random.Random(rng.random()))
                    for kind in (Quarreler, Quarreler, DummyFlapper, Sender,
                                 Asker)]
        run(threads + [self.plugger], self.resting, seconds)


def check(groups):
    """Compares the groups with what they should be."""
    dumped = dump_groups()
    for number, group in groups.items():
        if number != QUARREL and dumped.get(number) != group.weights:
            raise Failure("group %d should have %s and has %s" % (
                number, group.weights, dumped.get(number)))


def count(round_, datapath):
    """Returns how often what happened."""
    with open(LAB_DIR + "/ovs-vswitchd.log") as f:
        n_traces = sum("resume with dp_hash" in line for line in f)
    lookups = re.search(r"missed:(\d+)",
                        vswitchd()("dpctl/show", datapath))
    return {"changes of groups": len(round_.steps.lines),
            "changes of ports": round_.plugger.n,
            "upcalls": int(lookups.group(1)),
            "traces by upcalls": n_traces}


def upcalls(seconds, seed, datapath):
    control = vswitchd()
    control("upcall/disable-megaflows")
    control("vlog/disable-rate-limit", "ofproto_dpif_upcall")

    groups = {number: UpcallGroup(number) for number in SLOT_BITS}
    for group in groups.values():
        group.set_up(dict.fromkeys(BACKENDS, 10))
    for flow in FLOWS.splitlines():
        ofctl("add-flow", "br0", flow)

    round_ = Upcalls(groups, random.Random(seed), seconds)
    check(groups)
    counts = count(round_, datapath)
    for what, n in counts.items():
        print("%-18s %7d" % (what, n))
    missing = [what for what, n in counts.items() if not n]
    if missing:
        raise Failure("no " + ", ".join(missing))


def main(argv):
    if len(argv) != 4:
        sys.exit(__doc__)
    try:
        upcalls(int(argv[1]), int(argv[2]), argv[3])
    except (Failure, OSError, subprocess.SubprocessError) as e:
        print("FAILED: %s" % e)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv)
