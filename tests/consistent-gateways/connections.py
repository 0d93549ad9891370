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

from hash_frames import frame

ETH_DST = "02:00:00:00:00:ff"
MARK = b"connection"
CHUNK = 50


def connection(rng, number, reverse):
    """Returns a packet of a random connection."""
    address, size = rng.choice(((ipaddress.IPv4Address, 32),
                                (ipaddress.IPv6Address, 128)))
    protocol = rng.choice(("tcp", "udp"))
    # Half of the addresses are close to each other.
    ends = [(address(rng.choice((rng.getrandbits(size),
                                 (10 << size - 8) + rng.getrandbits(8)))),
             rng.randrange(least, 65536)) for least in (1024, 1)]
    label = rng.choice((0, rng.getrandbits(20)))
    if reverse:
        ends.reverse()
    (src, src_port), (dst, dst_port) = ends
    return frame(ETH_DST, 64, "%s/%s/%d/%s/%d/label-%d"
                 % (protocol, src, src_port, dst, dst_port, label),
                 MARK + struct.pack("!I", number))


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
