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
"""What is checked: that gateways track nothing, and in the end that all is as
in a site that was just started."""

import collections
import difflib
import glob
import re

from sites import CHASSIS, NB, NORTHD, SB
from sites import Daemon, site, vswitchd
from switch import Failure, LAB_DIR

LEAK_KIB = 32768                # More memory than this is a leak.

# Tables that have what ovn-controller has learned from ARP.
LEARNED_TABLES = ("table=66, ", "table=67, ", "table=79, ")

# What daemons warn of when others end, or themselves.
EXPECTED = re.compile("|".join((
    r"connection dropped \((Broken pipe|Connection reset by peer)\)",
    r"connection failed \((Connection refused|No such file or directory)\)",
    r"(send|receive) error: (Broken pipe|Connection reset by peer)",
    "Failed to locate tunnel to reach main chassis",
    "failed to enumerate system datapaths: No such file or directory",
    "recirc_id [0-9]+ left allocated when ofproto",

    # A busy machine.
    "Unreasonably long [0-9]+ms poll interval",
    r"\|(faults|context switches|disk): ",

    # A server that was removed retransmits its answer.
    "handle service check: Service monitor not found",

    # Until ovn-controller has told the switch.
    "Invalid Geneve tunnel metadata on bridge br0")))


def check_gateways(alive):
    for gateway in alive:
        entries = vswitchd(gateway).control()("dpctl/dump-conntrack")
        tracked = re.findall("orig=.*,dport=.*", entries)
        if tracked:
            raise Failure("%s tracks %d connections, such as %s"
                          % (gateway, len(tracked), tracked[0]))


def check_logs():
    """Fails if a daemon has warned of anything that does not have to be."""
    bad = []
    for path in sorted(glob.glob(LAB_DIR + "/*/*.log")):
        with open(path) as f:
            bad += [path[len(LAB_DIR) + 1:] + ": " + line for line in f
                    if re.search(r"\|(EMER|ERR|WARN)\|", line)
                    and not EXPECTED.search(line)]
    if bad:
        raise Failure("%d warnings, such as:\n%s"
                      % (len(bad), "".join(bad[:20])))


def ofctl(chassis, *args):
    return site("lab_at", chassis, "ovs-ofctl", "-O", "OpenFlow15", *args)


def save(alive):
    """Writes down what goes when the site ends."""
    for chassis in alive:
        for dump in ("conntrack", "flows"):
            with open("%s/%s/%s" % (LAB_DIR, chassis, dump), "w") as f:
                f.write(vswitchd(chassis).control()("dpctl/dump-" + dump))
        with open("%s/%s/groups" % (LAB_DIR, chassis), "w") as f:
            f.write(ofctl(chassis, "dump-groups", "br0"))


class Snapshot:
    """What a site has that depends on its configuration only."""
    def __init__(self, name):
        self.name = name
        self.lines = []         # Of text.
        self.kib = {}           # Memory, by daemon.
        for chassis in CHASSIS:
            self.add_chassis(chassis)
        for daemon in self.daemons():
            self.lines.append("%s: %d files" % (daemon, daemon.files()))
            self.kib[str(daemon)] = daemon.kib()

    @staticmethod
    def daemons():
        return [NORTHD, NB, SB] + [
            Daemon(chassis, program) for chassis in CHASSIS
            for program in ("ovsdb-server", "ovs-vswitchd", "ovn-controller")]

    def add(self, chassis, lines):
        self.lines += ["%s: %s" % (chassis, line.strip())
                       for line in sorted(lines)]

    def add_chassis(self, chassis):
        # Ids of groups, and numbers in flows, are given out in any order.
        for command in ("dump-groups", "dump-meters"):
            self.add(chassis, (re.sub(r"^ *\w+=\d+,?", "", line) for line in
                               ofctl(chassis, command, "br0").splitlines()))
        dump = ofctl(chassis, "--no-stats", "dump-flows", "br0")
        with open("%s/%s/%s.flows" % (LAB_DIR, chassis, self.name), "w") as f:
            f.write(dump + "\n")
        flows = collections.Counter(
            re.match(r"(?:cookie=\w+, )?(table=\d+, )?(priority=\d+)?",
                     line.strip()).groups("") for line in dump.splitlines())
        self.add(chassis, ("%d flows: %s%s" % (n, *key)
                           for key, n in flows.items()
                           if key[0] not in LEARNED_TABLES))
        self.add(chassis, site("lab_at", chassis, "ovs-vsctl", "list-ports",
                               "br0").splitlines())
        self.add(chassis, re.findall("ct-zone-[^=]*", site(
            "lab_at", chassis, "ovs-vsctl", "get", "Bridge", "br0",
            "external_ids")))

    def check(self, fresh):
        """Compares it with that of a fresh site."""
        if self.lines != fresh.lines:
            raise Failure("this is not as in a fresh site:\n%s" % "\n".join(
                list(difflib.unified_diff(fresh.lines, self.lines, "fresh",
                                          "site", n=0, lineterm=""))[:30]))
        for daemon, kib in self.kib.items():
            if kib > fresh.kib[daemon] + LEAK_KIB:
                raise Failure("%s takes %d KiB, and if just started %d KiB"
                              % (daemon, kib, fresh.kib[daemon]))

    def print(self, fresh):
        print("\n%-20s %14s %16s"
              % ("memory", "in the end", "if just started"))
        for program in ("ovn-northd", "sb", "ovs-vswitchd", "ovn-controller"):
            print("%-20s" % program, *("%10.1f MiB" % (max(
                kib for daemon, kib in snapshot.kib.items()
                if daemon.endswith(program)) / 1024)
                for snapshot in (self, fresh)))


def start_anew(gateways):
    """Ends all daemons, and starts them with nothing but the northbound
    database, and what a switch's has of hosts."""
    for chassis in CHASSIS:
        for program in ("ovn-controller", "ovs-vswitchd"):
            Daemon(chassis, program).end("exit")
        site("site_forget", chassis)
        Daemon(chassis, "ovsdb-server").end("exit")
    for daemon in (NORTHD, SB):
        daemon.end("exit")
    site("lab_ovn_new_db", "sb")
    NORTHD.run()
    for chassis in CHASSIS:
        site("site_revive", chassis)
    site("nb_do", "sync")
    gateways.use(*gateways.used)


def check_owners(balancer):
    """Opens all connections, whose servers have ended, again from their
    addresses and ports.  Fails if one has another owner then."""
    balancer.client.owners()
    opened = balancer.client.fill()
    moved = {move: n for move, n in opened.items() if move[0] != move[1]}
    if moved or sum(opened.values()) != sum(balancer.owners.values()):
        raise Failure("%s: a fresh site has connections elsewhere: %s"
                      % (balancer.name, moved))
