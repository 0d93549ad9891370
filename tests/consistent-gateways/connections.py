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
"""Sends packets of random connections through a switch, and prints for each
the backend that it reaches.

    connections.py SEED N [--reverse]

Sends the first packet of each of N connections, which depend on SEED only, to
the device "client", and expects each at one of the devices b1, b2, ...  With
--reverse sends a packet of the other direction of each, also to "client".
Prints lines of the number of the connection and the backend.
"""

import ipaddress
import random
import select
import socket
import struct
import sys
import time

ETH = bytes.fromhex("0200000000ff" "020000000001")
MARK = b"connection"
CHUNK = 50


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def connection(rng, number, reverse):
    """Returns a packet of a random connection."""
    version = rng.choice((4, 6))
    protocol = rng.choice((socket.IPPROTO_TCP, socket.IPPROTO_UDP))
    size = 32 if version == 4 else 128
    # Half of the addresses are close to each other.
    src, dst = (rng.choice((rng.getrandbits(size),
                            (10 << size - 8) + rng.getrandbits(8)))
                for end in "sd")
    sport, dport = rng.randrange(1024, 65536), rng.randrange(1, 65536)
    label = rng.choice((0, rng.getrandbits(20)))
    if reverse:
        src, dst, sport, dport = dst, src, dport, sport

    payload = MARK + struct.pack("!I", number)
    if protocol == socket.IPPROTO_TCP:
        l4 = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 5 << 4, 2, 1024,
                         0, 0)
    else:
        l4 = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0)
    l4 += payload
    if version == 4:
        address = ipaddress.IPv4Address
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(l4), number,
                         0x4000, 64, protocol, 0, address(src).packed,
                         address(dst).packed)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        return ETH + b"\x08\x00" + ip + l4
    address = ipaddress.IPv6Address
    return ETH + b"\x86\xdd" + struct.pack(
        "!IHBB16s16s", 6 << 28 | label, len(l4), protocol, 64,
        address(src).packed, address(dst).packed) + l4


def packet_socket(device):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((device, 0))
    s.setblocking(False)
    return s


def receive(backends, timeout):
    """Returns pairs of a connection and the backend that got its packet."""
    got = []
    for s in select.select(list(backends), [], [], timeout)[0]:
        try:
            while True:
                packet, address = s.recvfrom(2048)
                at = packet.find(MARK)
                if address[2] != socket.PACKET_OUTGOING and at >= 0:
                    got.append((struct.unpack_from("!I", packet,
                                                   at + len(MARK))[0],
                                backends[s]))
        except BlockingIOError:
            pass
    return got


def main():
    seed, n = int(sys.argv[1]), int(sys.argv[2])
    reverse = sys.argv[3:] == ["--reverse"]
    rng = random.Random(seed)
    client = packet_socket("client")
    backends = {packet_socket(device): device
                for index, device in socket.if_nameindex()
                if device[0] == "b" and device[1:].isdigit()}
    reached = {}
    for start in range(0, n, CHUNK):
        packets = {i: connection(rng, i, reverse)
                   for i in range(start, min(start + CHUNK, n))}
        # A busy switch may lose packets, which are then sent again, as any
        # connection does.
        deadline = time.monotonic() + 20
        while packets:
            if time.monotonic() > deadline:
                sys.exit("%d packets of %d connections reached no backend"
                         % (len(packets), CHUNK))
            for packet in packets.values():
                client.send(packet)
            again = time.monotonic() + 1
            while packets and time.monotonic() < again:
                for i, backend in receive(backends, .1):
                    packets.pop(i, None)
                    if reached.setdefault(i, backend) != backend:
                        sys.exit("connection %d reached both %s and %s"
                                 % (i, reached[i], backend))
    for i, backend in sorted(reached.items()):
        print(i, backend)


if __name__ == "__main__":
    main()
