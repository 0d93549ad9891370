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
"""Random pipelines: groups of all selection methods, one behind the other, and
what else sends a packet on.

A packet takes the same way whichever buckets the groups pick: all buckets of a
select group lead to the same table.  So it is known how often the packet comes
out of which port, and the bucket that a group picked can be seen in the frame
(see frames.py)."""

import collections

from bridges import (BOND_PORT, N_UNDER, PATCH_PORT, TUNNEL_PORTS,
                     out_ports)
from frames import N_MARKS, TUNNEL_GROUP

# What a pipeline can be made of.
PARTS = ("select", "all", "list", "clone", "larger", "ct", "resubmit", "mpls",
         "truncate", "patch", "bond", "tunnel")

# Mostly such that go by the datapath's hash.
HASH_METHODS = ("", "dp_hash", "consistent-dp-hash")
METHODS = 2 * HASH_METHODS + ("hash", "consistent-hash")

# The number of a group of type all.
FIRST_ALL = 100
# A packet can go around in the datapath this often.
MAX_RECIRCULATIONS = 7
MPLS_TYPE = {4: "0x0800", 6: "0x86dd"}

# What flows match, and the Kinds that they match.
MATCHES = {
    "in_port=1": lambda kind: kind.port == 1,
    "ip": lambda kind: kind.version == 4,
    "ipv6": lambda kind: kind.version == 6,
    "tcp": lambda kind: (kind.version, kind.proto) == (4, "tcp"),
    "udp": lambda kind: (kind.version, kind.proto) == (4, "udp"),
    "tcp6": lambda kind: (kind.version, kind.proto) == (6, "tcp"),
    "udp6": lambda kind: (kind.version, kind.proto) == (6, "udp"),
}
# What the datapath's flows need not match.
PROTOCOLS = ("tcp", "udp", "tcp6", "udp6")
# What flows match that do the same as the flow below them.
DETAILS = ("tcp,nw_src=10.0.0.0/27", "udp,nw_dst=10.1.0.0/27",
           "tcp6,ipv6_src=fd00::/123", "udp,tp_dst=53", "ip,ct_state=+trk",
           "ipv6,ct_state=+trk", "ip,ct_state=-trk", "ip,nw_frag=later",
           "tcp,tp_src=0x1/0x1")

# What packets flows tell apart.
Kind = collections.namedtuple("Kind", "port version proto")

# Where actions are: which Kinds they get, whether with MPLS, how often packets
# may still go around in the datapath, how deep, and how many copies there may
# still be.
Place = collections.namedtuple("Place", "kinds mpls recirculations depth "
                               "copies")

# A part of a pipeline: its text (or number), the place that it was made for,
# how often packets go around there, for each Kind how many of its packets come
# out of which port, and whether what follows gets another packet.
Part = collections.namedtuple("Part", "text place recirculations ends changes")


