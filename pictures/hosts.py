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
"""The hosts of each recipe in tutorial/, and the ways of packets."""

import svg

# A site is
#
# - hosts: a column, or the first and last one of a wide host, a row, and what
#   the host is: an Open vSwitch, whether it tracks connections, and what is
#   written under its name.
# - guests: hosts that are on another one.
# - networks: first and last column, and a row.
# - links, from a host to a network or another host.
# - ways: a color, what goes there, and the hosts and networks that it passes.
HOST = (False, False, "")
GATEWAY = (True, False, "gateway")
INGRESS = (True, False, "ingress")
NODE = (True, False, "")
TRACKING_NODE = (True, True, "conntrack")
FIREWALL = (False, True, "conntrack")
OUTSIDE = {"client": (0, 0, HOST), "router": (1.3, 0, HOST)}


def site(gateways, nodes, guests, ways):
    """What tutorial/lab/site.sh builds."""
    switches = gateways | nodes
    return dict(
        hosts=OUTSIDE | switches,
        guests=guests,
        networks={"outside": (-.5, 6.1, 1), "inside": (-.5, 6.1, 3.65)},
        links=["client router", "router outside"] + [
            "%s %s" % (switch, network)
            for switch in switches for network in ("outside", "inside")],
        ways=ways)


def nodes(kind):
    return {"n%d" % n: (1.85 + 1.25 * n, 2.35, kind) for n in (1, 2, 3)}


GWA = {"gwa": (.3, 2.35, GATEWAY)}
GWB = {"gwb": (1.5, 2.35, GATEWAY)}
BACKENDS = {"n1": ["b1", "b4"], "n2": ["b2", "b5"], "n3": ["b3", "b6"]}
VIA_GWA = "client router outside gwa inside "
TO_CLIENT = " outside router client"

