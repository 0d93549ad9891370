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
"""A model of the userspace datapath's symmetric hash, written from
Documentation/topics/symmetric-dp-hash.rst, not from the C code in lib/, which
is tested against it.

    symmetric_hash.py compute         reads lines "symmetric BASIS FLOW", and
                                      prints them with the hash, whatever
                                      follows " =" in them
    symmetric_hash.py random SEED N   prints N random lines to compute
"""

import ipaddress
import random
import sys

from slot_table import output

# Ethernet type, IP protocol.
PROTOCOLS = {
    "ip": (0x0800, 0), "ipv6": (0x86dd, 0),
    "tcp": (0x0800, 6), "tcp6": (0x86dd, 6),
    "udp": (0x0800, 17), "udp6": (0x86dd, 17),
    "sctp": (0x0800, 132), "sctp6": (0x86dd, 132),
    "icmp": (0x0800, 1), "icmp6": (0x86dd, 58),
    "arp": (0x0806, 0), "mpls": (0x8847, 0),
}
PORTS = {6: "tcp", 17: "udp", 132: "sctp"}


def end_seed(flow, eth_type, proto, end):
    """The seed for the end of the connection that is "src" or "dst"."""
    if eth_type not in (0x0800, 0x86dd):
        mac = flow.get("dl_" + end, "00:00:00:00:00:00")
        return int(mac.replace(":", ""), 16) << 16 | eth_type

    tail = 0
    if flow.get("nw_frag", "no") == "no":
        port = flow.get("%s_%s" % (PORTS.get(proto), end), "0")
        tail = proto << 16 | int(port)
    if eth_type == 0x0800:
        address = int(ipaddress.ip_address(flow.get("nw_" + end, "0.0.0.0")))
        return address << 32 | tail
    address = int(ipaddress.ip_address(flow.get("ipv6_" + end, "::")))
    return ((address >> 64) + address % 2**64 * 0xbf58476d1ce4e5b9
            + tail * 0x94d049bb133111eb) % 2**64


def symmetric(basis, text):
    flow = dict(item.partition("=")[::2] for item in text.split(","))
    eth_type, proto = next(
        (PROTOCOLS[name] for name in flow if name in PROTOCOLS), (0, 0))
    proto = int(flow.get("nw_proto", str(proto)))
    ends = sum(output(end_seed(flow, eth_type, proto, end), basis)
               for end in ("src", "dst"))
    return max(ends % 2**64 >> 32, 1)


def random_flow(rng):
    name = rng.choice(list(PROTOCOLS))
    eth_type, proto = PROTOCOLS[name]
    mac = "dl_%s=02:00:00:00:%02x:%02x"
    flow = [mac % ("src", rng.randrange(3), rng.randrange(3)),
            mac % ("dst", rng.randrange(3), rng.randrange(256)), name]
    if eth_type not in (0x0800, 0x86dd):
        return ",".join(flow)

    if name in ("ip", "ipv6") and rng.random() < .7:
        proto = rng.choice((1, 2, 6, 17, 47, 58, 89, 132, 136, 255))
        flow.append("nw_proto=%d" % proto)
    for end in ("src", "dst"):
        address = rng.getrandbits(rng.choice((0, 3, 32, 64, 127, 128)))
        flow.append("nw_%s=%s" % (end, ipaddress.IPv4Address(address % 2**32))
                    if eth_type == 0x0800 else
                    "ipv6_%s=%s" % (end, ipaddress.IPv6Address(address)))
    fragment = rng.choice(("no", "no", "first", "later"))
    if fragment != "no":
        flow.append("nw_frag=" + fragment)
    if proto in PORTS and fragment != "later":
        flow += ["%s_%s=%d" % (PORTS[proto], end,
                               rng.getrandbits(rng.choice((2, 16))))
                 for end in ("src", "dst")]
    return ",".join(flow)


def main(argv):
    if argv[1:] == ["compute"]:
        for line in sys.stdin:
            line = line.partition(" =")[0].strip()
            word, basis, flow = line.split()
            assert word == "symmetric", line
            print("%s = 0x%08x" % (line, symmetric(int(basis), flow)))
    elif argv[1:2] == ["random"] and len(argv) == 4:
        rng = random.Random(int(argv[2]))
        for i in range(int(argv[3])):
            print("symmetric %d %s" % (
                rng.choice((0, 1, 2**32 - 1, rng.getrandbits(32))),
                random_flow(rng)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