class Pipeline:
    """Flows and groups of one bridge."""
    def __init__(self, rng, place, ports, parts, bases, numbers, others={}):
        """A pipeline for packets at 'place', made of 'parts', that sends them
        to 'ports', numbers by name.  'bases' are pairs of a hash, "l4" or
        "symmetric", and a basis with which the hash of one of the packets is
        0.  'numbers' are those of select groups.  'others' has pipelines of
        other bridges that packets may go on through."""
        self.rng = rng
        self.parts = parts
        self.bases = bases
        self.ports = ports
        self.free_ports = []
        self.numbers = list(numbers)
        self.others = others
        self.n_all = 0
        self.tables = []
        self.groups = []
        self.flows = []

        first = self.new_table(place)
        self.flows = [flow.replace("table=%s," % first.text, "table=0,")
                      for flow in self.flows]
        self.tables.remove(first)
        self.ends = first.ends
        self.recirculations = first.recirculations

    def bundle(self):
        return "".join(["group add %s\n" % group for group in self.groups]
                       + ["flow add %s\n" % flow for flow in self.flows])

    # Tables.

    def table(self, place):
        """A table for packets at 'place': often one that others share, because
        that is where hashed packets and others meet."""
        fit = [table for table in self.tables
               if table.place.kinds >= place.kinds
               and table.place.mpls == place.mpls
               and table.recirculations <= place.recirculations
               and self.copies(table, place) <= place.copies]
        if fit and (place.depth <= 0 or self.rng.random() < .4):
            return self.rng.choice(fit)
        return self.new_table(place)

    def meet(self, place):
        """Two ways to one table, with a hash and without."""
        here = place._replace(recirculations=place.recirculations - 2,
                              depth=place.depth - 1)
        number = self.numbers.pop(0)
        table = self.new_table(here, "select_by_hash")
        tail = self.ct_text(table)
        parts = [self.select(place, number, table, (tail,), HASH_METHODS),
                 table._replace(text=tail, changes=False,
                                recirculations=table.recirculations + 1)]
        self.rng.shuffle(parts)
        return parts

    def copies(self, part, place):
        return max(sum(part.ends[kind].values()) for kind in place.kinds)

    def new_table(self, place, first=None):
        match = None
        if not place.mpls and not first:
            match = self.rng.choice(list(MATCHES))
        flows = []
        kinds = {}
        if match:
            kinds[match] = frozenset(filter(MATCHES[match], place.kinds))
        if match and kinds[match] and kinds[match] != place.kinds \
                and (match in PROTOCOLS or self.rng.random() < .5):
            kinds[""] = place.kinds - kinds[match]
        else:
            kinds = {"": place.kinds}
        meet = None
        if len(kinds) > 1 and match in PROTOCOLS \
                and place.recirculations > 2 and place.depth > 0 \
                and len(self.numbers) > 1 and self.rng.random() < .8:
            meet = self.meet(place)
        ends, recirculations, changes = {}, 0, False
        for priority, match in enumerate(reversed(list(kinds))):
            here = place._replace(kinds=kinds[match])
            part = meet.pop(0) if meet else self.actions(here, first=first)
            flows.append((2 * priority + 1, match, part.text))
            if self.rng.random() < .3 and not place.mpls and not first:
                detail = self.rng.choice(DETAILS)
                if not match:
                    flows.append((2 * priority + 2, detail, part.text))
            ends.update({kind: part.ends[kind] for kind in kinds[match]})
            recirculations = max(recirculations, part.recirculations)
            changes = changes or part.changes
        # Table 0 is the first one, which is complete last.
        name = str(len(self.tables) + 1)
        for priority, match, text in flows:
            for full_match in self.full_matches(match, place):
                self.flows.append("table=%s,priority=%d,%s,actions=%s"
                                  % (name, priority, full_match, text))
        table = Part(name, place, recirculations, ends, changes)
        self.tables.append(table)
        return table

    def full_matches(self, match, place):
        """'match' with the Ethernet type, which some actions ask for."""
        if place.mpls:
            return ["mpls"]
        if match.startswith("in_port"):
            return [match + ",ip", match + ",ipv6"]
        return [match] if match else ["ip", "ipv6"]

    # Actions.

    def actions(self, place, single=False, first=None):
        """Actions for packets at 'place', with 'single' such that can be a
        bucket of a group of type all."""
        parts = ["output"]
        if place.depth > 0:
            parts += ["resubmit"]
            if place.recirculations > 0:
                parts += ["ct"] if not place.mpls else ["pop"] * 4
                if self.numbers:
                    parts += ["select"] * 6
            if place.copies > 1:
                parts += ["all"] * 2
                if not single:
                    parts += ["list", "clone", "clone"]
            if not single:
                parts += ["larger"]
            versions = {kind.version for kind in place.kinds}
            if not single and not place.mpls and len(versions) == 1 \
                    and place.recirculations > 1:
                parts += ["mpls"] * 2
            if len(parts) > 4 and place.depth > 4:
                parts.remove("output")
        parts = [part for part in parts if part in ("output", "pop")
                 or part in self.parts]
        part = self.rng.choice(parts)
        if first and "select" in parts:
            part = first
        return getattr(self, "make_" + part)(
            place._replace(depth=place.depth - 1), single)

    def make_output(self, place, single):
        others = [name for name, other in self.others.items()
                  if other.recirculations <= place.recirculations
                  and not place.mpls]
        if others and self.rng.random() < .4:
            other = self.others[self.rng.choice(others)]
            return Part("output:%d" % self.rng.choice(other.ports), place,
                        other.recirculations,
                        {kind: other.ends[kind._replace(port=0)]
                         for kind in place.kinds}, False)
        if not self.free_ports:
            self.free_ports = list(self.ports)
        port = self.free_ports.pop(0)
        number = self.ports[port]
        text = "output:%d" % number
        if not single and "truncate" in self.parts and self.rng.random() < .2:
            text = "output(port=%d,max_len=80)" % number
        ends = {kind: collections.Counter((port,)) for kind in place.kinds}
        return Part(text, place, 0, ends, False)

    def make_resubmit(self, place, single):
        table = self.table(place)
        return table._replace(text="resubmit(,%s)" % table.text)

    def ct_text(self, table):
        return "ct(%stable=%s)" % (
            self.rng.choice(("", "", "commit,", "zone=%d,"
                             % self.rng.randrange(1, 4))), table.text)

    def make_ct(self, place, single):
        table = self.table(
            place._replace(recirculations=place.recirculations - 1))
        return table._replace(text=self.ct_text(table), changes=False,
                              recirculations=table.recirculations + 1)

    def make_mpls(self, place, single):
        table = self.table(place._replace(mpls=True))
        return table._replace(
            text="push_mpls:0x8847,resubmit(,%s)" % table.text,
            changes=True)

    def make_pop(self, place, single):
        table = self.table(place._replace(
            mpls=False, recirculations=place.recirculations - 1))
        version, = {kind.version for kind in place.kinds}
        return table._replace(text="pop_mpls:%s,resubmit(,%s)"
                              % (MPLS_TYPE[version], table.text),
                              changes=True,
                              recirculations=table.recirculations + 1)

    def fork(self, place, texts, single):
        """Parts that each get a copy of the packet, put together by 'texts',
        which puts texts together."""
        parts = []
        copies = place.copies
        n = self.rng.randrange(2, min(copies, 3) + 1)
        for i in range(n):
            part = self.actions(place._replace(copies=copies - (n - 1 - i)),
                                single)
            parts.append(part)
            copies = max(copies - self.copies(part, place), n - 1 - i)
        # What follows gets the packet as it was.
        wrapped = ["clone(%s)" % part.text
                   if part.changes and not single and part is not parts[-1]
                   else part.text for part in parts]
        ends = {kind: sum((part.ends[kind] for part in parts),
                          collections.Counter()) for kind in place.kinds}
        return Part(texts(wrapped), place,
                    max(part.recirculations for part in parts), ends,
                    parts[-1].changes and not single)

    def make_list(self, place, single):
        return self.fork(place, ",".join, False)

    def make_clone(self, place, single):
        return self.fork(place, lambda texts: ",".join(
            ["clone(%s)" % text for text in texts[:-1]] + texts[-1:]), False)

    def make_larger(self, place, single):
        """All packets are, but the actions for others are there, too."""
        part = self.actions(place)
        return part._replace(
            text="check_pkt_larger(80)->NXM_NX_REG0[0]," + part.text,
            changes=True)

    def make_all(self, place, single):
        def add_group(texts):
            self.n_all += 1
            number = FIRST_ALL + self.n_all
            self.groups.append("group_id=%d,type=all,%s" % (
                number, ",".join("bucket=actions=" + text for text in texts)))
            return "group:%d" % number
        return self.fork(place, add_group, True)

    # Select groups.

    def basis(self, kind):
        bases = [basis for k, basis in self.bases if k == kind]
        if bases and self.rng.random() < .5:
            return self.rng.choice(bases)
        return self.rng.choice((0, self.rng.getrandbits(32)))

    def method(self, methods):
        method = self.rng.choice(methods)
        kind = self.rng.choice(("l4", "symmetric"))
        basis = self.basis(kind)
        if method == "hash":
            return ("selection_method=hash,fields(ip_src,ip_dst,tcp_src,"
                    "tcp_dst)")
        if method == "dp_hash":
            alg = {"l4": 0, "symmetric": 1}[kind]
            return ("selection_method=dp_hash,selection_method_param=%d"
                    % (alg << 32 | basis))
        if method == "consistent-dp-hash":
            return ("selection_method=consistent-dp-hash(hash=%s,slots=%d,"
                    "basis=%d)" % (kind, self.rng.choice((16, 32, 64)), basis))
        if method == "consistent-hash":
            return ("selection_method=consistent-hash(slots=16),fields("
                    "ip_src=0.0.0.7,ipv6_src=::7,tcp_src=0x3,udp_src=0x3)")
        return ""

    def make_select(self, place, single, methods=METHODS):
        number = self.numbers.pop(0)
        table = self.table(place._replace(
            recirculations=place.recirculations - 1))
        tails = ["resubmit(,%s)" % table.text]
        if table.recirculations + 1 < place.recirculations \
                and not place.mpls and "ct" in self.parts \
                and self.rng.random() < .6:
            tails.append(self.ct_text(table))
        return self.select(place, number, table, tails, methods)

    def make_select_by_hash(self, place, single):
        return self.make_select(place, single, HASH_METHODS)

    def select(self, place, number, table, tails, methods):
        """The group 'number', whose buckets lead to 'table' by 'tails'."""
        text = "group_id=%d,type=select,%s" % (number, self.method(methods))
        shift = 4 * (N_MARKS - number)
        for bucket in range(1, self.rng.randrange(3, 9)):
            text += (",bucket=bucket_id:%d,weight:%d,actions=set_field:%s/%s->"
                     "eth_src,%s" % (bucket, self.rng.choice((1, 1, 1, 3)),
                                     mac(bucket << shift), mac(0xf << shift),
                                     self.rng.choice(tails)))
        self.groups.append(text.replace(",,", ","))
        return table._replace(
            text="group:%d" % number, changes=False,
            recirculations=table.recirculations + 1
            + any(tail.startswith("ct") for tail in tails))


