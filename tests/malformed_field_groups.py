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
"""Group modifications that a switch must refuse because of the selection
method consistent-hash, each with the error that it must get.

group_errors.py sends them.
"""

import struct

from malformed_groups import (ADD, ADD_OR_MOD, Case, group_mod,
                              has_properties, method)

NAME = b"consistent-hash"
SYMMETRIC = 1 << 32

# OXM fields, as class, number and number of bytes.
IP_PROTO = 0x8000, 10, 1
IP_SRC = 0x8000, 11, 4
IP_DST = 0x8000, 12, 4
ENDS = {
    "eth": ((0x8000, 4, 6), (0x8000, 3, 6)),
    "ip": (IP_SRC, IP_DST),
    "ipv6": ((0x8000, 26, 16), (0x8000, 27, 16)),
    "tcp": ((0x8000, 13, 2), (0x8000, 14, 2)),
    "udp": ((0x8000, 15, 2), (0x8000, 16, 2)),
    "sctp": ((0x8000, 17, 2), (0x8000, 18, 2)),
}


def field(field_, mask=None, length=None):
    """A field with a mask, in bytes, by default all ones."""
    class_, number, size = field_
    mask = b"\xff" * size if mask is None else mask
    return struct.pack("!HBB", class_, number << 1,
                       len(mask) if length is None else length) + mask


def cases(v):
    assert has_properties(v)

    def group(param=0, fields=field(IP_SRC), name=NAME, **kwargs):
        return group_mod(v, properties=method(name, param, fields), **kwargs)

    def ours(wrong):
        return r"group 1: selection method consistent-hash: " + wrong

    def params(shift, values, log):
        return [(group(value << shift), ours(log.format(value)))
                for value in values]

    yield Case("hash", "OFPBPC_BAD_VALUE", params(
        32, range(2, 256), r"bits 39\.\.\.32 of selection_method_param must "
        "be 0 or 1 for a symmetric hash of the fields, not {}: the datapath's "
        "hash is not used$"))
    yield Case("number of slots", "OFPBPC_BAD_VALUE", params(
        40, [1, 3, 17, 255], r"bits 47\.\.\.40 .* not {}$"))
    yield Case("reserved bits", "OFPBPC_BAD_VALUE", params(
        56, [1, 15], r"bits 59\.\.\.56 .* not {}$"))
    yield Case("version of the definition", "OFPBPC_BAD_VALUE", params(
        60, [8], r"bits 63\.\.\.60 .* not {}$"))
    yield Case("no fields", "OFPBPC_BAD_VALUE", [
        (group(param, fields=b""), ours("needs fields to hash, such as"))
        for param in [0, SYMMETRIC]])
    yield Case("empty mask", "OFPBPC_BAD_VALUE", [
        (group(fields=fields), ours("field ip_src has a mask of all zeros$"))
        for fields in [field(IP_SRC, bytes(4)),
                       field(IP_DST) + field(IP_SRC, bytes(4))]])

    for name, (src, dst) in ENDS.items():
        one = b"\1" * src[2]
        yield Case("one end of " + name, "OFPBPC_BAD_VALUE", [
            (group(SYMMETRIC, field(IP_PROTO) + field(given)),
             ours("hash=symmetric with field {0}_{1} needs field {0}_{2}$"
                  .format(name, *names)))
            for given, names in [(src, ("src", "dst")),
                                 (dst, ("dst", "src"))]])
        yield Case("masks of " + name, "OFPBPC_BAD_VALUE", [
            (group(SYMMETRIC, fields),
             ours("hash=symmetric needs the same mask for fields {0}_src "
                  "and {0}_dst$".format(name)))
            for fields in [field(src, one) + field(dst),
                           field(dst, one) + field(src)]])

    if v:
        # In OpenFlow 1.0 these are errors of Nicira's extension.
        for name, error, fields in [
                ("twice", "OFPBMC_DUP_FIELD", field(IP_SRC) * 2),
                ("unknown", "OFPBMC_BAD_FIELD", field((0x8000, 0x7f, 4))),
                ("without a mask", "OFPBMC_BAD_MASK",
                 field(IP_PROTO, b"\1"))]:
            yield Case("field " + name, error, [
                (group(fields=fields), "fields are invalid")])

    yield Case("name", "OFPBPC_BAD_VALUE", [
        (group(name=name), r"ntr selection method .{}. is not supported"
         .format(name.decode()))
        for name in [b"consistent-has", b"Consistent-hash",
                     b"consistent_hash"]])
    yield Case("name without end", "OFPBPC_BAD_VALUE", [
        (group(name=NAME + more), "is not null terminated")
        for more in [b" ", b"e"]])
    yield Case("two methods", "OFPBPC_DUP_TYPE", [
        (group_mod(v, properties=first + second), "given twice")
        for ours_ in [method(NAME, fields=field(IP_SRC))]
        for first, second in [(ours_, ours_), (ours_, method()),
                              (method(), ours_)]])
    yield Case("new group", "OFPBPC_BAD_VALUE", [
        (group(fields=b"", id=7, command=command),
         "group 7: .* needs fields") for command in [ADD, ADD_OR_MOD]])
