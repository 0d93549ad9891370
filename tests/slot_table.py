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
written from Documentation/topics/consistent-dp-hash.rst, not from the C code
in lib/rendezvous.c and lib/slot-table.c, which is tested against it.

    slot_table.py compute          reads test vectors, whatever follows a "=" in
                                   them aside, and prints them with the values
    slot_table.py random SEED N    prints N random groups to compute
    slot_table.py check-costs      checks costs against the true logarithm
"""

import decimal
import fractions
import random
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


def owner(basis, bits, weights, slot):
    """The bucket id that owns slot; weights maps bucket ids to weights."""
    def rank(bucket_id):
        x = draw(bucket_seed(basis, bucket_id), bits, slot)
        return (fractions.Fraction(cost(x), weights[bucket_id]),
                -x, bucket_id)

    return min((b for b in weights if weights[b]), key=rank, default=None)


def owners(basis, bits, *buckets):
    weights = dict(map(int, b.split(":")) for b in buckets)
    return (owner(int(basis), int(bits), weights, slot)
            for slot in range(2**int(bits)))


def compute(what, *args):
    """The values of a test vector."""
    if what == "owners":
        return ("none" if b is None else b for b in owners(*args))
    args = [int(arg, 0) for arg in args]
    if what == "cost":
        return [cost(*args)]
    seed = bucket_seed(*args[:2])
    if what == "seed":
        return ["%#018x" % seed]
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
    return " ".join(["owners", str(number(32)), str(rng.randint(4, 8))]
                    + buckets)


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
    elif argv[1:] == ["check-costs"]:
        check_costs()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
