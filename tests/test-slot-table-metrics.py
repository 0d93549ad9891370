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
"""Checks metrics that ovs-slot-table-metrics prints.

    compare METRICS JSON  prints what METRICS tell else than JSON, the output
                          of slot-table/show, and how many values it compared
    page METRICS PAGE     prints how the tables of the man page PAGE differ
                          from the names, types and labels in METRICS, and
                          names in its rules that METRICS do not have
    rules PAGE            prints the rules in PAGE
"""

import json
import re
import sys

PREFIX = "ovs_slot_table_"
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
GROUP_LABELS = {"bridge", "group"}
BUCKET_LABELS = {"bridge", "group", "bucket"}

# Where the JSON has the values of metrics.
GROUP_KEYS = {
    "slots": ["slots"],
    "changes_total": ["since_start", "changes"],
    "moved_slots_total": ["since_start", "moved"],
    "redirected_slots_total": ["since_start", "redirected"],
    "collateral_slots_total": ["since_start", "collateral"],
}
BUCKET_KEYS = {
    "bucket_weight": "weight",
    "bucket_slots": "slots",
    "bucket_slots_now": "slots_now",
    "bucket_share_ratio": "share",
    "bucket_ideal_share_ratio": "ideal",
    "bucket_live": "live",
    "bucket_packets_total": "packets",
    "bucket_bytes_total": "bytes",
}


def unescape(text):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def read_metrics(file_name):
    """Returns the type of each metric in the file, and its samples, as
    dictionaries whose keys are sorted tuples of labels with values.  Names
    are without the prefix.

    """
    types = {}
    samples = {}
    with open(file_name, encoding="utf-8") as file:
        for line in file:
            if line.startswith("# TYPE "):
                name, types[name] = line.split()[2:]
            elif not line.startswith("#"):
                m = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? ([-0-9.e]+)\n", line)
                labels = m[2] or ""
                pairs = LABEL.findall(labels)
                assert LABEL.sub("", labels) == "", line
                key = tuple(sorted((k, unescape(v)) for k, v in pairs))
                metric = samples.setdefault(m[1], {})
                assert key not in metric, line
                metric[key] = float(m[3])
    assert types.keys() == samples.keys()
    assert all(name.startswith(PREFIX) for name in types)
    return ({name[len(PREFIX):]: types[name] for name in types},
            {name[len(PREFIX):]: samples[name] for name in samples})


def expected(bridges):
    """Returns the samples that the output of slot-table/show asks for."""
    samples = {}

    def add(name, value, **labels):
        key = tuple(sorted((k, str(v)) for k, v in labels.items()))
        samples.setdefault(name, {})[key] = float(value)

    for bridge, groups in bridges.items():
        for group in groups:
            labels = {"bridge": bridge, "group": group["group_id"]}
            add("info", 1, method=group["selection_method"],
                hash=group["hash"] or "", **labels)
            add("checksum", int(group["checksum"], 16), **labels)
            add("last_change_timestamp_seconds",
                group["changes"][0]["time_ms"] / 1000, **labels)
            for name, keys in GROUP_KEYS.items():
                value = group
                for key in keys:
                    value = value[key]
                add(name, value, **labels)
            for bucket in group["buckets"]:
                for name, key in BUCKET_KEYS.items():
                    add(name, bucket[key], bucket=bucket["bucket_id"],
                        **labels)
    return samples


def compare(metrics, json_file):
    _, samples = read_metrics(metrics)
    assert samples.pop("up") == {(): 1}
    assert samples.pop("run_timestamp_seconds").keys() == {()}
    with open(json_file) as file:
        wanted = expected(json.load(file))
    n = 0
    for name in samples.keys() | wanted.keys():
        one = samples.get(name, {})
        other = wanted.get(name, {})
        for key in one.keys() | other.keys():
            n += 1
            if one.get(key) != other.get(key):
                print(name, key, one.get(key), other.get(key))
    print(n)


def read_tables(page):
    """Returns what the tables in 'page' say: a type and a set of labels for
    each name.

    """
    metrics = {}
    labels = [GROUP_LABELS, BUCKET_LABELS, set()]
    for table in re.split(r"\nMetric +Type +Meaning\n", page)[1:]:
        body = table.split("\n=====")[0]
        found = re.findall(r"^([a-z_]+) +([a-z]+)\b", body, re.M)
        metrics.update((name, (type, labels[0])) for name, type in found)
        labels.pop(0)
    name_type, extra = metrics["info"]
    metrics["info"] = name_type, extra | {"method", "hash"}
    assert not labels
    return metrics


def rules(page):
    """Returns the rules in 'page': the indented lines from "groups:" on."""
    text = page[page.index("    groups:\n"):]
    lines = []
    for line in text.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line[4:])
    return "\n".join(lines).strip() + "\n"


def check_page(metrics, page):
    types, samples = read_metrics(metrics)
    has = {name: (types[name],
                  {label for key in samples[name] for label, _ in key})
           for name in types}
    tables = read_tables(page)
    for name in sorted(has.keys() | tables.keys()):
        if has.get(name) != tables.get(name):
            print(name, has.get(name), tables.get(name))
    for name in re.findall(PREFIX + "([a-z_]+)", rules(page)):
        if name not in has:
            print("rules:", name)
    print(len(tables))


def read(file_name):
    with open(file_name) as file:
        return file.read()


def main(command, *args):
    if command == "compare":
        compare(*args)
    elif command == "page":
        check_page(args[0], read(args[1]))
    elif command == "rules":
        print(rules(read(args[0])), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
