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
"""A model of the portable hash, written from
Documentation/topics/portable-hash.rst, not from the C code in lib/, which is
tested against it.

    portable_hash.py compute          reads lines as the page's vectors, and
                                      prints them with the hash, whatever
                                      follows " =" in them
    portable_hash.py random SEED N    prints N random lines to compute

It is for packets of any bytes: slices that reach beyond the end are short."""

import random
import struct
import sys

from slot_table import output

VLAN = 0x8100, 0x88a8
TCP, UDP, SCTP, ICMP, ICMPV6 = 6, 17, 132, 1, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AH, OPTIONS = 0, 43, 44, 51, 60
EXTENSIONS = HOP_BY_HOP, ROUTING, FRAGMENT, AH, OPTIONS
ERRORS = {0x0800: (ICMP, (3, 4, 5, 11, 12)), 0x86dd: (ICMPV6, (1, 2, 3, 4))}


def number(data):
    return int.from_bytes(data, "big")


def behind_extensions(proto, data):
    """The protocol behind the extension headers that 'data' begins with, and
    what follows them, or None, None."""
    for i in range(9):
        if proto not in EXTENSIONS:
            return proto, data
        if i == 8 or len(data) < 8:
            break
        if proto == FRAGMENT:
            if number(data[2:4]) >> 3 or data[3] & 1:
                break
            length = 8
        elif proto == AH:
            length = (data[1] + 2) * 4
        else:
            length = (data[1] + 1) * 8
        proto, data = data[0], data[length:]
    return None, None


def ip(eth_type, data):
    """Of an IP packet: both addresses, the protocol or None, and what follows
    all headers.  Of anything else, None."""
    if eth_type == 0x0800:
        if len(data) < 20 or data[0] >> 4 != 4:
            return None
        length = (data[0] & 15) * 4
        if length < 20 or len(data) < length:
            return None
        proto = None if number(data[6:8]) % 2**14 else data[9]
        return data[12:16], data[16:20], proto, data[length:]
    if eth_type == 0x86dd:
        if len(data) < 40 or data[0] >> 4 != 6:
            return None
        return data[8:24], data[24:40], *behind_extensions(data[6], data[40:])
    return None


def ip_seed(address, tail):
    if len(address) == 4:
        return number(address) * 2**32 + tail
    return (number(address[:8]) + number(address[8:]) * 0xbf58476d1ce4e5b9
            + tail * 0x94d049bb133111eb) % 2**64


def ip_seeds(eth_type, data, quoted=False):
    """The seeds of both ends of an IP packet.  Of anything else, None."""
    parts = ip(eth_type, data)
    if not parts:
        return None
    source, destination, proto, data = parts
    tails = 0, 0
    if proto in (TCP, UDP, SCTP):
        if len(data) >= 4:
            tails = [65536 * proto + port
                     for port in struct.unpack("!HH", data[:4])]
    elif proto is not None:
        tails = 65536 * proto, 65536 * proto
        icmp, errors = ERRORS[eth_type]
        if not quoted and proto == icmp and data and data[0] in errors:
            seeds = ip_seeds(eth_type, data[8:], True)
            if seeds:
                return seeds
    return ip_seed(source, tails[0]), ip_seed(destination, tails[1])


def portable_hash(data, packet_type=None):
    """H of a packet, of 'packet_type' if it has no Ethernet header."""
    ethernet = bytes(14)
    eth_type = packet_type
    if packet_type is None:
        if len(data) >= 14:
            ethernet, data = data[:14], data[14:]
        else:
            data = b""
        eth_type = number(ethernet[12:])
        for i in range(2):
            if eth_type in VLAN and len(data) >= 4:
                eth_type, data = number(data[2:4]), data[4:]
        if eth_type < 0x600:
            eth_type = 0x5ff
    seeds = ip_seeds(eth_type, data) or [
        number(address) * 2**16 + eth_type
        for address in (ethernet[6:12], ethernet[:6])]
    return sum(output(seed, 0) for seed in seeds) % 2**64 >> 32


def rot(x, k):
    return x << k & 0xffffffff | x >> 32 - k


def dp_hash(h, basis):
    a = b = c = basis + 0xdeadbef3 & 0xffffffff
    a = a + h & 0xffffffff
    c = (c ^ b) - rot(b, 14) & 0xffffffff
    a = (a ^ c) - rot(c, 11) & 0xffffffff
    b = (b ^ a) - rot(a, 25) & 0xffffffff
    c = (c ^ b) - rot(b, 16) & 0xffffffff
    a = (a ^ c) - rot(c, 4) & 0xffffffff
    b = (b ^ a) - rot(a, 14) & 0xffffffff
    return ((c ^ b) - rot(b, 24) & 0xffffffff) or 1


