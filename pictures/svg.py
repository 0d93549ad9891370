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
"""A picture in SVG: boxes, lines with arrowheads and text in named colors,
each of which has a value for light pages and another one for dark ones."""

import textwrap
import xml.sax.saxutils

#           light      dark
COLORS = {
    "paper":  ("#ffffff", "#15191e"),
    "ink":    ("#1f2328", "#e6edf3"),
    "soft":   ("#57606a", "#9da7b1"),
    "line":   ("#8c959f", "#6e7781"),
    "lane":   ("#f3f5f8", "#1d2229"),
    "box":    ("#ffffff", "#2a313a"),
    "state":  ("#fdf0c4", "#4d4010"),
    "blue":   ("#2f6fb3", "#6cb2f5"),
    "orange": ("#b8500c", "#f2924d"),
    "green":  ("#2a7a49", "#5cc884"),
    "purple": ("#8149a8", "#c69bf0"),
    "gold":   ("#7d6300", "#e0bf4a"),
}

# Beside the colors: text on a color, code, small print, emphasis.
STYLE = """
svg{font-family:Helvetica,Arial,sans-serif;font-size:13px}
.code{font-family:Menlo,Consolas,monospace;font-size:11.5px}
.small{font-size:11.5px}
.bold{font-weight:bold}
polyline{fill:none;stroke-linejoin:round}
"""
LINE_HEIGHT = 17


def wrap(markup):
    """Breaks it into lines that fit a mail."""
    return textwrap.fill(markup, 79, break_long_words=False,
                         break_on_hyphens=False)


class Picture:
    def __init__(self, width, height, title):
        self.width, self.height, self.title = width, height, title
        self.parts = []
        self.box(0, 0, width, height, kind="paper", edge=None, round=8)

    def add(self, element, text=None, **attributes):
        attributes = "".join(
            ' %s="%s"' % (name.rstrip("_").replace("_", "-"),
                          "%g" % value if isinstance(value, (int, float))
                          else value)
            for name, value in attributes.items() if value is not None)
        end = "/>" if text is None else ">%s</%s>" % (
            xml.sax.saxutils.escape(text), element)
        # A line that ends in a text would take a space from it.
        self.parts.append(wrap("<" + element + attributes
                               + end.replace(" ", "\0")).replace("\0", " "))

    def text(self, x, y, text, kind="", anchor=None):
        """One line of text whose middle is as high as 'y'.  Its color is ink,
        unless 'kind' names another one."""
        if not COLORS.keys() & set(kind.split()):
            kind = "ink " + kind
        self.add("text", text, x=x, y=y + 4.5, class_=kind.strip(),
                 text_anchor=anchor)

    def texts(self, places, text, kind=""):
        """The same text at the middle of each place."""
        self.parts.append(wrap(
            '<g class="%s" text-anchor="middle"> %s</g>'
            % (kind, " ".join('<text x="%g" y="%g">%s</text>'
                              % (x, y + 4.5, text) for x, y in places))))

    def box(self, x, y, width, height, *lines, kind="box", edge="line",
            round=4, faint=None, thick=1):
        """A box with lines of text in its middle, each a string or a string
        and its kind."""
        inset = thick / 2 if edge else 0
        self.add("rect", x=x + inset, y=y + inset, width=width - 2 * inset,
                 height=height - 2 * inset, rx=round,
                 class_=kind + (" %s-edge" % edge if edge else ""),
                 stroke_width=thick if edge else None, fill_opacity=faint)
        top = y + height / 2 - LINE_HEIGHT * (len(lines) - 1) / 2
        for i, line in enumerate(lines):
            line, kind = (line, "") if isinstance(line, str) else line
            assert len(line) * (7.2 if "bold" in kind else 6.2) <= width, line
            self.text(x + width / 2, top + LINE_HEIGHT * i, line, kind,
                      "middle")

    def line(self, *points, kind="line", head=False, width=1.5):
        """A line through points, with an arrowhead at the last one."""
        if head:
            (x0, y0), (x, y) = points[-2:]
            length = ((x - x0)**2 + (y - y0)**2)**.5
            dx, dy = (x - x0) / length, (y - y0) / length
            back = x - 9 * dx, y - 9 * dy
            self.add("polygon", class_=kind, points=" ".join(
                "%.4g,%.4g" % point for point in [
                    (x, y), (back[0] - 4.5 * dy, back[1] + 4.5 * dx),
                    (back[0] + 4.5 * dy, back[1] - 4.5 * dx)]))
            points = (*points[:-1], back)
        self.add("polyline", points=" ".join("%.4g,%.4g" % p for p in points),
                 class_=kind + "-edge", stroke_width=width)

    def __str__(self):
        body = "\n".join(self.parts)

        def rules(i):
            return "".join(".%s{fill:%s}.%s-edge{stroke:%s}\n"
                           % (name, color[i], name, color[i])
                           for name, color in COLORS.items() if name in body)

        return "\n".join([
            '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"\n'
            'viewBox="0 0 %d %d">'
            % (self.width, self.height, self.width, self.height),
            "<title>%s</title>" % xml.sax.saxutils.escape(self.title),
            "<style>%s%s@media (prefers-color-scheme:dark){\n%s}</style>"
            % (STYLE, rules(0), rules(1)),
            *self.parts, "</svg>", ""])
