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
"""Group modifications that a switch must refuse, most of them because of the
selection method consistent-dp-hash, each with the error that it must get.

    malformed_groups.py VERSION   prints them in binary, in OpenFlow 1.VERSION

Each would change group 1, which must have the buckets 2 and 3, or add group 7.
Where groups have properties, there must also be a group 2 of type all, 3
indirect, and 4 fast failover, with a bucket each.  group_errors.py sends them.
"""

import struct
import sys

ADD, MODIFY, DELETE, INSERT, REMOVE, ADD_OR_MOD = 0, 1, 2, 3, 5, 0x8000
ALL, SELECT, INDIRECT, FAST_FAILOVER = range(4)
ID_MAX = 0xffffff00             # Of groups and of buckets.
FIRST, LAST, ANY = 0xfffffffd, 0xfffffffe, 0xffffffff
NICIRA, ONF, NETRONOME = 0x2320, 0x4f4e4600, 0x154d


def has_properties(version):
    """OpenFlow 1.5, and the same messages as an extension to OpenFlow 1.0."""
    return version in (0, 5)


def message(version, type, body):
    return struct.pack("!BBHI", version + 1, type, 8 + len(body), 0x77) + body


def output(version, port):
    if version:
        return struct.pack("!HHIH6x", 0, 16, port, 0)
    else:
        return struct.pack("!HHHH", 0, 8, port, 0)


def default(value, otherwise):
    return otherwise if value is None else value


def bucket(version, id=4, weight=1, watch_port=None, actions=None, more=b"",
           length=None, actions_length=None):
    if actions is None:
        actions = output(version, id)
    if has_properties(version):
        properties = more
        if weight is not None:
            properties += struct.pack("!HHHxx", 0, 8, weight)
        if watch_port is not None:
            properties += struct.pack("!HHI", 1, 8, watch_port)
        length = default(length, 8 + len(actions) + len(properties))
        actions_length = default(actions_length, len(actions))
        return struct.pack("!HHI", length, actions_length,
                           id) + actions + properties
    else:
        length = default(length, 16 + len(actions))
        return struct.pack("!HHII4x", length, weight,
                           default(watch_port, ANY), ANY) + actions


def method(name=b"consist-dp-hash", param=0, fields=b"", length=None,
           vendor=NETRONOME, type=1):
    p = struct.pack("!HHIIxxxx16sQ", 0xffff,
                    default(length, 40 + len(fields)), vendor, type, name,
                    param) + fields
    return p + bytes(-len(p) % 8)


def group_mod(version, command=MODIFY, type=SELECT, id=1, buckets=None,
              properties=b"", where=ANY, buckets_length=None, size=None):
    buckets = default(buckets, bucket(version))
    body = struct.pack("!HBxI", command, type, id)
    if has_properties(version):
        body += struct.pack("!HxxI", default(buckets_length, len(buckets)),
                            where)
        if not version:
            body = struct.pack("!II", NICIRA, 31) + body
    body = (body + buckets + properties)[:size]
    return message(version, 15 if version else 4, body)


class Case:
    """Messages that are refused with the same error, each with what the log
    says about it.  'in_bundle' is the error in a bundle, if it is another.  If
    'late' is true, that comes only when the bundle is committed."""
    def __init__(self, name, error, messages, in_bundle=None, late=False):
        self.name = name
        self.error = error
        self.messages = messages
        self.in_bundle = in_bundle or error
        self.late = late


