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
"""Sends frames that differ just where a test of hashes wants them to.

    hash_frames.py DEVICE ETH_DST FRAME...

A FRAME is PROTOCOL/SOURCE/PORT/DESTINATION/PORT[/OPTION]..., where PROTOCOL is
tcp, udp or sctp, the addresses are IPv4 or IPv6, and an OPTION is

    label-N     the IPv6 flow label
    first, middle, last
                just this fragment of three, of a larger packet

Frames go to DEVICE as they are, without a socket that would give them a hash
of its own.  The first has a TTL of 1, the next of 2, and so on, to tell them
apart.  Checksums are not right: nothing that hashes looks at them."""

import socket
import struct
import sys

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
FRAGMENT_SIZE = 64
IPV6_FRAGMENT = 44


def l4_bytes(protocol, src_port, dst_port, data):
    """A packet's part after the IP header, as long as three fragments."""
    header = struct.pack("!HH", src_port, dst_port)
    size = 3 * FRAGMENT_SIZE
    if protocol == "tcp":
        header += struct.pack("!IIBBHHH", 1, 0, 0x50, 2, 1000, 0, 0)
    elif protocol == "udp":
        header += struct.pack("!HH", size, 0)
    else:
        header += struct.pack("!II", 1, 0)
    header += data
    return header + bytes(size - len(header))


def frame(eth_dst, ttl, text, data=b""):
    """The FRAME 'text', with 'data' after the transport header."""
    protocol, src, src_port, dst, dst_port, *options = text.split("/")
    payload = l4_bytes(protocol, int(src_port), int(dst_port), data)
    proto = PROTOCOLS[protocol]
    label = 0
    fragment = None             # Offset in octets, and "more fragments".
    for option in options:
        if option.startswith("label-"):
            label = int(option[6:], 0)
        else:
            n = ("first", "middle", "last").index(option)
            fragment = n * FRAGMENT_SIZE, n < 2
            payload = payload[fragment[0]:][:FRAGMENT_SIZE]

    if ":" in src:
        if fragment:
            payload = struct.pack("!BBHI", proto, 0, fragment[0] | fragment[1],
                                  1) + payload
            proto = IPV6_FRAGMENT
        eth_type = 0x86dd
        ip = (struct.pack("!IHBB", 6 << 28 | label, len(payload), proto, ttl)
              + socket.inet_pton(socket.AF_INET6, src)
              + socket.inet_pton(socket.AF_INET6, dst))
    else:
        eth_type = 0x0800
        flags = fragment[0] // 8 | fragment[1] << 13 if fragment else 0
        ip = (struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, flags,
                          ttl, proto, 0)
              + socket.inet_aton(src) + socket.inet_aton(dst))
    return (bytes.fromhex(eth_dst.replace(":", "") + "020000000001")
            + struct.pack("!H", eth_type) + ip + payload)


if __name__ == "__main__":
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((sys.argv[1], 0))
        for ttl, arg in enumerate(sys.argv[3:], start=1):
            s.send(frame(sys.argv[2], ttl, arg))
