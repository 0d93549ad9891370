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
"""Sends a packet of each of some connections to each of some services through
a dummy device: of TCP over IPv4, from a client and port of its own each.
Service n has the address 10.1.0.0 + n.

    send.py SOCKET SERVICES CONNECTIONS
"""

import socket
import struct
import sys

# The switch takes a packet of each in turn.  With more of them, its device
# drops some.
SOCKETS = 2


def packet(service, connection):
    return (bytes.fromhex("0200000000020200000000010800")
            + struct.pack("!BBHHHBBHII", 0x45, 0, 40, 0, 0, 64, 6, 0,
                          0x0a800000 + service * 37 + connection // 8,
                          0x0a010000 + service)
            + struct.pack("!HHIIBBHHH", 32768 + connection % 8 * 101, 80,
                          0, 0, 0x50, 0x10, 1024, 0, 0))


def main(argv):
    path, services, connections = argv[1], int(argv[2]), int(argv[3])
    sockets = []
    for i in range(SOCKETS):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        sockets.append(s)
    n = 0
    for connection in range(connections):
        for service in range(services):
            p = packet(service, connection)
            sockets[n % SOCKETS].sendall(struct.pack("!H", len(p)) + p)
            n += 1


if __name__ == "__main__":
    main(sys.argv)
