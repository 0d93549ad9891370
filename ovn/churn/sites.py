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
"""The site that churn has started: how to talk to its daemons and functions,
and to end and start daemons."""

import os
import re
import signal
import subprocess
import time

from switch import Control, Failure, LAB_DIR

GATEWAYS = ("gwa", "gwb")
NODES = ("n1", "n2")
CHASSIS = GATEWAYS + NODES
BACKENDS = range(1, 8)
END_SECONDS = 60


def site(*args):
    """Calls a shell function of the site, and returns what it prints."""
    result = subprocess.run([os.environ["SITE"], *map(str, args)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if result.returncode:
        raise Failure("%s: %s" % (" ".join(map(str, args)),
                                  result.stderr.strip()))
    return result.stdout.strip()


def node(b):
    """Returns the node of a backend."""
    return "n%d" % ((b - 1) % 2 + 1)


def wait_for_health(b, port, status):
    """Waits until health checks say that of a backend."""
    uuid = site("ovn-sbctl", "--bare", "--columns=_uuid", "find",
                "service_monitor", "logical_port=b%d" % b, "port=%d" % port)
    site("ovn-sbctl", "--timeout=60", "wait-until", "service_monitor", uuid,
         "status=" + status)


class Daemon:
    """A daemon of a host, such as ovn-controller of gwa."""
    def __init__(self, host, program):
        self.host = host
        self.program = program
        self.pidfile = "%s/%s/%s.pid" % (LAB_DIR, host, program)

    def __str__(self):
        return "%s/%s" % (self.host, self.program)

    def pid(self):
        with open(self.pidfile) as f:
            return int(f.read())

    def control(self):
        pid = "" if self.program in ("nb", "sb") else ".%d" % self.pid()
        return Control(self.pidfile[:-len(".pid")] + pid + ".ctl")

    def end(self, how):
        """Ends it, by "exit" or by "kill"."""
        pid = self.pid()
        if how == "kill":
            os.kill(pid, signal.SIGKILL)
        elif self.program == "ovn-controller":
            self.control()("exit", "--restart")
        else:
            self.control()("exit")
        for i in range(10 * END_SECONDS):
            if self.has_ended(pid):
                break
            time.sleep(.1)
        else:
            raise Failure("%s does not end" % self)
        if os.path.exists(self.pidfile):
            os.remove(self.pidfile)

    @staticmethod
    def has_ended(pid):
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def run(self):
        site("site_run", self.host, self.program)

    def files(self):
        """Returns how many files it has open, without the connections of
        clients that have just ended."""
        counts = []
        for _ in range(3):
            counts.append(len(os.listdir("/proc/%d/fd" % self.pid())))
            time.sleep(0.1)
        return min(counts)

    def kib(self):
        """Returns how much memory it takes."""
        with open("/proc/%d/status" % self.pid()) as f:
            return int(re.search(r"VmRSS:\s*(\d+)", f.read()).group(1))


def vswitchd(chassis):
    return Daemon(chassis, "ovs-vswitchd")


def controller(chassis):
    return Daemon(chassis, "ovn-controller")


NORTHD = Daemon("central", "ovn-northd")
NB = Daemon("central", "nb")
SB = Daemon("central", "sb")


class Gateways:
    """Which gateways live, and which the router uses."""
    def __init__(self):
        self.alive = list(GATEWAYS)
        self.used = list(GATEWAYS)

    def use(self, *gateways):
        site("site_use", *gateways)
        self.used = list(gateways)

    def kill(self, gateway):
        site("site_kill", gateway)
        self.alive.remove(gateway)

    def revive(self, gateway):
        site("site_revive", gateway)
        self.alive.append(gateway)

    def chassis(self):
        return self.alive + list(NODES)
