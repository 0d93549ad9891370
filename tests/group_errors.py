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
"""A controller that sends the messages of malformed_groups.py, or of another
module, to bridge br0.

    group_errors.py VERSION [MODULE]   sends them in OpenFlow 1.VERSION, and
                                       prints those that are not refused as
                                       they should be, and how many it has sent

There must be a group 1 with 16 slots and the buckets 2 and 3, a flow that
sends packets from port p1 to it, and the other groups of malformed_groups.py.

Each message is sent alone, and in versions that have bundles in one, too,
behind good messages.  Each time the controller has to get just the error that
the table says, the log has to name it and say what is wrong, and all groups
have to have the same description as before, and all slots the same bucket.
"""

import collections
import importlib
import os
import re
import socket
import struct
import sys
import time

import ovs.daemon
import ovs.unixctl
import ovs.unixctl.client

from malformed_groups import ADD, ONF, bucket, group_mod, message

OPEN, COMMIT, DISCARD = 0, 4, 6     # Requests about bundles.
ALL_GROUPS = 0xfffffffc

# Errors, as type and code, from the OpenFlow specifications.
ERRORS = {
    (1, 6): "OFPBRC_BAD_LEN",
    (1, 521): "NXBRC_UNENCODABLE_ERROR",
    (2, 0): "OFPBAC_BAD_TYPE",
    (2, 1): "OFPBAC_BAD_LEN",
    (2, 4): "OFPBAC_BAD_OUT_PORT",
    (4, 6): "OFPBMC_BAD_FIELD",
    (4, 8): "OFPBMC_BAD_MASK",
    (4, 9): "OFPBMC_BAD_PREREQ",
    (4, 10): "OFPBMC_DUP_FIELD",
    (6, 0): "OFPGMFC_GROUP_EXISTS",
    (6, 1): "OFPGMFC_INVALID_GROUP",
    (6, 6): "OFPGMFC_WATCH_UNSUPPORTED",
    (6, 8): "OFPGMFC_UNKNOWN_GROUP",
    (6, 10): "OFPGMFC_BAD_TYPE",
    (6, 11): "OFPGMFC_BAD_COMMAND",
    (6, 12): "OFPGMFC_BAD_BUCKET",
    (6, 13): "OFPGMFC_BAD_WATCH",
    (6, 15): "OFPGMFC_UNKNOWN_BUCKET",
    (6, 16): "OFPGMFC_BUCKET_EXISTS",
    (14, 0): "OFPBPC_BAD_TYPE",
    (14, 1): "OFPBPC_BAD_LEN",
    (14, 2): "OFPBPC_BAD_VALUE",
    (14, 4): "OFPBPC_DUP_TYPE",
    (14, 5): "OFPBPC_BAD_EXPERIMENTER",
    (14, 6): "OFPBPC_BAD_EXP_TYPE",
    (17, 10): "OFPBFC_MSG_UNSUP",
    (17, 13): "OFPBFC_MSG_FAILED",
}

# These are errors since OpenFlow 1.2.
SINCE_1_2 = ["OFPGMFC_BAD_TYPE", "OFPGMFC_BAD_COMMAND", "OFPGMFC_BAD_BUCKET",
             "OFPGMFC_BAD_WATCH"]


class Controller:
    """A connection to br0 in OpenFlow 1.'version'."""
    def __init__(self, version):
        self.version = version
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(os.path.join(os.environ["OVS_RUNDIR"],
                                         "br0.mgmt"))
        self.input = self.socket.makefile("rb")
        self.send(message(version, 0, b""))
        self.receive()

    def send(self, message_):
        self.socket.sendall(message_)

    def receive(self):
        """Returns type and body of the next message.  Answers echo requests
        before it."""
        while True:
            type, length = struct.unpack("!xBHxxxx", self.input.read(8))
            body = self.input.read(length - 8)
            if type != 2:
                return type, body
            self.send(message(self.version, 3, body))

    def transact(self, message_):
        """Sends 'message_' and returns all that comes before the reply to a
        barrier behind it."""
        request = 20 if self.version else 18
        self.send(message_ + message(self.version, request, b""))
        replies = []
        while True:
            type, body = self.receive()
            if type == request + 1:
                return replies
            replies.append((type, body))

    def errors(self, message_):
        """Returns the errors, as (TYPE, CODE), that 'message_' gets."""
        errors = []
        for type, body in self.transact(message_):
            if type == 1:
                type, code = struct.unpack("!HH", body[:4])
                if type == 0xb0c2:
                    # Nicira's extension to OpenFlow 1.0 and 1.1 has the
                    # type and code of a later version, except that three
                    # errors of properties have those of OpenFlow 1.3.
                    type, code = struct.unpack("!HH", body[8:12])
                    if type == 13:
                        type, code = 14, code - 2
                elif type == 0xffff:
                    # ONF's extension to OpenFlow 1.3, for bundles.
                    vendor, = struct.unpack("!I", body[4:8])
                    type, code = (17, code - 2300) if vendor == ONF \
                        else (vendor, code)
                errors.append((type, code))
        return errors

    def bundle(self, type):
        """Returns a message that asks for 'type' about bundle 1."""
        return self.bundle_message(0, struct.pack("!IHH", 1, type, 3))

    def bundle_add(self, contained):
        """Returns a message that adds 'contained' to bundle 1."""
        return self.bundle_message(1, struct.pack("!IxxH", 1, 3) + contained)

    def bundle_message(self, type, body):
        if self.version == 3:
            return message(3, 4, struct.pack("!II", ONF, 2300 + type) + body)
        return message(self.version, 33 + type, body)


