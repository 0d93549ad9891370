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
"""Checks that a packet's buckets depend on the packet alone.

    run.py --time=SECONDS --seed=N [--parts=PART,...] [--first=N]
           [--keep-going] [--devices=dummy|veth]

Makes random pipelines of groups, and sends packets of some hundred connections
through each, in random order, while flows vanish from the datapath.  A packet
has to come out just as often as the pipeline says, and as the very frames that
come out if it is sent alone into an empty datapath, and ofproto/trace has to
name the buckets that it takes."""

import argparse
import collections
import itertools
import random
import re
import subprocess
import sys
import time

from account import account
from bridges import DEVICES, IN_PORTS, load
from frames import random_connection
from pipelines import PARTS, Kind, random_pipelines
from ports import Control, DummyPorts, VethPorts
from switch import LAB_DIR, Failure, vswitchd_pid
import zero_hashes

N_CONNECTIONS = 100
N_SEQUENCES = 3
N_EVENTS = 200
N_CANDIDATES = 10

# What there is besides parts of pipelines: packets whose hash would be 0,
# comparison with ofproto/trace, a mirror, fragments.
OTHER_PARTS = ("zero", "trace", "mirror", "fragments")
BATCH = 16

Result = collections.namedtuple("Result", "frames buckets ports")


class Run:
    """What a pipeline does to packets.  'ports' has the switch."""
    def __init__(self, ports, pipelines, connections, in_ports):
        self.ports = ports
        self.control = ports.control
        self.pipelines = pipelines
        self.connections = connections
        self.in_ports = in_ports
        self.alone = {}

    def kind(self, connection):
        return Kind(self.in_ports[connection.number], connection.version,
                    connection.proto)

    def ends(self, packet):
        """How often 'packet' comes out of which port."""
        return self.pipelines["br0"].ends[self.kind(packet)]

    def results(self, packets, *before):
        """Sends a packet of each of the connections 'packets', and returns the
        Result of each."""
        outputs = self.ports.send(
            [("p%d" % self.in_ports[packet.number], packet.frame)
             for packet in packets],
            sum(sum(self.ends(packet).values()) for packet in packets),
            *before)
        by_number = {packet.number: [] for packet in packets}
        for output in outputs:
            if output.number not in by_number:
                raise Failure("nobody sent this: %s" % output)
            by_number[output.number].append(output)
        return {number: Result(
                    sorted(output.key() for output in outputs),
                    set().union(*(output.buckets() for output in outputs)),
                    collections.Counter(output.end for output in outputs
                                        if output.end != "mirror"))
                for number, outputs in by_number.items()}

    def purge(self):
        self.control(("revalidator/purge",))

    def send_alone(self, packet):
        return self.results([packet], ("revalidator/purge",))[packet.number]

    def trace(self, packet):
        text, = self.control((
            "ofproto/trace", "br0",
            "in_port=p%d,%s" % (self.in_ports[packet.number], packet.flow)))
        buckets = set()
        group = None
        for line in text.splitlines():
            match = re.match(r" *group:(\d+)$", line)
            if match:
                group = int(match.group(1))
            match = re.match(r" *-> using bucket (\d+)$", line)
            if match:
                buckets.add((group, int(match.group(1))))
        return text, buckets

    def delete_flow(self, choice):
        """Deletes one of the datapath's flows behind the switch's back."""
        text, = self.control(("dpctl/dump-flows", "-m"))
        flows = sorted(re.sub("^(ufid:[^,]*), (.*)", r"\2 \1", line)
                       for line in text.splitlines() if "ufid:" in line)
        if flows:
            flow = flows[int(choice * len(flows))]
            self.control(("dpctl/del-flow", flow.rpartition(" ")[2]))

    def execute(self, events):
        """Executes 'events', from an empty datapath.  Yields the Results."""
        self.purge()
        batch = {}
        for event in events:
            what, argument = event
            if what != "packet" or argument.number in batch \
                    or len(batch) == BATCH:
                if batch:
                    yield self.results(list(batch.values()))
                batch = {}
            if what == "packet":
                batch[argument.number] = argument
            elif what == "delete":
                self.delete_flow(argument)
            else:
                self.purge()
        if batch:
            yield self.results(list(batch.values()))

    # Checks.  Each returns what is wrong, or None.

    def check_ports(self, packet, result):
        want = self.ends(packet)
        if result.ports != want:
            return ("comes out of %s, not of %s"
                    % (dict(result.ports), dict(want)))

    def check_trace(self, packet, result):
        text, buckets = self.trace(packet)
        # It does not go on after pop_mpls, or with a hash that it cannot know.
        if buckets != result.buckets and not (
                buckets < result.buckets
                and ("pop_mpls" in text or "not traced" in text)):
            return ("takes buckets %s, but ofproto/trace names %s"
                    % (sorted(result.buckets), sorted(buckets)))

    def check_alone(self, packet, result):
        alone = self.alone[packet.number]
        if result.buckets != alone.buckets:
            return ("takes buckets %s, but alone %s"
                    % (sorted(result.buckets), sorted(alone.buckets)))
        if result.frames != alone.frames:
            return "comes out as\n%s\nbut alone as\n%s" % tuple(
                "\n".join("    %s %s" % (port, frame.hex())
                          for port, frame in frames)
                for frames in (result.frames, alone.frames))


