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
"""Where slots are before and after the removal of a bucket, beside what stock
dp_hash does with as many hash values."""

import slot_table
import svg

BUCKETS = {1: "blue", 2: "orange", 3: "green", 4: "purple", 5: "gold"}
REMOVED = 3
BITS = 6
COLUMNS, CELL = 16, 20

# How a slot looks after a change: its owner is the same, or another one,
# because the old one is gone or although it is not.
STAYS, GONE, COLLATERAL = range(3)


def consistent(buckets):
    owners = slot_table.owners(0, BITS, 0, dict.fromkeys(buckets, 1))
    return [owners[slot] for slot in range(2**BITS)]


def stock_values(buckets):
    """How many hash values stock dp_hash takes for buckets of equal weight."""
    n = 16
    while n < 4 * len(buckets):
        n *= 2
    return n


def stock(buckets):
    """The bucket that stock dp_hash gives each hash: in turn."""
    n = stock_values(buckets)
    return [buckets[hash % n % len(buckets)] for hash in range(2**BITS)]


def grid(p, x, y, owners, before=None):
    """Draws the owners of all slots, after a change those that differ from
    the ones before it."""
    cells = {}
    for slot, owner in enumerate(owners):
        look = (GONE if not before or before[slot] == REMOVED else
                STAYS if before[slot] == owner else COLLATERAL)
        cells.setdefault((look, owner), []).append(
            (x + slot % COLUMNS * CELL, y + slot // COLUMNS * CELL))
    for (look, owner), corners in sorted(cells.items()):
        draw_cells(p, corners, look, owner)


def draw_cells(p, corners, look, owner):
    inset = 2 if look == COLLATERAL else .5
    size = CELL - 2 * inset
    p.add("path", d=" ".join("M%g %gh%gv%gh-%gz" % (x + inset, y + inset, size,
                                                    size, size)
                             for x, y in corners),
          class_=BUCKETS[owner] + (" ink-edge" if look == COLLATERAL else ""),
          stroke_width=3 if look == COLLATERAL else None,
          fill_opacity=.15 if look == STAYS else None)
    p.texts([(x + CELL / 2, y + CELL / 2) for x, y in corners], owner,
            "small " + ("soft" if look == STAYS else "paper"))


def draw():
    buckets = list(BUCKETS)
    rest = [b for b in buckets if b != REMOVED]
    sides = [(36, buckets), (404, rest)]

    p = svg.Picture(760, 366, "Slots before and after a removal")
    p.text(36, 24, "%d buckets" % len(buckets), "bold")
    p.text(404, 24, "bucket %d removed" % REMOVED, "bold")
    for y, name, method in [
            (52, "consistent-dp-hash, %d slots" % 2**BITS, consistent),
            (178, "dp_hash", stock)]:
        before, after = method(buckets), method(rest)
        moved = [b for b, a in zip(before, after) if b != a]
        lost = moved.count(REMOVED)
        p.text(36, y, name)
        p.text(404, y, "%d move: %d of bucket %d, %d of other buckets"
               % (len(moved), lost, REMOVED, len(moved) - lost))
        grid(p, 36, y + 16, before)
        grid(p, 404, y + 16, after, before)
    for x, set in sides:
        n = stock_values(set)
        p.text(x, 288, "%d hash values, shown %d times" % (n, 2**BITS // n),
               "small soft")

    for x, look, text in [
            (36, STAYS, "stays"),
            (116, GONE, "moves: its bucket is gone"),
            (326, COLLATERAL,
             "moves, but its bucket is still there (collateral)")]:
        draw_cells(p, [(x, 326)], look, 1)
        p.text(x + CELL + 8, 336, text)
    return p