SITES = {
    "stateless-gateway": site(GWA | GWB, nodes(TRACKING_NODE), BACKENDS, [
        ("blue", "a question", VIA_GWA + "b6"),
        ("purple", "the next one, through another gateway",
         "client router outside gwb inside b6"),
        ("green", "an answer, here past the gateways", "b6" + TO_CLIENT)]),

    "second-chance": site(GWA | GWB, nodes(TRACKING_NODE), BACKENDS, [
        ("blue", "a question goes to its first choice, on n1", VIA_GWA + "n1"),
        ("orange", "n1 does not know it: to its second choice, b5",
         "n1 inside b5"),
        ("green", "an answer", "b5" + TO_CLIENT)]),

    "dsr": site({"gwa": (.9, 2.35, INGRESS)}, nodes(NODE), BACKENDS, [
        ("blue", "a question", VIA_GWA + "b5"),
        ("green", "an answer, past the ingress node", "b5" + TO_CLIENT)]),

    "sticky": site(
        GWA, {"n1": (2.8, 2.35, TRACKING_NODE),
              "n2": (5.1, 2.35, TRACKING_NODE)},
        {"n1": ["pod1", "pod4"], "n2": ["pod2", "pod3"]}, [
            ("blue", "a question goes to the node of the newest pod, 4",
             VIA_GWA + "n1"),
            ("orange", "n1 does not know it: to the older pod that has it",
             "n1 inside pod3"),
            ("green", "an answer", "pod3" + TO_CLIENT)]),

    "jet": dict(
        hosts=OUTSIDE
        | {"lb": ((-.6, 6.6), 1.5, (True, True, "load balancer"))}
        | {"b%d" % n: (-1.14 + n * .92, 3.1, HOST) for n in range(1, 7)}
        | {"b%d" % n: (-1.14 + n * .92, 3.1, (False, False, "horizon"))
           for n in (7, 8)},
        guests={},
        networks={},
        links=["client router", "router lb"]
        + ["lb b%d" % n for n in range(1, 9)],
        ways=[
            ("blue", "of a slot that no addition moves: to b2, not tracked",
             "client router lb b2"),
            ("orange", "of a slot that b7 would take: to b5, tracked",
             "client router lb b5")]),

    "health": dict(
        hosts={"client": (1.5, 0, HOST), "checker": (4.5, 0, HOST),
               "gw": ((-.6, 6.6), 1.5, (True, False, "its group is kept by "
                                        "what the checker finds"))}
        | {"b%d" % n: (-.5 + n, 3.1, HOST) for n in range(1, 7)},
        guests={},
        networks={},
        links=["client gw", "checker gw"] + ["gw b%d" % n
                                             for n in range(1, 7)],
        ways=[("blue", "a question to the service", "client gw b2"),
              ("orange", "a probe of one backend", "checker gw b5"),
              ("green", "an answer", "b2 gw client")]),

    "transition": dict(
        hosts=OUTSIDE
        | {"gwa": (1.6, 2.25, (True, True, "active")),
           "gwb": (4, 2.25, (True, True, "stands by"))}
        | {"b%d" % n: (-1.04 + n * .92, 4.75, HOST) for n in range(1, 8)},
        guests={},
        networks={"outside": (-.5, 6.1, 1.1), "inside": (-.5, 6.1, 3.4)},
        links=["client router", "router outside"]
        + ["gw%s %s" % (gateway, network) for gateway in "ab"
           for network in ("outside", "inside")]
        + ["b%d inside" % n for n in range(1, 8)],
        ways=[
            ("blue", "of a slot that b7 takes over, older than the change: b5",
             "client router outside gwa inside b5"),
            ("orange", "of such a slot, opened since: to b7, tracked",
             "client router outside gwa inside b7")]),

    "quic": dict(
        hosts={"c%d" % n: (-.875 + .97 * n, 0, HOST) for n in range(1, 9)}
        | {"gw": ((-.6, 7.6), 1.5, (True, False, "addresses and ports, "
                                    "but no connection ids"))}
        | {"b%d" % n: (-.0 + n, 3.1, HOST) for n in range(1, 7)},
        guests={},
        networks={},
        links=["c%d gw" % n for n in range(1, 9)] + ["gw b%d" % n
                                                     for n in range(1, 7)],
        ways=[("blue", "of a connection", "c4 gw b2"),
              ("orange", "of the same one, from another port", "c4 gw b5")]),

    "stateful-service": dict(
        hosts=OUTSIDE
        | {"gwa": (.7, 2, GATEWAY), "gwb": (1.9, 2, GATEWAY),
           "gwc": ((-.5, 6.1), 6, GATEWAY)}
        | {"fw%d" % n: (1.3 * n, 4, FIREWALL) for n in range(1, 5)}
        | {"s%d" % n: (-.8 + 1.2 * n, 7.25, HOST) for n in range(1, 6)},
        guests={},
        networks={"outside": (-.5, 6.1, 1), "left": (-.5, 6.1, 3),
                  "right": (-.5, 6.1, 5)},
        links=["client router", "router outside", "gwa outside", "gwa left",
               "gwb outside", "gwb left", "right gwc"]
        + ["fw%d %s" % (n, side) for n in range(1, 5)
           for side in ("left", "right")]
        + ["gwc s%d" % n for n in range(1, 6)],
        ways=[("blue", "a question",
               "client router outside gwa left fw2 right gwc s2"),
              ("green", "its answer: another gateway, the same firewall",
               "s2 gwc right fw2 left gwb outside router client")]),
}

# What ovn/demo/site.sh builds.
OVN = dict(
    hosts=OUTSIDE | GWA | GWB | {"n1": (3.3, 2.35, TRACKING_NODE),
                                 "n2": (5.2, 2.35, TRACKING_NODE)},
    guests={"n1": ["vm1", "vm3"], "n2": ["vm2", "vm4"]},
    networks={"outside": (-.5, 2.6, 1), "Geneve": (-.5, 6.1, 3.65)},
    links=["client router", "router outside"]
    + ["gw%s %s" % (gateway, network) for gateway in "ab"
       for network in ("outside", "Geneve")]
    + ["n%d Geneve" % node for node in (1, 2)],
    ways=[("blue", "a packet to the VIP: gwa selects a VM, n1 translates",
           "client router outside gwa Geneve n1"),
          ("orange", "of a connection that n1 does not know: handed on",
           "n1 Geneve vm4"),
          ("green", "an answer, through another gateway",
           "vm4 Geneve gwb outside router client")])

LEFT, TOP, COLUMN, ROW = 80, 36, 100, 62
WIDTH, HEIGHT = 76, 42
GUEST_WIDTH, GUEST_HEIGHT, GUEST_GAP, GUEST_ROOM = 44, 24, 6, 34
WIDE = 300
SPREAD = 8


class Place:
    """Where a host or network is, by its middle."""
    def __init__(self, x, y, width, height):
        self.x, self.y, self.width, self.height = x, y, width, height
        self.left, self.top = x - width / 2, y - height / 2


