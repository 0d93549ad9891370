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
"""A model of the ids of groups and buckets, written from the comment in
lib/bucket-id.c, not from the code, which is tested against it.

    bucket_id.py NAME                      prints the id of NAME
    bucket_id.py [ADDRESS PORT LPORT]...   prints the ids of a group's buckets
    bucket_id.py random SEED N             prints N buckets

"-" as LPORT is none.
"""

import ipaddress
import random
import sys

MASK64 = 2**64 - 1


def identity(address, port, lport):
    """The bytes of which the id is a hash."""
    ip = ipaddress.ip_address(address)
    mapped = bytes(10) + b"\xff\xff" if ip.version == 4 else b""
    name = "" if lport == "-" else lport
    return mapped + ip.packed + int(port).to_bytes(2, "big") + name.encode()


def id_of(data):
    x = 0xcbf29ce484222325
    for byte in data:
        x = (x ^ byte) * 0x100000001b3 & MASK64
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & MASK64
    x = (x ^ x >> 27) * 0x94d049bb133111eb & MASK64
    x ^= x >> 31
    return (x >> 32) * (2**31 - 2**16) >> 32


def bucket_ids(identities):
    """The ids of 'identities', all different, in their order."""
    ids = {}
    for i, data in sorted((id_of(data), data) for data in identities):
        while i in ids.values():
            i += 1
        ids[data] = i
    return [ids[data] for data in identities]


def random_bucket(rng):
    """A bucket as text.  Names have bytes that are negative as "signed
    char"."""
    version = rng.choice([ipaddress.IPv4Address, ipaddress.IPv6Address])
    address = version(rng.getrandbits(version(0).max_prefixlen))
    name = "".join(rng.choices("az09_\u00e9\u20ac", k=rng.randint(1, 9)))
    return "%s %d %s" % (address, rng.getrandbits(16),
                         rng.choice(["-", name]))


def main(argv):
    if argv[1:2] == ["random"] and len(argv) == 4:
        rng = random.Random(int(argv[2]))
        for i in range(int(argv[3])):
            print(random_bucket(rng))
    elif len(argv) == 2:
        print(id_of(argv[1].encode()))
    elif len(argv) % 3 == 1:
        for i in bucket_ids([identity(*argv[i:i + 3])
                             for i in range(1, len(argv), 3)]):
            print(i)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
