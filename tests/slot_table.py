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
"""A slow model of the slot table of the selection method consistent-dp-hash,
written from Documentation/topics/consistent-dp-hash-construction.rst, not from
the C code in lib/, which is tested against it.

    slot_table.py compute          reads test vectors, and prints them with
                                   the values, whatever follows a "=" in them
    slot_table.py random SEED N    prints N random groups to compute
    slot_table.py random-changes SEED N   writes bundles of random changes of a
                                   group to bundle0, bundle1, ..., and prints
                                   for each its number, the exit code that
                                   ovs-ofctl should have, and the owners vector
                                   of the group afterwards
    slot_table.py check-costs      checks costs against the true logarithm
"""

import decimal
import fractions
import hashlib
import random
import struct
import sys

ROUNDS = 5
COST_BITS = 40
MASK64 = 2**64 - 1


def output(seed, i):
    """Output number i of SplitMix64 seeded with seed."""
    z = (seed + (i + 1) * 0x9e3779b97f4a7c15) & MASK64
    z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) & MASK64
    return z ^ (z >> 31)


def bucket_seed(basis, bucket_id):
    return output((basis << 32) | bucket_id, 0)


def place(seed, bits, slot):
    x = slot
    for i in range(ROUNDS):
        key = output(seed, i)
        add, mul = key % 2**32, (key >> 32) | 1
        x = (x + add) * mul % 2**bits
        x ^= (x >> ((bits + 1) // 2)) ^ (x >> (bits - 1))
    return x


def draw(seed, bits, slot):
    within = output(seed, ROUNDS + slot)
    return (place(seed, bits, slot) << (64 - bits)) | (within >> bits) | 1


def cost(x):
    exponent = x.bit_length() - 1
    y = x << (63 - exponent)
    log2 = exponent
    for i in range(COST_BITS):
        y = y * y >> 64
        if y >= 2**63:
            log2 = 2 * log2 + 1
        else:
            log2 = 2 * log2
            y = 2 * y
    return (64 << COST_BITS) - log2


def threshold(seed):
    return output(seed, ROUNDS + 2**16) >> 40


def capacities(basis, bits, bound, weights):
    """The number of slots that each bucket may own with a load bound, which
    is in percent, but 255 for 0 percent."""
    percent = bound % 255
    slots, total = 2**bits, sum(weights.values())
    result, lack = {}, {}
    for b, weight in weights.items():
        most = fractions.Fraction((100 + percent) * slots * weight,
                                  100 * total)
        result[b] = int(most)
        lack[b] = (fractions.Fraction(threshold(bucket_seed(basis, b)), 2**24)
                   - (most - int(most)))
    for b in sorted(lack, key=lambda b: (lack[b], b)):
        if (percent and lack[b] < 0) or sum(result.values()) < slots:
            result[b] += 1
    return result


def owners(basis, bits, bound, weights, only=None):
    """The bucket that owns each slot; weights maps bucket ids to weights.
    Without a bound, it may be one slot only."""
    claims = []
    for b, weight in weights.items():
        for slot in range(2**bits) if bound or only is None else [only]:
            x = draw(bucket_seed(basis, b), bits, slot)
            claims.append((fractions.Fraction(cost(x), weight), -x, b, slot))
    room = (capacities(basis, bits, bound, weights) if bound
            else dict.fromkeys(weights, 2**bits))
    result = {}
    for _, _, b, slot in sorted(claims):
        if slot not in result and room[b]:
            result[slot] = b
            room[b] -= 1
    return result


def compute(what, *args):
    """The values of a test vector."""
    if what in ("owner", "owners", "checksum", "capacities"):
        basis, bits, bound = map(int, args[:3])
        weights = dict(map(int, b.split(":"))
                       for b in args[3 + (what == "owner"):])
        weights = {b: weights[b] for b in sorted(weights) if weights[b]}
        if what == "capacities":
            result = capacities(basis, bits, bound, weights)
            return ("%d:%d" % item for item in result.items())
        if what == "owner":
            slot = int(args[3])
            return [owners(basis, bits, bound, weights, slot)[slot]]
        result = owners(basis, bits, bound, weights)
        if what == "checksum":
            data = struct.pack("!%dI" % len(result),
                               *(result[slot] for slot in range(len(result))))
            return [hashlib.sha1(data).hexdigest()[:8]]
        return (result.get(slot, "none") for slot in range(2**bits))
    args = [int(arg, 0) for arg in args]
    if what == "cost":
        return [cost(*args)]
    seed = bucket_seed(*args[:2])
    if what == "seed":
        return ["%#018x" % seed]
    elif what == "threshold":
        return [threshold(seed)]
    elif what == "places":
        return (place(seed, args[2], slot) for slot in range(2**args[2]))
    elif what == "draw":
        return ["%#018x" % draw(seed, *args[2:])]


def random_group(rng):
    def number(bits):
        return rng.getrandbits(rng.randint(1, bits))

    equal = rng.randint(1, 0xffff) if rng.random() < .3 else None
    ids = {min(number(32), 0xffffff00) for i in range(rng.randint(1, 24))}
    buckets = ["%d:%d" % (b, number(16) if equal is None else equal)
               for b in ids]
    rng.shuffle(buckets)
    bound = rng.choice([0, 255, number(8), number(8)])
    return " ".join([rng.choice(["owners", "owners", "owners", "capacities"]),
                     str(number(32)), str(rng.randint(4, 8)), str(bound)]
                    + buckets)


def random_changes(rng, n_bundles):
    method = "selection_method=consistent-dp-hash(slots=16,basis=%d)"
    group, basis = {}, 0

    def text(buckets):
        return "".join(",bucket=bucket_id:%d,weight:%d,actions=2" % item
                       for item in buckets.items())

    def random_buckets():
        return {rng.randrange(50): rng.choice([0, 1, 1, 1, 9, 0xffff])
                for i in range(rng.randrange(6))}

    for n in range(n_bundles):
        old = dict(group), basis
        lines = []
        fails = rng.random() < .3
        for i in range(rng.randint(1, 8)):
            what = rng.choice(["insert_bucket", "remove_bucket", "modify",
                               "add_or_mod", "delete"])
            new = random_buckets()
            if what == "insert_bucket":
                new = {b: new[b] for b in new if b not in group}
                group.update(new)
                lines.append("group insert_bucket group_id=1,"
                             "command_bucket_id=first" + text(new))
            elif what == "remove_bucket" and group:
                b = rng.choice(list(group))
                del group[b]
                lines.append("group remove_bucket group_id=1,"
                             "command_bucket_id=%d" % b)
            elif what == "delete" and not fails:
                group, basis = new, rng.randrange(2)
                lines += ["group delete group_id=1",
                          "group add group_id=1,type=select,"
                          + method % basis + text(new),
                          "flow add in_port=1,actions=group:1"]
            elif what in ("modify", "add_or_mod"):
                group = {**group, **new}
                lines.append("group %s group_id=1,type=select,%s%s"
                             % (what, method % basis, text(group)))
        if fails:
            lines.append("group modify group_id=2,type=select")
            group, basis = old
        with open("bundle%d" % n, "w") as f:
            f.write("".join(line + "\n" for line in lines))
        print(n, int(fails), "owners", basis, 4, 0,
              *("%d:%d" % item for item in group.items()))


def check_costs():
    """A cost is never below the true logarithm and above it by no more than
    1.000001 units, and never rises with the draw."""
    decimal.getcontext().prec = 50
    ln2 = decimal.Decimal(2).ln()
    rng = random.Random(1)
    draws = [rng.getrandbits(rng.randint(1, 64)) | 1 for i in range(3000)]
    draws += [2**64 - 1 - 2 * i for i in range(500)]
    draws += [2**i + d for i in range(4, 64) for d in (-3, -1, 1, 3)]
    last, worst = None, 0
    for x in sorted(set(draws)):
        exact = (64 - decimal.Decimal(x).ln() / ln2) * 2**COST_BITS
        error = cost(x) - exact
        worst = max(worst, error)
        assert 0 <= error < 1.000001, (x, error)
        assert last is None or cost(x) <= last, x
        last = cost(x)
    print("%d costs, largest error %.4f units" % (len(draws), worst))


def main(argv):
    if argv[1:] == ["compute"]:
        for line in sys.stdin:
            vector = line.partition("=")[0].split()
            print(*vector, "=", *compute(*vector))
    elif argv[1:2] == ["random"] and len(argv) == 4:
        rng = random.Random(int(argv[2]))
        for i in range(int(argv[3])):
            print(random_group(rng))
    elif argv[1:2] == ["random-changes"] and len(argv) == 4:
        random_changes(random.Random(int(argv[2])), int(argv[3]))
    elif argv[1:] == ["check-costs"]:
        check_costs()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