def property_cases(v):
    """The selection method property."""
    def ours(wrong):
        return r"group 1: selection method consistent-dp-hash: .*" + wrong

    def params(shift, values, log):
        return [(group_mod(v, properties=method(param=value << shift)),
                 ours(log.format(value))) for value in values]

    yield Case("unknown datapath hash", "OFPBPC_BAD_VALUE",
               params(32, range(3, 256), r"bits 39\.\.\.32 .* not {}$"))
    yield Case("number of slots", "OFPBPC_BAD_VALUE",
               params(40, [*range(1, 4), *range(17, 256)],
                      r"bits 47\.\.\.40 .* not {}$"))
    yield Case("reserved bits", "OFPBPC_BAD_VALUE",
               params(56, [1, 2, 4, 8, 15], r"bits 59\.\.\.56 .* not {}$"))
    yield Case("version of the definition", "OFPBPC_BAD_VALUE",
               params(60, [1, 2, 4, 8], r"bits 63\.\.\.60 .* not {}$"))
    yield Case("all bits", "OFPBPC_BAD_VALUE", params(0, [2**64 - 1], "bits"))

    def names(*names):
        return [(group_mod(v, properties=method(name)),
                 r"ntr selection method .{}. is not supported"
                 .format(name.partition(b"\0")[0].decode()))
                for name in names]

    yield Case("name", "OFPBPC_BAD_VALUE", names(
        b"", b"\0consist-dp-has", b"consist-dp-has", b"consistent-dp-h",
        b"Consist-dp-hash", b"CONSIST-DP-HASH", b"consist_dp_hash",
        b" consist-dp-has", b"hash ", b"consist-dp-\0hash"))
    yield Case("name without end", "OFPBPC_BAD_VALUE", [
        (group_mod(v, properties=method(name)), "is not null terminated")
        for name in [b"consist-dp-hash ", b"consist-dp-hash1",
                     b"consistent-dp-ha"]])

    ip_src = struct.pack("!HBBI", 0x8000, 11 << 1, 4, 0xffffffff)
    yield Case("fields", "OFPBPC_BAD_VALUE", [
        (group_mod(v, properties=method(fields=fields)),
         "consist-dp-hash does not support fields")
        for fields in [
            ip_src,
            ip_src + ip_src,
            ip_src[:3],
            struct.pack("!HBBI", 0x8000, 11 << 1, 4, 0),
            struct.pack("!HBBI", 0x8000, 11 << 1, 40, 0),
            struct.pack("!HBBII", 0x8000, 11 << 1 | 1, 8, 1, 2),
            struct.pack("!HBBI", 0x8000, 0x7f << 1, 4, 0),
            bytes(1),
            bytes(400)]])

    def lengths(*lengths):
        return [(group_mod(v, properties=method(length=length)),
                 "length {} is not valid".format(length))
                for length in lengths]

    yield Case("property length", "OFPBPC_BAD_LEN",
               lengths(12, 13, 16, 32, 39))
    yield Case("property length, too", "OFPBPC_BAD_LEN", [
        (group_mod(v, properties=method(length=length)), "")
        for length in [0, 1, 3, 4, 8, 11, 41, 48, 0xffff]]
        + [(group_mod(v, properties=method()[:size]), "")
           for size in [8, 16, 32]])
    yield Case("experimenter 0", "OFPBPC_BAD_EXPERIMENTER", [
        (group_mod(v, properties=method(vendor=0)), "")])
    yield Case("experimenter or its type", "OFPBPC_BAD_EXP_TYPE", [
        (group_mod(v, properties=method(vendor=vendor, type=type)),
         "exp_id {:#x}, exp_type {}".format(vendor, type))
        for vendor, type in [(NICIRA, 1), (ONF, 1), (0x154e, 1),
                             (NETRONOME, 0), (NETRONOME, 2)]])
    yield Case("property type", "OFPBPC_BAD_TYPE", [
        (group_mod(v, properties=struct.pack("!HHI", 1, 8, 0)),
         "unknown group property type 1")])
    yield Case("property twice", "OFPBPC_DUP_TYPE", [
        (group_mod(v, properties=first + second), "given twice")
        for first, second in [
            (method(), method()),
            (method(param=1), method(param=2)),
            (method(b"hash", fields=ip_src), method()),
            (method(), method(b"hash", fields=ip_src)),
            (method(b"dp_hash"), method())]])
    yield Case("good property, bad property", "OFPBPC_BAD_EXP_TYPE", [
        (group_mod(v, properties=method() + method(type=7)), "exp_type 7")])

    yield Case("group of another type", "OFPBPC_BAD_VALUE", [
        (group_mod(v, type=type, properties=method(),
                   buckets=bucket(v, weight=None, watch_port=4)),
         "only allowed for select groups")
        for type in [ALL, INDIRECT, FAST_FAILOVER]])
    yield Case("group of no type", "OFPGMFC_BAD_TYPE", [
        (group_mod(v, type=type, properties=method()), "")
        for type in [4, 255]])
    yield Case("other commands", "OFPBPC_BAD_VALUE", [
        (group_mod(v, command, buckets=b"", properties=method(), where=where),
         "only allowed for add")
        for command, where in [(DELETE, ANY), (INSERT, LAST), (REMOVE, 2)]])
    yield Case("unknown commands", "OFPGMFC_BAD_COMMAND", [
        (group_mod(v, command, properties=method()), "")
        for command in [4, 6, 0x8001, 0xffff]])

    # The same checks for groups that are not there yet.
    yield Case("new group", "OFPBPC_BAD_VALUE", [
        (group_mod(v, command, id=7, properties=method(param=1 << 63)),
         "group 7: .* not 8$") for command in [ADD, ADD_OR_MOD]])


