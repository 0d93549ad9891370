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
"""Checks JSON that slot-table commands print against the tables of the page
Documentation/topics/slot-tables.rst.

    test-slot-table-json.py PAGE NAME   reads JSON from stdin, and prints what
                                        differs from the table after NAME in
                                        PAGE, and how many objects it checked
"""

import json
import re
import sys

TYPES = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "object": dict, "array": list, "null": type(None),
}
INSIDE = {
    "since_start": "``since_start`` is", "changes": "A change in",
    "buckets": "A bucket in", "moves": "A move in", "change": "A change in",
}


def read_table(page, name):
    """Returns the types of the keys in the table after the line with 'name'.
    """
    keys = {}
    rules = 0
    lines = iter(page[page.index(name):].splitlines())
    for line in lines:
        if line.startswith("==="):
            rules += 1
            width = [len(column) for column in re.findall("=+ *", line)]
        elif rules == 2 and not line.startswith(" "):
            keys[line[:width[0]].strip()] = [
                TYPES[type]
                for type in line[width[0]:][:width[1]].strip().split(" or ")]
        if rules == 3:
            return keys


def is_of(value, type):
    return isinstance(value, type) and (type is bool
                                        or not isinstance(value, bool))


def check(page, name, object):
    keys = read_table(page, name)
    for key in keys.keys() ^ object.keys():
        print("{}: {} is just in the {}".format(
            name, key, "page" if key in keys else "output"))
    for key in keys.keys() & object.keys():
        value = object[key]
        if not any(is_of(value, type) for type in keys[key]):
            print("{}: {} is {}".format(name, key, value))
        if key in INSIDE and dict in keys[key]:
            check(page, INSIDE[key], value)
        elif key in INSIDE and list in keys[key]:
            for inside in value:
                check(page, INSIDE[key], inside)


def main(page, name):
    output = json.load(sys.stdin)
    with open(page) as file:
        page = file.read()
    objects = [output]
    if name == "A group is":
        objects = [group for groups in output.values() for group in groups]
    for object in objects:
        check(page, name, object)
    print(len(objects))


if __name__ == "__main__":
    main(*sys.argv[1:])
