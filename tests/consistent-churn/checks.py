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
"""What is checked when everybody rests."""

import os
import random
import re
import subprocess
import time

import packet_moves
import slot_table

from changes import BACKENDS, CLIENTS
from switch import Failure, LAB_DIR, dump_groups, settle, vswitchd
from switch import vswitchd_pid

LEAK_KIB = 8192                 # More memory than this is a leak.
N_TRACES = 256                  # For one group.
MODEL_BITS = 10                 # More slots take the model too long.


class Captures:
    """All TCP packets that the backends receive until end().  If nobody gets
    to that, the lab ends the processes."""
    def __init__(self):
        self.tcpdumps = {}
        for b in BACKENDS:
            path = "%s/b%d.pcap" % (LAB_DIR, b)
            if os.path.exists(path):
                os.remove(path)
            self.tcpdumps[b] = subprocess.Popen(
                ["nsenter", "--net=/run/netns/b%d" % b, "--", "tcpdump", "-U",
                 "-Z", "root", "-Q", "in", "-s", "96", "-B", "65536",
                 "-i", "eth0", "-w", path, "tcp"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            with open("%s/tcpdump%d.pid" % (LAB_DIR, b), "w") as f:
                f.write("%d\n" % self.tcpdumps[b].pid)
        for b, tcpdump in self.tcpdumps.items():
            if "listening" not in tcpdump.stderr.readline():
                raise Failure("b%d: tcpdump does not start" % b)

    def end(self):
        for tcpdump in self.tcpdumps.values():
            tcpdump.terminate()
        for b, tcpdump in self.tcpdumps.items():
            report = tcpdump.communicate()[1]
            os.remove("%s/tcpdump%d.pid" % (LAB_DIR, b))
            if not re.search("^0 packets dropped by kernel", report, re.M):
                raise Failure("b%d: the capture is not complete: %s"
                              % (b, report))


def check_packets(steps):
    """Judges the captures by the steps.  Returns what packet_moves does."""
    with open(LAB_DIR + "/steps", "w") as f:
        f.write("".join(line + "\n" for line in steps.lines))
    return packet_moves.check(
        [packet_moves.Step(line) for line in steps.lines],
        ["%s/b%d.pcap" % (LAB_DIR, b) for b in BACKENDS])


def fresh_owners(groups):
    """Returns the owner of each slot of each group, as text, if its table were
    built now from nothing."""
    vectors = ["owners %d %d %d %s" % (
        group.number, group.bits, group.bound,
        " ".join("%d:%d" % item for item in group.weights.items()))
        for group in groups.values()]
    output = subprocess.run(["ovstest", "test-slot-vectors"], text=True,
                            input="\n".join(vectors) + "\n", check=True,
                            stdout=subprocess.PIPE).stdout
    result = dict(zip(groups, (line.partition("=")[2].split()
                               for line in output.splitlines())))
    for number, group in groups.items():
        if group.bits <= MODEL_BITS:
            model = slot_table.owners(number, group.bits, group.bound,
                                      group.weights)
            if result[number] != [str(model.get(slot, "none"))
                                  for slot in range(1 << group.bits)]:
                raise Failure("group %d: the model has another table" % number)
    return result


def flows_in_use(groups, control, datapath):
    """Returns slot and backend of each datapath flow of each group."""
    settle(control)
    result = {number: [] for number in CLIENTS}
    for line in control("dpctl/dump-flows", "--names", datapath).splitlines():
        match = re.search(r"dp_hash\(0x([0-9a-f]+)/0x([0-9a-f]+)\).*"
                          r"in_port\(ovs-cl(\d)\).*"
                          r"dst=02:00:00:00:01:0(\d)\)\),ovs-b(\d)", line)
        if match:
            number = int(match.group(3))
            mask = int(match.group(2), 16)
            if (mask != (1 << groups[number].bits) - 1
                    or match.group(4) != match.group(5)):
                raise Failure("bad datapath flow: " + line)
            result[number].append((int(match.group(1), 16) & mask,
                                   match.group(4)))
    for number, flows in result.items():
        if not flows:
            raise Failure("group %d has no datapath flows" % number)
    return result


def check_tables(groups, datapath):
    """Compares all groups with what they should be.  Returns the number of
    owners that were compared."""
    dumped = dump_groups()
    for number, group in groups.items():
        if dumped.get(number) != group.weights:
            raise Failure("group %d should have %s and has %s" % (
                number, group.weights, dumped.get(number)))

    control = vswitchd()
    in_use = flows_in_use(groups, control, datapath)
    owners = fresh_owners(groups)
    n_compared = 0
    for number, group in groups.items():
        owned = re.sub(r"\d+:", "", control("slot-table/map", "br0",
                                            str(number))).split()
        if owned != owners[number]:
            raise Failure("group %d: slot-table/map has another table"
                          % number)
        n_compared += len(owned)

        n_slots = 1 << group.bits
        for slot in random.sample(range(n_slots), min(n_slots, N_TRACES)):
            trace = control("ofproto/trace", "br0", "in_port=%s,ip,dp_hash=%d"
                            % (group.in_port, slot or n_slots))
            bucket = re.search("using bucket ([0-9]+)", trace)
            picked = bucket.group(1) if bucket else "none"
            if picked != owners[number][slot]:
                raise Failure("group %d: slot %d should be %s's, but %s is "
                              "picked" % (number, slot, owners[number][slot],
                                          picked))
            n_compared += 1
        for slot, backend in in_use.get(number, []):
            if backend != owners[number][slot]:
                raise Failure("group %d: slot %d should be %s's, but a flow in"
                              " the datapath goes to %s" % (
                                  number, slot, owners[number][slot], backend))
            n_compared += 1
    return n_compared


class Memory:
    """How much the switch takes each time with the same configuration."""
    def __init__(self):
        self.kib = []
        self.rules = []

    def measure(self):
        control = vswitchd()
        time.sleep(1)           # RCU frees what was deleted.
        with open("/proc/%d/status" % vswitchd_pid()) as f:
            self.kib.append(int(re.search(r"VmRSS:\s*(\d+)",
                                          f.read()).group(1)))
        self.rules.append(re.search(r"rules:\d+",
                                    control("memory/show")).group(0))

    def check(self):
        """Fails if it grew after the first time, when the switch has learned
        how much it needs."""
        if self.kib[-1] - self.kib[0] > LEAK_KIB:
            raise Failure("the switch leaks memory: %d KiB first, then %d KiB"
                          % (self.kib[0], self.kib[-1]))
        if len(set(self.rules)) != 1:
            raise Failure("the switch leaks flows: %s"
                          % " ".join(self.rules))