def bucket_id_cases(v):
    """Ids and properties of buckets, in messages that have them."""
    def out_of_range(command, *wheres):
        return [(group_mod(v, command, where=where,
                           buckets=b"" if command == REMOVE else None,
                           properties=method() if command in (ADD, MODIFY)
                           else b""),
                 r"command bucket id \({}\) is out of range".format(where))
                for where in wheres]

    yield Case("command bucket id", "OFPGMFC_BAD_BUCKET",
               out_of_range(MODIFY, 0, 2, FIRST, LAST, ID_MAX + 1)
               + out_of_range(ADD, 2)
               + out_of_range(ADD_OR_MOD, LAST)
               + out_of_range(DELETE, 2)
               + out_of_range(INSERT, ID_MAX + 1, FIRST - 1, ANY)
               + out_of_range(REMOVE, ID_MAX + 1, FIRST - 1))
    yield Case("unknown command bucket id", "OFPGMFC_UNKNOWN_BUCKET", [
        (group_mod(v, command, where=where,
                   buckets=b"" if command == REMOVE else None), "")
        for command in [INSERT, REMOVE] for where in [0, 1, 4, ID_MAX]],
        late=True)
    yield Case("bucket that exists", "OFPGMFC_BUCKET_EXISTS", [
        (group_mod(v, INSERT, buckets=bucket(v, 4) + bucket(v, id),
                   where=where), "Duplicate bucket id")
        for id in [2, 3] for where in [FIRST, LAST, 2]], late=True)
    # Whatever type the message says, that of the group counts.
    for error, id, kwargs in [
            ("OFPGMFC_WATCH_UNSUPPORTED", 2, {"watch_port": 4}),
            ("OFPGMFC_INVALID_GROUP", 2, {"weight": 1}),
            ("OFPGMFC_INVALID_GROUP", 3, {}),
            ("OFPGMFC_INVALID_GROUP", 4, {}),
            ("OFPGMFC_INVALID_GROUP", 4, {"weight": 1, "watch_port": 4})]:
        yield Case("bucket for a group of type {}".format(
            ["all", "indirect", "fast failover"][id - 2]), error, [
                (group_mod(v, INSERT, type, id, where=LAST,
                           buckets=bucket(v, **{"weight": 0, **kwargs})), "")
                for type in [ALL, SELECT, INDIRECT, FAST_FAILOVER]],
            late=True)
    yield Case("bucket twice", "OFPGMFC_BAD_BUCKET", [
        (group_mod(v, command, buckets=bucket(v, 4) * 2,
                   properties=method() if where == ANY else b"",
                   where=where), "Duplicate bucket id")
        for command, where in [(MODIFY, ANY), (ADD, ANY), (INSERT, LAST)]])
    yield Case("bucket id", "OFPGMFC_BAD_BUCKET", [
        (group_mod(v, command, buckets=bucket(v, id, actions=b""),
                   properties=method() if where == ANY else b"",
                   where=where),
         r"bucket id \({}\) is out of range".format(id))
        for command, where in [(MODIFY, ANY), (INSERT, FIRST)]
        for id in [ID_MAX + 1, FIRST, ANY]])
    yield Case("buckets to remove", "OFPGMFC_BAD_BUCKET", [
        (group_mod(v, REMOVE, where=2), "")])
    yield Case("bucket property", "OFPBPC_BAD_TYPE", [
        (group_mod(v, buckets=bucket(v, more=struct.pack("!HHI", 9, 8, 0)),
                   properties=method()),
         "unknown group bucket property type 9")])
    yield Case("bucket property length", "OFPBPC_BAD_LEN", [
        (group_mod(v, buckets=bucket(v, more=more), properties=method()), "")
        for more in [struct.pack("!HHI", 0, 4, 0),
                     struct.pack("!HHI", 0, 2, 0),
                     struct.pack("!HHI", 1, 4, 0),
                     struct.pack("!HHIQ", 1, 12, 0, 0)]])
    yield Case("actions' length", "OFPGMFC_BAD_BUCKET", [
        (group_mod(v, buckets=bucket(v, actions_length=800),
                   properties=method()),
         "actions length 800 exceeds")])
    yield Case("bucket list's length", "OFPBRC_BAD_LEN", [
        (group_mod(v, buckets_length=0xfff8, properties=method()), "")])