def find_places(site):
    def across(first, last, row, height):
        return Place(LEFT + COLUMN * (first + last) / 2, TOP + ROW * row,
                     COLUMN * (last - first), height)

    places = {}
    for name, (column, row, _) in site["hosts"].items():
        guests = site["guests"].get(name, [])
        step = GUEST_WIDTH + GUEST_GAP
        if isinstance(column, tuple):
            place = across(*column, row, HEIGHT)
        elif guests:
            place = Place(LEFT + COLUMN * column, TOP + ROW * row,
                          step * len(guests) + GUEST_GAP, HEIGHT + GUEST_ROOM)
        else:
            place = Place(LEFT + COLUMN * column, TOP + ROW * row, WIDTH,
                          HEIGHT)
        places[name] = place
        for i, guest in enumerate(guests):
            places[guest] = Place(
                place.x + step * (i - (len(guests) - 1) / 2),
                place.y + HEIGHT / 2, GUEST_WIDTH, GUEST_HEIGHT)
    for name, network in site["networks"].items():
        places[name] = across(*network, 0)
    return places


def route(stops, shift):
    """The points of a line through places, which it passes besides their
    middle.  It goes along a wide place."""
    def border(a, b):
        """Where the line from 'a' to 'b' leaves 'a'."""
        if a.y == b.y:
            return a.x + a.width / 2 * (1 if b.x > a.x else -1), a.y + shift
        return a.x + shift, a.y + a.height / 2 * (1 if b.y > a.y else -1)

    points = [border(stops[0], stops[1])]
    for before, place, after in zip(stops, stops[1:], stops[2:]):
        for x in ((before.x, after.x) if place.width > WIDE else (place.x,)):
            points.append((x + shift, place.y + shift))
    return points + [border(stops[-1], stops[-2])]


def draw_host(p, place, name, kind):
    switch, tracks, note = kind
    look = dict(kind="state" if tracks else "box",
                edge="blue" if switch else "line", thick=2 if switch else 1)
    lines = [(name, "bold")] + ([(note, "small soft")] if note else [])
    in_middle = place.width < WIDE and place.height == HEIGHT
    p.box(place.left, place.top, place.width, place.height,
          *(lines if in_middle else []), **look)
    if not in_middle:
        for i, (text, kind) in enumerate(lines):
            p.text(place.left + 8, place.top + 14 + svg.LINE_HEIGHT * i, text,
                   kind)


def draw_legend(p, site, top):
    for i, (color, what, _) in enumerate(site["ways"]):
        y = top + 22 * i
        p.line((30, y), (64, y), kind=color, head=True, width=2.5)
        p.text(74, y, what)
    p.box(574, top - 8, 28, 16, edge="blue", thick=2)
    p.text(612, top, "Open vSwitch")
    if any(tracks for _, _, (_, tracks, _) in site["hosts"].values()):
        p.box(574, top + 14, 28, 16, kind="state")
        p.text(612, top + 22, "tracks connections")


def draw(site, title):
    places = find_places(site)
    bottom = max(place.top + place.height for place in places.values())
    p = svg.Picture(760, round(bottom) + 30 + 22 * max(2, len(site["ways"])),
                    title)

    for link in site["links"]:
        a, b = sorted((places[name] for name in link.split()),
                      key=lambda place: place.width)
        p.line((a.x, a.y), (b.x if a.y == b.y else a.x, b.y))
    for name in site["networks"]:
        network = places[name]
        right = network.left + network.width
        p.line((network.left, network.y), (right, network.y), width=4)
        p.text(right + 6, network.y, name, "small soft")

    # Ways are before the hosts where they have to end, and behind the others.
    hosts = {name: kind for name, (_, _, kind) in site["hosts"].items()}
    behind = [name for name in hosts
              if name in site["guests"] or places[name].width > WIDE]
    for name in behind:
        draw_host(p, places[name], name, hosts[name])
    for i, (color, _, stops) in enumerate(site["ways"]):
        shift = SPREAD * (i - (len(site["ways"]) - 1) / 2)
        p.line(*route([places[stop] for stop in stops.split()], shift),
               kind=color, head=True, width=2.5)
    for name in [name for name in hosts if name not in behind]:
        draw_host(p, places[name], name, hosts[name])
    for guest in sum(site["guests"].values(), []):
        place = places[guest]
        p.box(place.left, place.top, place.width, place.height,
              (guest, "small bold"))
    draw_legend(p, site, bottom + 30)
    return p
