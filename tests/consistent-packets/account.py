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
"""A minimal account of a packet that came out wrong."""

import re

# How much of a trace to print: some that go wrong hardly end.
MAX_LINES = 300


def fails(run, packet, events):
    """Returns what is wrong with 'packet' after 'events', or None."""
    run.purge()
    for what, argument in events:
        if what == "packet":
            run.results([argument])
        elif what == "delete":
            run.delete_flow(argument)
        else:
            run.purge()
    result = run.results([packet])[packet.number]
    return run.check_alone(packet, result)


def shrink(run, packet, events):
    """Returns a part of 'events' after which 'packet' still goes wrong, as
    small as leaving out events one by one makes it, or None if it does not go
    wrong again."""
    events = list(events)
    for end in range(len(events) + 1):
        # The packet is the one after the first so many events.
        if end < len(events) and events[end] != ("packet", packet):
            continue
        if fails(run, packet, events[:end]):
            events = events[:end]
            break
    else:
        return None
    size = (len(events) + 1) // 2
    while size:
        start = 0
        while start < len(events):
            fewer = events[:start] + events[start + size:]
            if fails(run, packet, fewer):
                events = fewer
            else:
                start += size
        size //= 2
    return events


def indent(text):
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = ["..."]
    return "\n".join("    " + line for line in lines)


def flow_dump(run):
    text, = run.control(("dpctl/dump-flows",))
    return re.sub(", packets:.*, actions:", ", actions:",
                  re.sub(r"packet_type\(ns=0,id=0\),", "", text))


def account(wrong):
    run, packet = wrong.run, wrong.packet
    print("%s, port p%d: %s" % (packet, run.in_ports[packet.number], wrong))
    print("frame\n    %s" % packet.frame.hex())
    for bridge, pipeline in run.pipelines.items():
        print("%s\n%s" % (bridge, indent(pipeline.bundle())))
    events = []
    if wrong.events:
        events = shrink(run, packet, wrong.events)
        if events is None:
            print("It does not happen again, one packet at a time.")
            return
        print("It takes, in an empty datapath, but:")
        for what, argument in events:
            print("    %s %s" % (what, argument or ""))
            if what == "packet":
                print("        port p%d, %s" % (run.in_ports[argument.number],
                                                argument.frame.hex()))
        message = fails(run, packet, events)
        print("Then the packet %s\ndatapath" % message)
        print(indent(flow_dump(run)))
    run.send_alone(packet)
    print("datapath with the packet alone\n" + indent(flow_dump(run)))
    print("trace\n" + indent(run.trace(packet)[0]))