class Patch(Pipeline):
    """A pipeline behind a patch port."""
    def __init__(self, rng, kinds, ports, parts, bases, numbers):
        super().__init__(rng, Place(kinds, False, 3, 4, 2), ports, parts,
                         bases, numbers)
        self.ports = [PATCH_PORT]


class Bond:
    """A bridge that sends all to a bond of ports."""
    ports = [BOND_PORT]
    recirculations = 1

    def __init__(self, kinds):
        self.ends = {kind: collections.Counter(("bond",)) for kind in kinds}

    def bundle(self):
        return "flow add actions=normal\n"


class Tunnel:
    """A bridge below tunnels, where a group spreads packets over ports."""
    ports = TUNNEL_PORTS
    recirculations = 1

    def __init__(self, rng, kinds):
        self.ends = {kind: collections.Counter(("under",)) for kind in kinds}
        self.method = rng.choice((
            "", "selection_method=dp_hash,selection_method_param=%d"
            % rng.getrandbits(33),
            "selection_method=consistent-dp-hash(basis=%d)"
            % rng.getrandbits(32)))

    def bundle(self):
        return ("group add group_id=%d,type=select,%s%s\n"
                "flow add in_port=LOCAL,actions=group:%d\n" % (
                    TUNNEL_GROUP, self.method and self.method + ",",
                    ",".join("bucket=bucket_id:%d,actions=output:%d" % (i, i)
                             for i in range(1, N_UNDER + 1)),
                    TUNNEL_GROUP))


def random_pipelines(rng, kinds, parts, bases):
    """Returns pipelines for packets of 'kinds', by bridge."""
    kinds = frozenset(kinds)
    portless = frozenset(kind._replace(port=0) for kind in kinds)
    numbers = list(range(1, N_MARKS + 1))
    others = {}
    if "patch" in parts:
        others["br1"] = Patch(rng, portless, out_ports("br1"), parts, bases,
                              [numbers.pop(), numbers.pop()])
    if "bond" in parts:
        others["br2"] = Bond(portless)
    if "tunnel" in parts:
        others["br4"] = Tunnel(rng, portless)
    result = dict(others)
    result["br0"] = Pipeline(
        rng, Place(kinds, False, MAX_RECIRCULATIONS, 7, 4), out_ports("br0"),
        parts, bases, numbers, others)
    return result


def mac(number):
    digits = "%012x" % number
    return ":".join(digits[i:i + 2] for i in range(0, 12, 2))
