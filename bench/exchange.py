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
"""Opens TCP connections to servers of "ovstest test-tcp-echo", and keeps them.

    exchange.py ADDR PORT CONNECTIONS

For each line "N TIMES" of its input it exchanges lines on the first N
connections, TIMES on each, the next one as soon as there is an answer, and
prints how many seconds that took, and the names in the last answers.
"""

import select
import socket
import sys
import time

WAIT = 20000                    # Milliseconds, for an answer.


def exchange(sockets, times):
    names = {}
    left = dict.fromkeys(sockets, times)
    poll = select.poll()
    for s in sockets.values():
        poll.register(s, select.POLLIN)
        s.send(b"?\n")
    while left:
        for fd, _ in poll.poll(WAIT) or sys.exit("no answer"):
            answer = sockets[fd].recv(100)
            if not answer.endswith(b"\n"):
                sys.exit("a connection broke")
            names[fd] = answer.decode().strip()
            left[fd] -= 1
            if left[fd]:
                sockets[fd].send(b"?\n")
            else:
                poll.unregister(fd)
                del left[fd]
    return sorted(set(names.values()))


def main(argv):
    address = argv[1], int(argv[2])
    sockets = {}
    for _ in range(int(argv[3])):
        s = socket.create_connection(address)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[s.fileno()] = s
    for line in sys.stdin:
        n, times = map(int, line.split())
        start = time.monotonic()
        names = exchange(dict(list(sockets.items())[:n]), times)
        print("%.6f" % (time.monotonic() - start), *names, flush=True)


if __name__ == "__main__":
    main(sys.argv)
