#!/usr/bin/env python3
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

"""Connections that know who answers.

A server answers its name to all that it receives, to a datagram with one that
is as large.  A client opens connections from consecutive local ports, and
tells for each of them who answers.  Who is in the background writes its pid to
NAME.pid or SOCKET.pid.
"""

import argparse
import errno
import os
import selectors
import socket
import struct
import sys

TYPES = {"tcp": (socket.SOCK_STREAM, socket.IPPROTO_TCP),
         "udp": (socket.SOCK_DGRAM, socket.IPPROTO_UDP),
         "sctp": (socket.SOCK_STREAM, socket.IPPROTO_SCTP)}


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def detach(pidfile):
    """Goes on in the background."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        with open(pidfile, "w") as f:
            print(pid, file=f)
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)


class Server:
    """Answers 'name' at all addresses, on 'ports' of TCP and UDP, and of SCTP
    if the kernel has it."""

    def __init__(self, name, ports):
        self.name = name.encode()
        self.selector = selectors.DefaultSelector()
        for port in ports:
            self.bind("udp", port, self.answer_datagram)
            self.bind("tcp", port, self.accept).listen(1024)
            try:
                self.bind("sctp", port, self.accept).listen(1024)
            except OSError as e:
                if e.errno != errno.EPROTONOSUPPORT:
                    raise

    def bind(self, protocol, port, function):
        s = socket.socket(socket.AF_INET6, *TYPES[protocol])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", port))
        self.selector.register(s, selectors.EVENT_READ, function)
        return s

    def answer_datagram(self, s):
        data, client = s.recvfrom(65535)
        s.sendto(self.name.ljust(len(data)), client)

    def accept(self, s):
        self.selector.register(s.accept()[0], selectors.EVENT_READ,
                               self.answer)

    def answer(self, s):
        try:
            if s.recv(100):
                s.send(self.name)
                return
        except OSError:
            pass
        self.selector.unregister(s)
        s.close()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                key.data(key.fileobj)


class Connections:
    """Connections from 'n' ports, from 'first' on, of all 'sources'."""

    def __init__(self, protocol, sources, first, n, address, port, timeout,
                 size):
        self.sockets = {}
        self.timeout = timeout
        self.question = b"who?".ljust(size)
        for source in sources.split(","):
            for local in range(first, first + n):
                s = self.connect(protocol, (source, local), (address, port))
                self.sockets[s] = "%s:%d" % (source, local)

    def connect(self, protocol, local, remote):
        s = socket.socket(family(remote[0]), *TYPES[protocol])
        if protocol != "udp":
            # To close is to reset, so that the port is free at once.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(local)
        s.setblocking(False)
        s.connect_ex(remote)
        return s

    def ask(self):
        """Returns a line for each connection: its source, and who answers,
        "broken" if the connection is, or "silent".  The answer to a datagram
        that is not as large is "short"."""
        answers = {s: "silent" for s in self.sockets}
        selector = selectors.DefaultSelector()
        for s in self.sockets:
            selector.register(s, selectors.EVENT_WRITE)
        while selector.get_map():
            ready = selector.select(self.timeout)
            if not ready:
                break
            for key, event in ready:
                s = key.fileobj
                try:
                    if event == selectors.EVENT_WRITE:
                        s.send(self.question)
                        selector.modify(s, selectors.EVENT_READ)
                        continue
                    answers[s] = self.who(s, s.recv(65535))
                except OSError:
                    answers[s] = "broken"
                selector.unregister(s)
        return "".join("%s %s\n" % (source, answers[s])
                       for s, source in self.sockets.items())

    def who(self, s, answer):
        if s.type == socket.SOCK_DGRAM and len(answer) < len(self.question):
            return "short"
        return answer.decode().strip() or "broken"

    def keep(self, path):
        """Asks whenever somebody connects to Unix socket 'path', in the
        background."""
        control = socket.socket(socket.AF_UNIX)
        control.bind(path)
        control.listen()
        detach(path + ".pid")
        while True:
            with control.accept()[0] as s:
                s.sendall(self.ask().encode())


def ask(path, timeout):
    """Returns what the process that keeps connections says."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(3 * timeout)
        s.connect(path)
        return b"".join(iter(lambda: s.recv(65536), b"")).decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--timeout", type=float, default=20,
                        help="seconds without any answer")
    parser.add_argument("--size", type=int, default=0,
                        help="bytes of a datagram, at least 4")
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser(
        "serve", help="be the server NAME, in the background")
    command.add_argument("name")
    command.add_argument("ports", nargs="+", type=int)

    command = commands.add_parser(
        "try", help="open connections, ask and close them")
    keep = commands.add_parser(
        "keep", help="keep connections open, in the background")
    keep.add_argument("socket")
    for command in command, keep:
        command.add_argument("protocol", choices=TYPES)
        command.add_argument("sources", help="addresses, with commas")
        command.add_argument("first", type=int)
        command.add_argument("n", type=int)
        command.add_argument("address")
        command.add_argument("port", type=int)

    command = commands.add_parser("ask", help="ask connections that are kept")
    command.add_argument("socket")

    args = parser.parse_args()
    if args.command == "serve":
        server = Server(args.name, args.ports)
        detach(args.name + ".pid")
        server.run()
    elif args.command == "ask":
        sys.stdout.write(ask(args.socket, args.timeout))
    else:
        connections = Connections(args.protocol, args.sources, args.first,
                                  args.n, args.address, args.port,
                                  args.timeout, args.size)
        sys.stdout.write(connections.ask())
        if args.command == "keep":
            connections.keep(args.socket)


if __name__ == "__main__":
    main()
