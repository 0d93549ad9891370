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
"""A packet's path through OVN's logical tables, to a load balancer without
state on gateways."""

import svg

LEFT, RIGHT, WIDTH = 24, 396, 340


def stage(p, left, top, table, *lines, **look):
    p.box(left, top, WIDTH, 24 + svg.LINE_HEIGHT * len(lines),
          (table, "bold"), *lines, **look)


def draw():
    p = svg.Picture(760, 396, "A packet's path through logical tables")
    p.box(10, 10, 366, 376, kind="lane", edge=None)
    p.text(24, 28, "Logical router, on a gateway", "bold")
    p.box(382, 10, 368, 376, kind="lane", edge=None)
    p.text(396, 28, "Logical switch, on the backend's chassis", "bold")

    stage(p, LEFT, 56, "lr_in_ip_routing",
          ("ip4.dst == 30.0.0.1 && tcp.dst == 80", "code"),
          ("select(values=(...), ids=(...))", "code"), edge="blue")
    stage(p, LEFT, 156, "lr_in_ip_routing_ecmp", "the VM is the next hop",
          edge="blue")
    p.line((LEFT + 170, 114), (LEFT + 170, 156), kind="blue", head=True)
    p.line((LEFT + WIDTH, 177), (RIGHT, 93), kind="blue", head=True)

    stage(p, RIGHT, 56, "ls_out_pre_lb",
          "in the conntrack zone of the VM's port",
          ("ct_lb_mark", "code"), kind="state")
    stage(p, RIGHT, 156, "ls_out_pre_stateful, if the VIP is still there",
          ("SYN, or handed on: ct_lb_mark(backends=VM)", "code"),
          kind="state")
    p.line((RIGHT + 120, 115), (RIGHT + 120, 156), kind="blue", head=True)
    p.text(RIGHT + 112, 134, "not known", "small soft", "end")

    stage(p, RIGHT, 330, "ls_out_acl_*, output",
          ("ip4.dst == 10.0.0.2 && tcp.dst == 8080", "code"), kind="state")
    p.line((RIGHT + 120, 197), (RIGHT + 120, 330), kind="blue", head=True)
    p.line((RIGHT + WIDTH, 85), (744, 85), (744, 350), (RIGHT + WIDTH, 350),
           kind="green", head=True)
    p.text(RIGHT + WIDTH - 8, 134, "known: translated", "small green", "end")

    stage(p, LEFT, 246, "lr_in_ip_routing, here",
          ("eth.src == 06:73:65:63:6f:6e && ...", "code"),
          ("select(...), the second choice", "code"), edge="orange")
    p.line((RIGHT + 60, 197), (RIGHT + 60, 275), (LEFT + WIDTH, 275),
           kind="orange", head=True)
    p.text(RIGHT + 52, 232, "no SYN", "small orange", "end")
    p.line((LEFT + 170, 305), (LEFT + 170, 334), kind="orange", head=True)
    p.text(LEFT + 170, 348, "to the chassis of the second choice",
           "small orange", "middle")
    return p
