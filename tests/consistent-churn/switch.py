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
"""How to talk to the switch in the lab."""

import os
import re
import subprocess
import time

from ovs.unixctl.client import UnixctlClient

LAB_DIR = os.environ["LAB_DIR"]


class Failure(Exception):
    pass


class Control:
    """The control socket of a daemon."""
    def __init__(self, path):
        error, self.client = UnixctlClient.create(path)
        if error:
            raise Failure("%s: %s" % (path, os.strerror(error)))

    def __call__(self, command, *args):
        errno, error, result = self.client.transact(command, list(args))
        if errno or error:
            raise Failure("%s: %s" % (command, error or os.strerror(errno)))
        return str(result)


def vswitchd_pid():
    with open(LAB_DIR + "/ovs-vswitchd.pid") as f:
        return int(f.read())


def vswitchd():
    return Control("%s/ovs-vswitchd.%d.ctl" % (LAB_DIR, vswitchd_pid()))


def settle(control):
    """Waits until all packets go by what was changed before."""
    # Each answer takes a turn of the main loop.  In the first one the switch
    # hears of a port, in the second its bridge does, in the third it starts to
    # revalidate.
    for i in range(4):
        control("version")
    # The first time, this may be the end of a revalidation that began earlier.
    control("revalidator/wait")
    control("revalidator/wait")


def ofctl(*args):
    """Runs ovs-ofctl.  Returns true if the switch did what it was asked for,
    false if it refused."""
    result = subprocess.run(["ovs-ofctl", "--no-names", "--timeout=20",
                             "-O", "OpenFlow15", *args],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True)
    if result.returncode and not re.search("OFPT_ERROR|Error OFP",
                                           result.stderr):
        raise Failure("no answer: " + result.stderr.strip())
    if args[0] == "bundle":
        with open(args[2]) as f:
            args += tuple(f.read().splitlines())
    with open(LAB_DIR + "/journal", "a") as f:
        f.write("%.6f %s: %s\n" % (
            time.time(), "refused" if result.returncode else "done",
            "\n    ".join(args)))
    return not result.returncode


def dump_groups():
    """Returns the weights of each group as the switch has them."""
    text = subprocess.run(["ovs-ofctl", "--no-names", "-O", "OpenFlow15",
                           "dump-groups", "br0"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    result = {}
    for line in text.splitlines():
        number = re.match(r" *group_id=(\d+)", line)
        if number:
            result[int(number.group(1))] = {
                int(b): int(weight or 1) for b, weight in
                re.findall(r"bucket_id:(\d+)(?:,weight:(\d+))?", line)}
    return result
