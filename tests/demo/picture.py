#!/usr/bin/env python3
"""Draws the first three commands of the demo, check, repair and check, as they were printed, into an SVG.

usage: tests/demo/run.sh | tests/demo/picture.py docs/images/demo.svg
       make picture

The picture follows the reader's choice of light or dark. Lines are cut at the edge, and the demo's root is called /srv/image;
nothing else is changed.
"""

import re
import sys
from html import escape

COLUMNS = 108
LINE = 17
LEFT, TOP = 18, 48

# The words of a report that are coloured on a terminal, at the beginning of a line.
STATES = [("fault", "fault"), ("changed", "changed"), ("ok", "ok"), ("fix:", "hint"), ("done:", "hint"), ("or:", "hint"), ("then", "hint")]

STYLE = """
  svg { color-scheme: light dark; }
  .window { fill: #f6f8fa; stroke: #d0d7de; }
  .dot { fill: #d0d7de; }
  text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
  .command { font-weight: bold; }
  .fault { fill: #b3140f; font-weight: bold; }
  .changed { fill: #7d4e00; }
  .ok { fill: #116329; }
  .hint { fill: #59636e; }
  @media (prefers-color-scheme: dark) {
    .window { fill: #0d1117; stroke: #3d444d; }
    .dot { fill: #3d444d; }
    text { fill: #f0f6fc; }
    .fault { fill: #ff938a; }
    .changed { fill: #e3b341; }
    .ok { fill: #7ee787; }
    .hint { fill: #9198a1; }
  }
"""


def runs(text):
    """Returns the lines of the first three commands, without what the demo says about them."""
    found, current = [], None
    root = re.search(r"(?m)^Judged as an alternate root: --root (\S+)$", text)
    for path in (root.group(1), "target/demo/root") if root else ():
        text = text.replace(path, "/srv/image")
    for line in text.splitlines():
        if line.startswith("$ hostprep "):
            if len(found) == 3:
                break
            current = [line]
            found.append(current)
        elif current is not None and ("as expected: " in line.lower() or not line):
            current = None
        elif current is not None:
            current.append(line)
    if [run[0].split()[2] for run in found] != ["check", "repair", "check"]:
        sys.exit("picture: standard input does not begin with check, repair and check of the demo")
    return found


def span(line):
    """Returns a line as text of the SVG, its first word with the class that it has in a report."""
    line = re.sub(r"\x1b\[[0-9;]*m", "", line)
    line = line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"
    if line.startswith("$ "):
        return f'<tspan class="command">{escape(line)}</tspan>'
    indent = line[: len(line) - len(line.lstrip())]
    for word, kind in STATES:
        if line[len(indent) :].startswith(word) and indent:
            rest = line[len(indent) + len(word) :]
            return f'{indent}<tspan class="{kind}">{escape(word)}</tspan>{escape(rest)}'
    return escape(line)


def picture(text):
    """Returns the SVG of the demo's output."""
    lines = [line for run in runs(text) for line in [*run, ""]][:-1]
    width, height = LEFT * 2 + round(COLUMNS * 7.83), TOP + LINE * len(lines) + 10
    dots = "".join(f'<circle class="dot" cx="{x}" cy="20" r="6"/>' for x in (22, 42, 62))
    body = "\n".join(
        f'<text x="{LEFT}" y="{TOP + LINE * at}" xml:space="preserve">{span(line)}</text>' for at, line in enumerate(lines) if line
    )
    title = "hostprep check reports faults 5, 11 and 19; repair fixes 5 and 19; check shows the package that fixes 11"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="window" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>\n{dots}\n{body}\n</svg>\n'
    )


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    drawn = picture(sys.stdin.read())
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(drawn)


if __name__ == "__main__":
    main()