def random_events(rng, connections):
    events = []
    for i in range(N_EVENTS):
        dice = rng.random()
        if dice < .9:
            events.append(("packet", rng.choice(connections)))
        elif dice < .99:
            events.append(("delete", rng.random()))
        else:
            events.append(("purge", None))
    return events


class Wrong(Exception):
    """'packet' comes out wrong after 'events'."""
    def __init__(self, run, packet, message, events=()):
        super().__init__(message)
        self.run = run
        self.packet = packet
        self.events = events


def check_pipeline(run, rng, trace=True):
    """Returns how many packets were right."""
    n = 0
    for packet in run.connections:
        result = run.send_alone(packet)
        run.alone[packet.number] = result
        wrong = run.check_ports(packet, result)
        if trace and not wrong:
            wrong = run.check_trace(packet, result)
        if wrong:
            raise Wrong(run, packet, wrong)
        n += 1

    for i in range(N_SEQUENCES):
        events = random_events(rng, run.connections)
        by_number = {packet.number: packet for packet in run.connections}
        for results in run.execute(events):
            for number, result in results.items():
                packet = by_number[number]
                wrong = run.check_alone(packet, result)
                if wrong:
                    raise Wrong(run, packet, wrong, events)
            n += len(results)
    return n


def find_zeros(rng):
    """Connections whose hash would be 0 with a basis, and those bases."""
    numbers = itertools.count(N_CONNECTIONS)
    connection, basis = zero_hashes.portable(rng, next(numbers))
    yield connection, ("symmetric", basis)
    connection, basis = zero_hashes.l4(
        [random_connection(rng, next(numbers), False)
         for i in range(N_CANDIDATES)])
    yield connection, ("l4", basis)


def check(args, ports, parts):
    """Returns the number of wrong pipelines."""
    start = time.time()
    zeros = list(find_zeros(random.Random(args.seed))) \
        if "zero" in parts else []
    planted = [connection for connection, basis in zeros]
    bases = [basis for connection, basis in zeros]
    begin = time.time()
    if zeros:
        print("found in %.1f s: a hash of 0 for %s"
              % (begin - start, ", ".join(map(str, planted))))

    n_packets = n_pipelines = n_wrong = 0
    number = args.first
    while not n_pipelines or time.time() < begin + args.time:
        rng = random.Random("%d %d" % (args.seed, number))
        connections = planted + [
            random_connection(rng, n, "fragments" in parts)
            for n in range(N_CONNECTIONS)]
        in_ports = {connection.number: rng.choice(IN_PORTS)
                    for connection in connections}
        kinds = {Kind(in_ports[connection.number], connection.version,
                      connection.proto) for connection in connections}
        pipelines = random_pipelines(rng, kinds, parts, bases)
        load(pipelines, rng.random() < .3 if "mirror" in parts else None)
        run = Run(ports, pipelines, connections, in_ports)
        n_pipelines += 1
        try:
            n_packets += check_pipeline(run, rng, "trace" in parts)
            print("%5.1f of %d s: pipeline %d, %d groups, %d packets right"
                  % (time.time() - begin, args.time, number,
                     len(pipelines["br0"].groups), n_packets), flush=True)
        except Wrong as wrong:
            n_wrong += 1
            print("FAILED in pipeline %d of seed %d after %.1f s:"
                  % (number, args.seed, time.time() - begin))
            account(wrong)
            if not args.keep_going:
                break
        number += 1
    print("%d pipelines, %d of them wrong, %d packets right, in %.1f s, "
          "seed %d" % (n_pipelines, n_wrong, n_packets, time.time() - start,
                       args.seed))
    return n_wrong


def main(argv):
    all_parts = PARTS + OTHER_PARTS
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", default=",".join(
        part for part in all_parts if part != "larger"))
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--devices", choices=("dummy", "veth"),
                        default="dummy")
    args = parser.parse_args(argv[1:])
    parts = args.parts.split(",")
    for part in parts:
        if part not in all_parts:
            sys.exit("%s: there is %s" % (part, ", ".join(all_parts)))

    try:
        control = Control("%s/ovs-vswitchd.%d.ctl" % (LAB_DIR, vswitchd_pid()))
        devices = DEVICES[args.devices](control, parts)
        devices.set_up()
        ports = (DummyPorts if args.devices == "dummy" else VethPorts)(
            control, devices.captured)
        sys.exit(bool(check(args, ports, parts)))
    except (Failure, OSError, subprocess.SubprocessError) as e:
        print("FAILED: %s" % e)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv)
