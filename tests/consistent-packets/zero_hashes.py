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
import ipaddress
import subprocess

from frames import Connection
from portable_hash import TCP, ip_seed
from slot_table import output
from switch import Failure

N_ENDS = 1 << 17

# A basis, and the portable hash of which it makes a dp_hash of 0.  Found by
# trying all of them.
BASIS, HASH = 340947614, 1798113334


def ends(rng, network):
    """Random ends of connections, sorted by their share in the portable hash,
    which is the sum of two of them."""
    result = []
    for i in range(N_ENDS):
        address = "10.%d.%d.%d" % (network, rng.randrange(64),
                                   rng.randrange(1, 255))
        port = rng.randrange(1, 65536)
        seed = ip_seed(ipaddress.ip_address(address).packed, TCP << 16 | port)
        result.append((output(seed, 0), address, port))
    return sorted(result)


def portable(rng, number):
    """A connection, and a basis with which its dp_hash is 0: the upper half of
    the sum of both ends is HASH."""
    for try_ in range(20):
        clients, servers = ends(rng, 0), ends(rng, 1)
        for share, address, port in servers:
            need = ((HASH << 32) - share) % 2**64
            i = bisect.bisect_left(clients, (need,))
            if i < len(clients) and clients[i][0] - need < 2**32:
                return Connection(number, 4, "tcp", *clients[i][1:], address,
                                  port), BASIS
    raise Failure("no connection has a portable hash that gives 0")


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
