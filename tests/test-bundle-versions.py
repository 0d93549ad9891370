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
"""Sends bundles whose group modifications become visible one after the other,
because there are port modifications, which change nothing, between them.
ovs-ofctl has no syntax for these.

    test-bundle-versions.py PORT ADDRESS ID...

Inserts the buckets ID... into group 1 of bridge br0 in one bundle, with a
modification of PORT, which must have the Ethernet ADDRESS, between each two,
and prints the errors.
"""

import struct
import sys

from group_errors import COMMIT, OPEN, Controller
from malformed_groups import INSERT, LAST, bucket, group_mod, message


def port_mod(port, address):
    return message(5, 16, struct.pack("!I4x6s2xII", port,
                                      bytes.fromhex(address.replace(":", "")),
                                      0, 0))


def main(port, address, *ids):
    controller = Controller(5)

    def request(type):
        return controller.bundle_message(0, struct.pack("!IHH", 1, type, 2))

    def add(contained):
        return controller.bundle_message(
            1, struct.pack("!IxxH", 1, 2) + contained)

    messages = [add(group_mod(5, INSERT, id=1, where=LAST,
                              buckets=bucket(5, int(id)))) for id in ids]
    between = add(port_mod(int(port), address))
    for error in controller.errors(request(OPEN) + between.join(messages)
                                   + request(COMMIT)):
        print(error)


if __name__ == "__main__":
    main(*sys.argv[1:])