# Random packets.  Fields that the hash looks at are mostly what it looks for.

def some(rng, *values, others=.1, bits=8):
    """One of 'values', or sometimes any number."""
    return (rng.getrandbits(bits) if rng.random() < others
            else rng.choice(values))


def random_bytes(rng, n):
    return bytes(rng.getrandbits(8) for i in range(n))


def random_transport(rng, proto, ipv6, depth):
    """What follows the IP headers, with a quote for most ICMP errors."""
    if proto != (ICMPV6 if ipv6 else ICMP):
        return random_bytes(rng, some(rng, 8, 20, others=.2, bits=5))
    icmp_type = (some(rng, 1, 2, 3, 4, 128) if ipv6
                 else some(rng, 0, 3, 4, 5, 8, 11, 12))
    quote = b""
    if depth < 3 and rng.random() < .9:
        quote = random_ip(rng, ipv6 ^ (rng.random() < .05), depth + 1)
    return bytes([icmp_type]) + random_bytes(rng, 7) + quote


def random_extensions(rng, proto):
    """The number of the first one, and all of them."""
    headers = b""
    for i in range(some(rng, 0, 0, 0, 1, 2, 7, 8, 9, others=0)):
        header = rng.choice(EXTENSIONS)
        length = some(rng, 0, 1, 2, others=.05)
        if header == FRAGMENT:
            headers = struct.pack(
                "!BBHI", proto, length,
                some(rng, 0, 0, 0, 1, 6, 8, others=.1, bits=16), 1) + headers
        else:
            size = (length + 2) * 4 if header == AH else (length + 1) * 8
            headers = (bytes([proto, length]) + random_bytes(rng, size - 2)
                       + headers)
        proto = header
    return proto, headers


def random_ip(rng, ipv6, depth=0):
    proto = some(rng, TCP, UDP, SCTP, ICMPV6 if ipv6 else ICMP,
                 ICMPV6 if ipv6 else ICMP, others=.15)
    payload = random_transport(rng, proto, ipv6, depth)
    if ipv6:
        proto, extensions = random_extensions(rng, proto)
        payload = extensions + payload
        packet = (struct.pack("!IHBB", some(rng, 6 << 28, others=.03, bits=32),
                              len(payload), proto, 64)
                  + random_bytes(rng, 32) + payload)
    else:
        words = some(rng, 5, 5, 5, 6, 15, others=.03, bits=4)
        version = some(rng, 4, others=.03, bits=4)
        options = random_bytes(rng, max(words - 5, 0) * 4)
        packet = (struct.pack("!BBHHHBBH", version << 4 | words, 0,
                              20 + len(options) + len(payload), 1,
                              some(rng, 0, 0, 0x4000, 0x8000, 0x2000,
                                   others=.1, bits=16),
                              64, proto, 0)
                  + random_bytes(rng, 8) + options + payload)
    return packet


def random_line(rng):
    ipv6 = rng.random() < .5
    eth_type = some(rng, 0x86dd if ipv6 else 0x0800, others=.05, bits=16)
    data = random_ip(rng, ipv6)
    if rng.random() < .3:
        data = data[:rng.randrange(len(data) + 1)]
    if rng.random() < .1:
        return ("packet 0x%04x %s" % (eth_type, data.hex())).rstrip()
    header = random_bytes(rng, 12)
    for i in range(some(rng, 0, 0, 0, 1, 2, 3, others=0)):
        header += struct.pack("!HH", rng.choice(VLAN), rng.getrandbits(16))
    data = header + struct.pack("!H", eth_type) + data
    if rng.random() < .05:
        data = data[:rng.randrange(30)]
    return ("frame " + data.hex()).rstrip()


def compute(line):
    word, *args = line.split()
    if word == "frame":
        return portable_hash(bytes.fromhex("".join(args)))
    if word == "packet":
        return portable_hash(bytes.fromhex("".join(args[1:])),
                             int(args[0], 0))
    if word == "dp_hash":
        return dp_hash(int(args[0], 0), int(args[1], 0))
    raise ValueError(line)


def main(argv):
    if argv[1:] == ["compute"]:
        for line in sys.stdin:
            line = line.partition(" =")[0].strip()
            print("%s = 0x%08x" % (line, compute(line)))
    elif argv[1:2] == ["random"] and len(argv) == 4:
        rng = random.Random(int(argv[2]))
        for i in range(int(argv[3])):
            if rng.random() < .9:
                print(random_line(rng))
            else:
                print("dp_hash 0x%08x %d" % (
                    rng.getrandbits(32),
                    some(rng, 0, 1, 2**32 - 1, others=.5, bits=32)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