def group_cases(v):
    """What can be wrong in each version."""
    ours = method() if has_properties(v) else b""
    size = 8 if has_properties(v) else 16

    yield Case("message length", "OFPBRC_BAD_LEN", [
        (group_mod(v, size=size + 1), "received .* with incorrect length")],
        in_bundle="OFPBFC_MSG_UNSUP")
    yield Case("bucket length", "OFPGMFC_BAD_BUCKET", [
        (group_mod(v, buckets=bucket(v, length=length), properties=ours),
         "bucket length {} ".format(length))
        for length in [0, size - 1, 800]])
    yield Case("action", "OFPBAC_BAD_TYPE", [
        (group_mod(v, buckets=bucket(v, actions=struct.pack("!HHI", 0xee, 8,
                                                            0)),
                   properties=ours), "")])
    yield Case("action length", "OFPBAC_BAD_LEN", [
        (group_mod(v, buckets=bucket(v, actions=struct.pack("!HHI", 0, length,
                                                            0)),
                   properties=ours), "") for length in [0, 4, 80]])
    if v:
        yield Case("output port", "OFPBAC_BAD_OUT_PORT", [
            (group_mod(v, buckets=bucket(v, actions=output(v, 0x10000)),
                       properties=ours), "port 65536 is outside")])
    yield Case("watched port", "OFPGMFC_BAD_WATCH", [
        (group_mod(v, buckets=bucket(v, watch_port=0x10000),
                   properties=ours), "port 65536 is outside")])
    yield Case("weight in another type", "OFPGMFC_INVALID_GROUP", [
        (group_mod(v, type=type, buckets=bucket(v, watch_port=4)), "")
        for type in [ALL, INDIRECT, FAST_FAILOVER]])
    yield Case("group id out of range", "OFPGMFC_INVALID_GROUP", [
        (group_mod(v, command, id=id, properties=ours), "")
        for command in [ADD, ADD_OR_MOD] for id in [ID_MAX + 1, ANY]],
        late=True)
    yield Case("unknown group", "OFPGMFC_UNKNOWN_GROUP", [
        (group_mod(v, id=id, properties=ours), "")
        for id in [7, ID_MAX + 1]], late=True)
    yield Case("group that exists", "OFPGMFC_GROUP_EXISTS", [
        (group_mod(v, ADD, properties=ours), "")], late=True)
    yield Case("type of group", "OFPGMFC_BAD_TYPE", [
        (group_mod(v, type=type), "") for type in [4, 255]])
    yield Case("command", "OFPGMFC_BAD_COMMAND", [
        (group_mod(v, command, buckets=buckets), "")
        for command in [4, 6, 0x8001, 0xffff]
        + ([] if has_properties(v) else [INSERT, REMOVE])
        for buckets in [None, b""]])


def cases(version):
    if has_properties(version):
        yield from property_cases(version)
        yield from bucket_id_cases(version)
    yield from group_cases(version)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for case in cases(int(sys.argv[1])):
        for message_, log in case.messages:
            sys.stdout.buffer.write(message_)


if __name__ == "__main__":
    main()
