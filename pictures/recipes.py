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
"""Which recipe is for whom: questions, and where their answers lead."""

import svg

# A question has a column and a row, where it leads to, by answer, and its
# lines.  Columns are 0 and 1, and rows go down; leaves are in column 2.
QUESTIONS = {
    "both": (0, 0, {"yes": "stateful-service", "no": "nodes"},
             "Must a box between two", "networks see both",
             "directions? (firewall, NAT)"),
    "nodes": (0, 1.2, {"yes": "addition", "no": "way back"},
              "Can the node of a backend", "track its connections?"),
    "way back": (1, 1.2, {"yes": "horizon", "no": "dsr"},
                 "Do answers pass the", "load balancer?"),
    "horizon": (1, 2.7, {"yes": "jet", "no": "transition"},
                "Is it enough that", "additions, known",
                "before, break none?"),
    "addition": (0, 4.2, {"yes": "stateless-gateway", "no": "removal"},
                 "May a new backend break", "the connections that it",
                 "takes over?"),
    "removal": (0, 5.7, {"yes": "sticky", "no": "second-chance"},
                "May a planned removal", "break the connections of",
                "the backend?"),
}

# Of each recipe, its row, the systems that it is for, and what it is.
RECIPES = {
    "stateful-service": (0, "MidoNet", "each firewall sees both directions,",
                         "gateways remember nothing"),
    "dsr": (1.2, "Antrea", "answers go straight to the client,",
            "and nothing has to be tracked"),
    "jet": (2.2, "Just Enough Tracking", "the load balancer tracks only",
            "what an addition could move"),
    "transition": (3.2, "SilkRoad", "any change, and only what opens",
                   "during it is tracked"),
    "stateless-gateway": (4.2, "OVN", "any gateway, at any packet,",
                          "only the nodes track"),
    "sticky": (5.2, "OpenSDN", "flows stay with their pod, also",
               "when one pod becomes two"),
    "second-chance": (6.2, "GLB, Beamer", "a second node takes what",
                      "the first does not know"),
}

LEFTS, WIDTHS = (16, 250, 484), (196, 150, 260)
TOP, ROW, HEIGHT = 16, 80, 64


def frame(column, row):
    """Left, top, width and height of a box."""
    return LEFTS[column], TOP + ROW * row, WIDTHS[column], HEIGHT


def draw():
    p = svg.Picture(760, TOP + round(7.2 * ROW), "Which recipe")
    frames = {name: frame(column, row)
              for name, (column, row, *_) in QUESTIONS.items()}
    frames.update((name, frame(2, row))
                  for name, (row, *_) in RECIPES.items())

    for name, (_, _, answers, *lines) in QUESTIONS.items():
        x, y, width, height = frames[name]
        for answer, target in answers.items():
            target_x, target_y, _, _ = frames[target]
            if target_x == x:
                p.line((x + width / 2, y + height),
                       (x + width / 2, target_y), head=True)
                p.text(x + width / 2 + 8, y + height + 14, answer,
                       "small bold")
                continue
            start, end = y + height / 2, target_y + HEIGHT / 2
            middle = x + width + 21
            p.line((x + width, start), (middle, start), (middle, end),
                   (target_x, end), head=True)
            p.text(target_x - 14, end - 10, answer, "small bold", "end")
        p.box(x, y, width, height, *lines, edge="blue", round=12)
    for name, (_, system, *lines) in RECIPES.items():
        p.box(*frames[name], ("%s: %s" % (name, system), "bold"),
              *((line, "small soft") for line in lines), kind="lane")
    return p
