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
"""How packets get into the switch and out of it."""

import json
import select
import socket
import struct
import time

from frames import Output
from switch import LAB_DIR, Failure

# The daemon answers up to this many requests in a turn of its main loop, and
# takes a packet from each dummy device.
REQUESTS_A_TURN = 10

# What is appended to the name of a veth device for its other end.
PEER = "-x"
ETH_P_ALL = 3
# How many seconds a packet may take through the system.
TIMEOUT = 10


class Control:
    """The control socket of a daemon, for many requests at once: see switch.py
    for one."""
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.decoder = json.JSONDecoder()
        self.buffer = ""
        self.number = 0

    def __call__(self, *requests):
        """Sends 'requests', each a command and its arguments.  Returns the
        replies."""
        text = ""
        for method, *params in requests:
            self.number += 1
            text += json.dumps({"id": self.number, "method": method,
                                "params": params})
        self.socket.sendall(text.encode())
        return [self.reply(request) for request in requests]

    def reply(self, request):
        while True:
            try:
                reply, end = self.decoder.raw_decode(self.buffer)
                break
            except ValueError:
                data = self.socket.recv(1 << 20)
                if not data:
                    raise Failure("the switch is gone")
                self.buffer += data.decode()
        self.buffer = self.buffer[end:].lstrip()
        if reply["error"]:
            raise Failure("%s: %s" % (" ".join(request), reply["error"]))
        return reply["result"]


class Capture:
    """A pcap file that grows."""
    def __init__(self, port, path):
        self.port = port
        self.file = open(path, "rb")
        self.buffer = b""
        self.started = False

    def read(self):
        data = self.file.read()
        if not data and not self.buffer:
            return
        self.buffer += data
        if not self.started:
            if len(self.buffer) < 24:
                return
            self.started = True
            self.buffer = self.buffer[24:]
        start = 0
        while len(self.buffer) >= start + 16:
            length, = struct.unpack("=I", self.buffer[start + 8:start + 12])
            if len(self.buffer) < start + 16 + length:
                break
            yield Output(self.port,
                         self.buffer[start + 16:start + 16 + length])
            start += 16 + length
        self.buffer = self.buffer[start:]


class DummyPorts:
    """Dummy devices, which a control socket feeds, and which write what they
    send to files."""
    def __init__(self, control, names):
        self.control = control
        self.captures = [Capture(name, "%s/%s.pcap" % (LAB_DIR, name))
                         for name in names]

    def send(self, packets, n_outputs, *before):
        """Executes the commands 'before', sends 'packets', each a port and a
        frame, and returns what comes out, once the switch is done with them.
        That should be 'n_outputs' frames."""
        self.control(*before,
                     *(("netdev-dummy/receive", port, frame.hex())
                       for port, frame in packets),
                     *[("version",)] * (len(packets) * REQUESTS_A_TURN + 1))
        return [output for capture in self.captures
                for output in capture.read() if output.number >= 0]


class VethPorts:
    """Veth devices."""
    def __init__(self, control, names):
        self.control = control
        self.names = {name + PEER: name for name in names}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                    socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)

    def send(self, packets, n_outputs, *before):
        """See above.  Nobody can know when the switch is done, so it has
        'n_outputs' frames to send, or no more after some time."""
        if before:
            self.control(*before)
        for port, frame in packets:
            self.socket.sendto(frame, (port + PEER, 0))
        outputs = []
        deadline = time.time() + TIMEOUT
        while len(outputs) < n_outputs and time.time() < deadline:
            if select.select([self.socket], [], [], .1)[0]:
                frame, (device, _, kind, *_) = self.socket.recvfrom(2048)
                if kind != socket.PACKET_OUTGOING and device in self.names:
                    output = Output(self.names[device], frame)
                    if output.number >= 0:
                        outputs.append(output)
        return outputs
