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
"""A model of the hash of the selection method consistent-hash, written from
Documentation/topics/consistent-hash.rst, not from the C code in lib/, which is
tested against it.

    field_hash.py compute          reads test vectors, and prints them with the
                                   values, whatever follows a "=" in them
    field_hash.py random SEED N    prints N random vectors to compute

A vector asks for the hash of some fields of a flow, symmetric or not:

    hash|symmetric BASIS FIELDS FLOW = HASH BITS

BITS is the number of bits that a datapath flow matches for it, besides what it
always matches.
"""

import collections
import ipaddress
import random
import re
import sys

from slot_table import output

MASK64 = 2**64 - 1
IP, IPV6, ARP, NSH = 0x0800, 0x86dd, 0x0806, 0x894f
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
VLAN_CFI = 0x1000

# OXM classes.
NXM_OF, NXM_NX, OXM, EXPERIMENTER = 0x0000, 0x0001, 0x8000, 0xffff


def is_ip(flow):
    return flow["eth_type"] in (IP, IPV6)


def protocol(number, *eth_types):
    """Prerequisite: the protocol is 'number', on one of 'eth_types'."""
    def has(flow):
        return (flow["eth_type"] in eth_types
                and flow.get("nw_proto") == number)

    has.eth_types = eth_types
    return has


def always(flow):
    return True


tcp = protocol(TCP, IP, IPV6)
udp = protocol(UDP, IP, IPV6)
sctp = protocol(SCTP, IP, IPV6)
icmp = protocol(ICMP, IP)
icmpv6 = protocol(ICMPV6, IPV6)


def ethertype(number):
    return lambda flow: flow["eth_type"] == number


# The class and number of a field's OXM header, the number of the field's bits,
# whether a flow has it, and the id of an experimenter who defined it.
Field = collections.namedtuple(
    "Field", ["oxm_class", "number", "bits", "has", "experimenter"],
    defaults=[0])

FIELDS = {
    "metadata": Field(OXM, 2, 64, always),
    "reg0": Field(NXM_NX, 0, 32, always),
    "reg7": Field(NXM_NX, 7, 32, always),
    "eth_src": Field(OXM, 4, 48, always),
    "eth_dst": Field(OXM, 3, 48, always),
    "eth_type": Field(OXM, 5, 16, always),
    "vlan_tci": Field(NXM_OF, 4, 16, always),
    "vlan_pcp": Field(OXM, 7, 3,
                      lambda flow: flow.get("vlan_tci", 0) & VLAN_CFI),
    "ip_src": Field(OXM, 11, 32, ethertype(IP)),
    "ip_dst": Field(OXM, 12, 32, ethertype(IP)),
    "ipv6_src": Field(OXM, 26, 128, ethertype(IPV6)),
    "ipv6_dst": Field(OXM, 27, 128, ethertype(IPV6)),
    "ipv6_label": Field(OXM, 28, 20, ethertype(IPV6)),
    "nw_proto": Field(OXM, 10, 8, is_ip),
    "nw_tos": Field(NXM_OF, 5, 8, is_ip),
    "nw_ttl": Field(NXM_NX, 29, 8, is_ip),
    "ip_frag": Field(NXM_NX, 26, 8, is_ip),
    "arp_spa": Field(OXM, 22, 32, ethertype(ARP)),
    "arp_tpa": Field(OXM, 23, 32, ethertype(ARP)),
    "arp_sha": Field(OXM, 24, 48, ethertype(ARP)),
    "arp_tha": Field(OXM, 25, 48, ethertype(ARP)),
    "tcp_src": Field(OXM, 13, 16, tcp),
    "tcp_dst": Field(OXM, 14, 16, tcp),
    "tcp_flags": Field(OXM, 42, 12, tcp),
    "udp_src": Field(OXM, 15, 16, udp),
    "udp_dst": Field(OXM, 16, 16, udp),
    "sctp_src": Field(OXM, 17, 16, sctp),
    "sctp_dst": Field(OXM, 18, 16, sctp),
    "icmp_type": Field(OXM, 19, 8, icmp),
    "icmp_code": Field(OXM, 20, 8, icmp),
    "icmpv6_type": Field(OXM, 29, 8, icmpv6),
    "nsh_spi": Field(EXPERIMENTER, 4, 24, ethertype(NSH), 0x5ad650),
    "nsh_si": Field(EXPERIMENTER, 5, 8, ethertype(NSH), 0x5ad650),
}

