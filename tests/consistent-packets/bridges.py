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
"""The bridges that packets go through, and their ports.

br0 has most of the pipeline.  From there packets can go on through br1, as a
patch port leads there, through br2, which sends them to a bond (br3 has its
other end), and through tunnels to br4, which sends those on.  All other ports
are dummy devices, or veth devices where packets go through the system."""

import subprocess
import time

from ports import PEER
from switch import LAB_DIR, Failure, ofctl

IN_PORTS = (1, 2)
N_PORTS = {"br0": 16, "br1": 4}
FIRST_PORT = 11

# Ports of br0 that lead to other bridges.
PATCH_PORT, BOND_PORT, TUNNEL_PORTS, MIRROR_PORT = 40, 41, (42, 43), 44
N_UNDER = 4


def out_ports(bridge):
    """The ports of a pipeline, numbers by name."""
    return {"%s-o%d" % (bridge, i): i
            for i in range(FIRST_PORT, FIRST_PORT + N_PORTS[bridge])}


def ovs_vsctl(*args):
    return subprocess.run(["ovs-vsctl", "--timeout=20", *args], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


class Bridges:
    """What ovs-vsctl has to do."""
    datapath_type = None

    def __init__(self, control, parts):
        self.control = control
        self.parts = parts
        self.args = []
        self.captured = []      # Names of ports.

    def set_up(self):
        for port in IN_PORTS:
            self.port("br0", "p%d" % port, port)
        self.out_ports("br0")
        if "patch" in self.parts:
            self.bridge("br1")
            self.patch(PATCH_PORT, "br1")
            self.out_ports("br1")
        ovs_vsctl(*self.args)

    def add(self, text):
        self.args += ["--", *text.split()]

    def bridge(self, name):
        self.add("add-br " + name)
        self.add("set bridge %s datapath_type=%s fail-mode=secure"
                 % (name, self.datapath_type))

    def port(self, bridge, name, number, options=None):
        if options is None:
            options = self.device(name)
        self.add("add-port %s %s" % (bridge, name))
        self.add("set Interface %s ofport_request=%d %s"
                 % (name, number, options))

    def out_port(self, bridge, name, number):
        self.captured.append(name)
        self.port(bridge, name, number)

    def out_ports(self, bridge):
        for name, number in out_ports(bridge).items():
            self.out_port(bridge, name, number)

    def patch(self, number, bridge):
        ends = ["%s-br0" % bridge, "br0-%s" % bridge]
        for name, peer, on, ofport in (
                (ends[1], ends[0], "br0", number),
                (ends[0], ends[1], bridge, 1)):
            self.port(on, name, ofport, "type=patch options:peer=" + peer)


class DummyBridges(Bridges):
    datapath_type = "dummy"

    def device(self, name):
        return ("type=dummy options:tx_pcap=%s/%s.pcap"
                % (LAB_DIR, name))

    def set_up(self):
        if "bond" in self.parts:
            self.bond()
        if "tunnel" in self.parts:
            self.tunnels()
        if "mirror" in self.parts:
            self.out_port("br0", "mirror", MIRROR_PORT)
        super().set_up()

        if "tunnel" in self.parts:
            self.control(
                ("netdev-dummy/ip4addr", "br4", "10.99.0.1/24"),
                ("tnl/neigh/set", "br4", "10.99.0.2", "02:00:00:00:00:99"))
        # Conntrack would keep fragments until it has all.
        self.control(("dpctl/ipf-set-disabled", "v4"),
                     ("dpctl/ipf-set-disabled", "v6"))
        deadline = time.time() + 60
        while "bond" in self.parts:
            text, = self.control(("bond/show", "bond-br2"))
            if text.count(": enabled") == 2:
                break
            if time.time() > deadline:
                raise Failure("the bond does not come up\n" + text)
            time.sleep(.1)

    def bond(self):
        self.bridge("br2")
        self.bridge("br3")
        self.patch(BOND_PORT, "br2")
        for bridge, stream, member in (("br2", "pstream=punix", "bond%d"),
                                       ("br3", "stream=unix", "peer%d")):
            self.add("add-bond %s bond-%s %s %s bond_mode=balance-tcp "
                     "lacp=active other_config:lacp-time=fast "
                     "other_config:bond-rebalance-interval=0"
                     % (bridge, bridge, member % 1, member % 2))
            for i in (1, 2):
                self.add("set Interface %s options:%s:%s/link%d %s"
                         % (member % i, stream, LAB_DIR, i,
                            self.device(member % i)))
        self.captured += ["bond1", "bond2"]

    def tunnels(self):
        self.bridge("br4")
        for i in range(1, N_UNDER + 1):
            self.out_port("br4", "under%d" % i, i)
        for kind, number in zip(("geneve", "vxlan"), TUNNEL_PORTS):
            self.port("br0", kind, number, "type=%s options:key=1 "
                      "options:remote_ip=10.99.0.2" % kind)


class VethBridges(Bridges):
    def __init__(self, control, parts):
        super().__init__(control, parts)
        self.datapath_type = ovs_vsctl("get", "bridge", "br0",
                                       "datapath_type").strip()

    def device(self, name):
        """Adds a device without life of its own, and to a list of them in the
        file "devices", for whoever cleans up."""
        with open(LAB_DIR + "/devices", "a") as f:
            f.write(name + "\n")
        subprocess.run(["ip", "link", "add", name, "type", "veth", "peer",
                        "name", name + PEER], check=True)
        for end in (name, name + PEER):
            with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % end,
                      "w") as f:
                f.write("1")
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        return ""


DEVICES = {"dummy": DummyBridges, "veth": VethBridges}


def load(pipelines, mirror):
    """Replaces all flows and groups by those of 'pipelines', and has br0
    mirrored or not, or leaves that as it is if 'mirror' is None."""
    for bridge, pipeline in pipelines.items():
        ofctl("del-flows", bridge)
        ofctl("del-groups", bridge)
        with open(LAB_DIR + "/bundle", "w") as f:
            f.write(pipeline.bundle())
        if not ofctl("bundle", bridge, LAB_DIR + "/bundle"):
            raise Failure("the switch refuses\n" + pipeline.bundle())
    if mirror:
        ovs_vsctl(*"-- --id=@out get port mirror -- --id=@m create mirror "
                  "name=m select_all=true output_port=@out "
                  "-- set bridge br0 mirrors=@m".split())
    elif mirror is not None:
        ovs_vsctl("clear", "bridge", "br0", "mirrors")
