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

"""Usage: capture.py LISTEN SWITCH DIR

Passes OpenFlow connections from the Unix socket LISTEN on to the Unix socket
SWITCH, and writes each message of either side that may carry groups to a file
in DIR that is named after its contents.
"""

import hashlib
import os
import select
import socket
import struct
import sys
import threading

# Message types: vendor, group mod, stats reply of OpenFlow 1.0 and of later
# ones, requestforward, bundle add.
TYPES = (4, 15, 17, 19, 32, 34)


def save(stream, directory):
    """Writes the messages in 'stream', and returns what is left of it."""
    while len(stream) >= 8:
        type_, length = struct.unpack("!xBH", stream[:4])
        message, rest = stream[:length], stream[length:]
        if len(message) < length:
            break
        if type_ in TYPES:
            name = hashlib.sha1(message).hexdigest()
            with open(os.path.join(directory, name), "wb") as file:
                file.write(message)
        stream = rest
    return stream


def relay(client, switch, directory):
    """Copies what comes from each side to the other."""
    peers = {client: switch, switch: client}
    streams = {client: b"", switch: b""}
    while True:
        for side in select.select(list(peers), [], [])[0]:
            data = side.recv(65536)
            if not data:
                client.close()
                switch.close()
                return
            peers[side].sendall(data)
            streams[side] = save(streams[side] + data, directory)


def main(listen, switch, directory):
    server = socket.socket(socket.AF_UNIX)
    server.bind(listen)
    server.listen()
    while True:
        client = server.accept()[0]
        remote = socket.socket(socket.AF_UNIX)
        remote.connect(switch)
        threading.Thread(target=relay, args=(client, remote, directory),
                         daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
