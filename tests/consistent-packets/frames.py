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
"""The connections whose packets go through a pipeline, and their frames.

A frame carries, where the hashes do not look, the number of its connection in
the last octets of eth_dst, and in eth_src, which begins with 02:00, a hex
digit for each group: the bucket that the group picked."""

import ipaddress
import struct

from hash_frames import IPV6_FRAGMENT, frame as ip_frame

ETH_DST = bytes.fromhex("02005e00")
ETH_SRC = bytes.fromhex("020000000000")
N_MARKS = 8

# The group on the bridge below the tunnels, of whose ports each of its buckets
# takes one.
TUNNEL_GROUP = 50

ICMP, ICMPV6 = 1, 58


def icmp_frame(eth_dst, version, src, dst, number):
    """An echo request."""
    proto, kind = (ICMP, 8) if version == 4 else (ICMPV6, 128)
    # Borrow the headers of a UDP datagram.
    frame = bytearray(ip_frame(eth_dst, 64, "udp/%s/0/%s/0" % (src, dst)))
    frame[23 if version == 4 else 20] = proto
    start = 34 if version == 4 else 54
    frame[start:start + 8] = struct.pack("!BBHHH", kind, 0, 0, number, 1)
    return bytes(frame)


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def flow_text(version, proto, src, src_port, dst, dst_port, fragment, eth_dst):
    """What ofproto/trace calls such a packet."""
    later = fragment in ("middle", "last")
    ipv6 = "6" if version == 6 else ""
    if later and version == 6:
        result = "ipv6,nw_proto=%d" % IPV6_FRAGMENT
    else:
        result = proto + ipv6
    result += ",dl_src=%s,dl_dst=%s,%s_src=%s,%s_dst=%s,nw_ttl=64" % (
        ETH_SRC.hex(":"), bytes.fromhex(eth_dst).hex(":"),
        *(("ipv6", src) if version == 6 else ("nw", src)),
        *(("ipv6", dst) if version == 6 else ("nw", dst)))
    if fragment:
        result += ",nw_frag=" + ("later" if later else "first")
    if proto == "icmp":
        result += ",icmp%s_type=%d" % (("v6", 128) if version == 6
                                       else ("", 8))
    elif not later:
        result += ",%s_src=%d,%s_dst=%d" % (proto, src_port, proto, dst_port)
    if proto == "tcp" and not later:
        result += ",tcp_flags=syn"
    return result


class Connection:
    """A connection, or just the first, middle or last fragments of one."""
    def __init__(self, number, version, proto, src, src_port, dst, dst_port,
                 fragment=None):
        self.number = number
        self.version = version
        # What flows match.
        self.proto = "fragment" if version == 6 and fragment in (
            "middle", "last") else proto
        self.text = "%s/%s/%d/%s/%d" % (proto, src, src_port, dst, dst_port)
        if fragment:
            self.text += "/" + fragment
        eth_dst = (ETH_DST + struct.pack("!H", number)).hex()
        self.flow = flow_text(version, proto, src, src_port, dst, dst_port,
                              fragment, eth_dst)
        if proto == "icmp":
            frame = icmp_frame(eth_dst, version, src, dst, src_port)
        else:
            frame = ip_frame(eth_dst, 64, self.text)
        frame = bytearray(frame)
        frame[6:12] = ETH_SRC
        if version == 4:
            frame[24:26] = struct.pack("!H", checksum(bytes(frame[14:34])))
        self.frame = bytes(frame)

    def __str__(self):
        return "connection %d, %s" % (self.number, self.text)


def random_address(rng, version, network):
    """One of some addresses."""
    if version == 4:
        return str(ipaddress.IPv4Address((10 << 24) + (network << 16)
                                         + rng.randrange(1, 64)))
    return str(ipaddress.IPv6Address((0xfd00 << 112) + (network << 64)
                                     + rng.randrange(1, 64)))


def random_connection(rng, number, fragments):
    version = rng.choice((4, 4, 6))
    proto = rng.choice(("tcp", "tcp", "udp", "udp", "icmp"))
    fragment = None
    if fragments and proto != "icmp" and rng.random() < .1:
        fragment = rng.choice(("first", "middle", "last"))
    return Connection(number, version, proto,
                      random_address(rng, version, 0), rng.randrange(1, 65536),
                      random_address(rng, version, 1), rng.choice((53, 80)),
                      fragment)


class Output:
    """A frame that came out of 'port'."""
    def __init__(self, port, frame):
        self.port = port
        self.frame = frame
        # Behind what headers a tunnel has added.
        start = frame.rfind(ETH_DST)
        self.number = -1
        self.marks = ()
        if start >= 0 and len(frame) >= start + 12:
            self.number, = struct.unpack("!H", frame[start + 4:start + 6])
            digits = frame[start + 6:start + 12].hex()
            if digits.startswith("0200"):
                self.marks = tuple(int(digit, 16) for digit in digits[4:])

    def key(self):
        return self.port, self.frame

    @property
    def end(self):
        """The port, or what some of them are together."""
        return "bond" if self.port.startswith("bond") \
            else "under" if self.port.startswith("under") else self.port

    def buckets(self):
        """Pairs of group and bucket."""
        result = {(group, bucket)
                  for group, bucket in enumerate(self.marks, start=1)
                  if bucket}
        if self.end == "under":
            result.add((TUNNEL_GROUP, int(self.port[5:])))
        return result

    def __str__(self):
        return "%s %s" % (self.port, self.frame.hex())
