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
"""Searches for connections and bases with which the userspace datapath's hash
would be 0, if it did not guard against that.  Chance never finds one."""

import bisect
import subprocess

from frames import Connection
from slot_table import output
from switch import Failure
from symmetric_hash import end_seed

N_ENDS = 1 << 17
TCP_TYPE = 0x0800, 6


def ends(rng, basis, network):
    """Random ends of connections, sorted by their share in the symmetric hash,
    which is the sum of two of them."""
    result = []
    for i in range(N_ENDS):
        address = "10.%d.%d.%d" % (network, rng.randrange(64),
                                   rng.randrange(1, 255))
        port = rng.randrange(1, 65536)
        seed = end_seed({"nw_src": address, "tcp_src": str(port)}, *TCP_TYPE,
                        "src")
        result.append((output(seed, basis), address, port))
    return sorted(result)


def symmetric(rng, number):
    """A connection, and a basis with which its symmetric hash is 0: of the sum
    of both ends, the upper half of 64 bits."""
    for try_ in range(20):
        basis = rng.getrandbits(32)
        clients, servers = ends(rng, basis, 0), ends(rng, basis, 1)
        for share, address, port in servers:
            need = -share % 2**64
            i = bisect.bisect_left(clients, (need,))
            if i < len(clients) and clients[i][0] - need < 2**32:
                return Connection(number, 4, "tcp", *clients[i][1:], address,
                                  port), basis
    raise Failure("no connection has a symmetric hash of 0")


def l4(candidates):
    """One of the connections 'candidates', and the basis with which its
    5-tuple hash is 0.  Two thirds of all have one."""
    for candidate in candidates:
        found = subprocess.run(
            ["ovstest", "test-dp-hash", candidate.frame.hex()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if not found.returncode:
            return candidate, int(found.stdout)
    raise Failure("no connection has a 5-tuple hash of 0")