# The transport header's fields, of which only the first fragment knows.
TRANSPORT = {name for name, field in FIELDS.items()
             if hasattr(field.has, "eth_types")}
ENDS = {"eth_src": "eth_dst", "ip_src": "ip_dst", "ipv6_src": "ipv6_dst",
        "tcp_src": "tcp_dst", "udp_src": "udp_dst", "sctp_src": "sctp_dst",
        "arp_spa": "arp_tpa", "arp_sha": "arp_tha"}
SOURCE = {dst: src for src, dst in ENDS.items()}

# Fields of which the datapath does not match each bit, or that only have some
# masks.
UNMASKABLE = {"eth_type", "vlan_pcp", "nw_proto", "nw_tos", "nw_ttl",
              "ip_frag", "icmp_type", "icmp_code", "icmpv6_type", "nsh_spi",
              "nsh_si"}
ALL_ONES = {"nw_tos": 0xfc, "vlan_pcp": 7, "ip_frag": 3}


def add(h, word):
    return output(h ^ word, 0)


def words(number, n_bytes):
    """The words of a number of 'n_bytes' bytes, from the most significant
    on."""
    n_words = -(-n_bytes // 8)
    return [number >> 64 * i & MASK64 for i in reversed(range(n_words))]


def key(field):
    header = field.oxm_class << 16 | field.number << 9
    return header << 32 | field.experimenter


def contribution(name, value):
    field = FIELDS[name]
    h = add(0, key(field))
    for word in words(value, -(-field.bits // 8)):
        h = add(h, word)
    return h


def present(name, flow):
    """Whether the packet has the field."""
    if flow.get("ip_frag") and (name in TRANSPORT
                                or name in ("nw_proto", "ip_frag")):
        return False
    return FIELDS[name].has(flow)


def field_hash(symmetric, basis, fields, flow):
    total = src = dst = 0
    for name, mask in fields.items():
        if not present(name, flow):
            continue
        value = flow.get(name, 0) & mask
        if symmetric and name in ENDS:
            src += contribution(name, value)
        elif symmetric and name in SOURCE:
            dst += contribution(SOURCE[name], value)
        else:
            total += contribution(name, value)
    if symmetric:
        total += add(0, src & MASK64) + add(0, dst & MASK64)
    return output(total & MASK64, basis) >> 32


def matched_bits(fields, flow):
    """The number of bits that a datapath flow matches to tell which fields
    there are, and for their values."""
    matched = {}

    def match(name, mask):
        matched[name] = matched.get(name, 0) | mask

    for name, mask in fields.items():
        if not (flow.get("ip_frag")
                and (name in TRANSPORT or name == "nw_proto")):
            if (name in TRANSPORT
                    and flow["eth_type"] in FIELDS[name].has.eth_types):
                match("nw_proto", 0xff)
            if name == "vlan_pcp":
                match("vlan_tci", VLAN_CFI)
        if present(name, flow):
            if name == "vlan_pcp":
                match("vlan_tci", (mask & 7) << 13 | VLAN_CFI)
            elif name == "nw_tos":
                match("nw_tos", mask & 0xfc)
            elif name not in ("eth_type", "ip_frag"):   # Always matched.
                match(name, mask)
    return sum(bin(mask).count("1") for mask in matched.values())


def parse_number(text):
    """A number, or an address, as a number."""
    if re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", text):
        return int(text.replace(":", ""), 16)
    if ":" in text or "." in text:
        return int(ipaddress.ip_address(text))
    return {"no": 0, "first": 1, "later": 3}.get(text) if text.isalpha() \
        else int(text, 0)


def parse(text):
    return {name: parse_number(value) if value else None
            for name, _, value in (item.partition("=")
                                   for item in text.split(","))}


def compute(kind, basis, fields, flow):
    flow = parse(flow)
    flow["vlan_pcp"] = flow.get("vlan_tci", 0) >> 13
    fields = parse(fields)
    for name, mask in fields.items():
        if mask is None:
            fields[name] = ALL_ONES.get(name, 2**FIELDS[name].bits - 1)
    h = field_hash(kind == "symmetric", int(basis), fields, flow)
    return "%#010x %d" % (h, matched_bits(fields, flow))


def format_number(name, number):
    if name.startswith("eth_s") or name.startswith("eth_d") \
            or name in ("arp_sha", "arp_tha"):
        return ":".join(re.findall("..", "%012x" % number))
    if name in ("ip_src", "ip_dst", "arp_spa", "arp_tpa"):
        return str(ipaddress.IPv4Address(number))
    if name in ("ipv6_src", "ipv6_dst"):
        return str(ipaddress.IPv6Address(number))
    if name == "ip_frag":
        return {0: "no", 1: "first", 3: "later"}[number]
    return hex(number)


def random_flow(rng):
    """A flow with all fields that it has."""
    flow = {"eth_type": rng.choice([IP, IPV6, IP, IPV6, ARP, NSH, 0x1234])}
    if is_ip(flow):
        flow["nw_proto"] = rng.choice(
            [TCP, UDP, SCTP, ICMP if flow["eth_type"] == IP else ICMPV6, 47])
    for name, field in FIELDS.items():
        if name == "ip_frag" and is_ip(flow):
            flow[name] = rng.choice([0, 0, 0, 1, 3])
        elif name == "vlan_tci":
            if rng.random() < .5:
                flow[name] = rng.getrandbits(16) | VLAN_CFI
        elif name == "nw_tos" and is_ip(flow):
            flow[name] = rng.getrandbits(6) << 2
        elif name == "vlan_pcp" and field.has(flow):
            flow[name] = flow["vlan_tci"] >> 13
        elif name not in flow and field.has(flow):
            flow[name] = rng.getrandbits(field.bits)
    if flow.get("ip_frag") == 3:
        for name in TRANSPORT:
            flow.pop(name, None)
    return flow


def random_vector(rng):
    flow = random_flow(rng)
    symmetric = rng.random() < .5
    fields = {}
    for name in rng.sample(list(FIELDS), rng.randint(1, 8)):
        bits = FIELDS[name].bits
        masks = [2**bits - 1, rng.getrandbits(bits) or 1,
                 1 << rng.randrange(bits)]
        mask = (None if name in UNMASKABLE else rng.choice(masks))
        fields[name] = mask
        if symmetric and name in ENDS:
            fields[ENDS[name]] = mask
        elif symmetric and name in SOURCE:
            fields[SOURCE[name]] = mask
    items = list(fields.items())
    rng.shuffle(items)

    # The order in which ovs-ofctl takes fields.  vlan_pcp is in vlan_tci.
    text = ",".join("%s=%s" % (name, format_number(name, value))
                    for name, value in flow.items() if name != "vlan_pcp"
                    and (value or name in ("eth_type", "nw_proto")))
    return " ".join([
        "symmetric" if symmetric else "hash", str(rng.getrandbits(32)),
        ",".join(name if mask is None
                 else "%s=%s" % (name, format_number(name, mask))
                 for name, mask in items),
        text])


def main(argv):
    if argv[1:] == ["compute"]:
        for line in sys.stdin:
            vector = line.partition(" = ")[0].split()
            print(*vector, "=", compute(*vector))
    elif argv[1:2] == ["random"] and len(argv) == 4:
        rng = random.Random(int(argv[2]))
        for i in range(int(argv[3])):
            print(random_vector(rng))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
