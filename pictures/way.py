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
"""A packet's way through the datapath, to the bucket that owns its slot."""

import slot_table
import svg

# The example of Documentation/topics/consistent-dp-hash.rst.
DP_HASH = 0x4db1f955
BUCKETS = [3, 4, 5]
BITS = 10


def draw():
    slot = DP_HASH % 2**BITS
    weights = dict.fromkeys(BUCKETS, 1)
    owner = {s: slot_table.owners(0, BITS, 0, weights, s)[s]
             for s in range(slot - 3, slot + 4)}

    p = svg.Picture(760, 420, "A packet's way")
    p.box(10, 10, 740, 232, kind="lane", edge=None)
    p.text(22, 28, "Datapath: each packet", "bold")
    p.box(10, 252, 740, 158, kind="lane", edge=None)
    p.text(22, 270, "ovs-vswitchd: first packet of a slot", "bold")

    p.box(22, 56, 104, 60, ("packet", "bold"), "from port 1")
    p.box(166, 46, 262, 80, ("datapath flow for all connections", "bold"),
          ("in_port(1),ip", "code"),
          ("hash(portable(0)),recirc(0x1)", "code"))
    p.box(498, 46, 240, 80, ("hash of addresses and ports", "bold"),
          ("dp_hash=%#x" % DP_HASH, "code"),
          ("%#x & %d = %d" % (DP_HASH, 2**BITS - 1, slot), "code"))
    p.line((126, 86), (166, 86), head=True)
    p.line((428, 86), (498, 86), head=True)
    p.line((618, 126), (618, 158), head=True)
    p.text(630, 141, "recirculation", "small soft")

    p.box(458, 158, 280, 72, ("datapath flow for slot %d" % slot, "bold"),
          ("recirc_id(0x1),dp_hash(%#x/%#x)" % (slot, 2**BITS - 1), "code"),
          ("output to port %d" % owner[slot], "code"))
    p.box(22, 164, 200, 60, ("bucket %d" % owner[slot], "bold"),
          "backend at port %d" % owner[slot])
    p.line((458, 194), (222, 194), head=True)
    p.text(340, 184, "there is one: its actions", "small soft", "middle")

    left, top, cell = 458, 332, 40
    for i, (s, b) in enumerate(owner.items()):
        p.text(left + cell * (i + .5), top - 12, str(s),
               "small bold" if s == slot else "small soft", "middle")
        p.box(left + cell * i, top, cell, 32,
              (str(b), "paper bold" if s == slot else ""),
              kind="blue" if s == slot else "box", round=0)
    p.text(left, top + 52, "slot table: who owns which slot")
    middle = left + cell * 3.5
    p.line((middle - 12, 230), (middle - 12, 308), kind="orange", head=True)
    p.text(middle - 22, 282, "there is none: upcall", "small orange", "end")
    p.line((middle + 12, 308), (middle + 12, 230), kind="orange", head=True)
    p.text(middle + 22, 282, "new flow", "small orange")
    for i, line in enumerate([
            "At most one upcall and one datapath flow for",
            "each of %d slots and each way to the group," % 2**BITS,
            "whatever the number of connections."]):
        p.text(22, 322 + 20 * i, line)
    return p