class Switch:
    """What the switch does, has and says."""
    def __init__(self):
        self.controller = Controller(5)
        error, name = ovs.unixctl.socket_name_from_target("ovs-vswitchd")
        assert not error, name
        error, self.client = ovs.unixctl.client.UnixctlClient.create(name)
        assert not error
        self.log = open("ovs-vswitchd.log")

    def appctl(self, command, *args):
        error, refused, reply = self.client.transact(command, list(args))
        assert not error and not refused, refused
        return reply

    def state(self):
        """Returns the description of all groups, in bytes, and the buckets of
        all slots."""
        description = self.controller.transact(
            message(5, 18, struct.pack("!HH4xI4x", 7, 0, ALL_GROUPS)))
        traces = [self.appctl("ofproto/trace", "br0",
                              "in_port=p1,ip,dp_hash={}".format(hash))
                  for hash in range(1, 17)]
        return description, [tuple(re.findall("using bucket (.*)", trace))
                             for trace in traces]

    def logged(self, n_wanted):
        """Returns the regular expressions in 'n_wanted' that match fewer lines
        than it says of what was logged since the last call.  The log is
        written a little behind."""
        lines = ""
        for wait in range(100):
            lines += self.log.read()
            wrong = [pattern for pattern, n in n_wanted.items()
                     if len(re.findall(pattern, lines, re.MULTILINE)) < n]
            if not wrong:
                break
            time.sleep(.05)
        return wrong


def refused(controller, case, contained, bundled):
    """Sends 'contained', alone or in a bundle, and returns the names of the
    errors that it gets, and of those that it should get."""
    version = controller.version
    wanted = [case.in_bundle if bundled else case.error]
    if not bundled:
        errors = controller.errors(contained)
        if version == 1 and wanted[0] in SINCE_1_2:
            wanted = ["NXBRC_UNENCODABLE_ERROR"]
    else:
        errors = controller.errors(
            controller.bundle(OPEN)
            + controller.bundle_add(group_mod(version, ADD, id=8))
            + controller.bundle_add(group_mod(
                version, buckets=bucket(version, 2) + bucket(version, 3)))
            + controller.bundle_add(contained))
        if case.late:
            wanted.append("OFPBFC_MSG_FAILED")
        errors += controller.errors(
            controller.bundle(DISCARD if errors else COMMIT))
    return [ERRORS.get(error, str(error)) for error in errors], wanted


def send(version, module="malformed_groups"):
    cases = importlib.import_module(module).cases
    switch = Switch()
    switch.appctl("vlog/disable-rate-limit")
    # At debug level, vconn would decode each message to log it, and log what
    # is wrong with it an additional time.
    switch.appctl("vlog/set", "vconn:info")
    controller = Controller(version)
    before = switch.state()
    assert set(before[1]) == {("2",), ("3",)}, before
    switch.logged({})

    n_messages = 0
    for case in cases(version):
        for bundled in [False, True] if version >= 3 else [False]:
            where = "in bundle, " if bundled else ""
            logs = collections.Counter()
            for contained, log in case.messages:
                errors, wanted = refused(controller, case, contained, bundled)
                if errors != wanted:
                    print("{}{}: errors are {}, not {}".format(
                        where, case.name, errors, wanted))
                if log:
                    logs[log] += 1
                logs["sending {} error reply".format(
                    case.in_bundle if bundled else case.error)] += 1
                n_messages += 1
            for log in switch.logged(logs):
                print("{}{}: log lacks {} times: {}".format(
                    where, case.name, logs[log], log))
            if switch.state() != before:
                print("{}{}: changed the group".format(where, case.name))
                return
    print(n_messages)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    send(int(sys.argv[1]), *sys.argv[2:])
