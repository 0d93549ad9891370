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
"""The draws of one bucket, in strata, beside independent ones."""

import slot_table
import svg

BASIS, BUCKET, BITS = 0, 1, 4
SLOTS = 2**BITS
CELL = 17
NUMBER = ["none", "one", "two", "three", "four"]


def panel(p, left, title, draws):
    """Plots draws, fractions from 0 to 1, and counts those in each stratum."""
    top, size = 62, SLOTS * CELL
    p.text(left, 24, title, "bold")
    p.text(left + size + 10, 46, "draws", "small soft")
    for stratum in range(SLOTS):
        y = top + size - CELL * (stratum + 1)
        n = sum(int(u * SLOTS) == stratum for u in draws)
        p.box(left, y, size, CELL, kind="box" if n == 1 else "orange",
              faint=None if n == 1 else .12 * (1 + abs(n - 1)), edge="lane",
              round=0)
        p.text(left - 8, y + CELL / 2, str(stratum), "small soft", "end")
        p.text(left + size + 10, y + CELL / 2, NUMBER[n],
               "small " + ("soft" if n == 1 else "orange bold"))
    for slot, u in enumerate(draws):
        x = left + CELL * (slot + .5)
        p.add("circle", cx=x, cy=round(top + size * (1 - u), 1), r=4,
              class_="blue")
        p.text(x, top + size + 12, str(slot), "small soft", "middle")
    p.line((left, top), (left, top + size), (left + size, top + size))
    p.text(left + size / 2, top + size + 32, "slot", anchor="middle")
    p.text(left - 8, 46, "place", "small soft", "end")


def draw():
    seed = slot_table.bucket_seed(BASIS, BUCKET)
    strata = [slot_table.draw(seed, BITS, slot) / 2**64
              for slot in range(SLOTS)]
    independent = [slot_table.output(seed, slot_table.ROUNDS + slot) / 2**64
                   for slot in range(SLOTS)]

    p = svg.Picture(760, 430, "Strata of one bucket")
    panel(p, 50, "The bucket's draws: one in each stratum", strata)
    panel(p, 424, "Independent draws", independent)
    p.text(50, 390, "The higher, the more the bucket wants the slot.", "soft")
    p.text(50, 410, "Of equal weights, the highest draw for a slot wins it.",
           "soft")
    return p
