#!/usr/bin/env python3
"""Draws docs/demo.svg from the demo's output.

docs/demo.py           runs mvn -q -Pdemo and draws what it prints
docs/demo.py FILE      draws the output that was saved in FILE

The picture has the beginning of the output, up to the dead-letter queue, and its last line.
"""
import re
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "mvn -q -Pdemo"
SIZE, WIDTH, LINE = 12.5, 7.6, 17  # font size, width of a character, height of a line
LEFT, TOP = 18, 52
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
STYLES = {"✓": "good", "✗": "bad", "$": "prompt"}


def output():
    if len(sys.argv) > 1:
        return Path(sys.argv[1]).read_text(encoding="utf-8")
    print(f"running {COMMAND} ...", file=sys.stderr)
    done = subprocess.run(COMMAND.split(), cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode("utf-8")


def shown(text):
    lines = [CONTROL.sub("", line).rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    cut = next(i for i, line in enumerate(lines) if line.startswith("The dead-letter"))
    return [f"$ {COMMAND}"] + lines[:cut] + ["…", "", lines[-1]]


def draw(row, line):
    """One line; each piece between wide gaps has its own place, so columns fit in any font."""
    y = TOP + row * LINE
    title = line and not line.startswith((" ", "$", "…")) and not line.endswith(".")
    for piece in re.finditer(r"\S+(?: \S+)*", line):
        x, text = LEFT + piece.start() * WIDTH, piece.group()
        if re.fullmatch("█+", text):
            yield f'<rect class="bar" x="{x:.1f}" y="{y - 10}" width="{len(text) * WIDTH:.1f}" height="11"/>'
            continue
        style = STYLES.get(text[0], "title" if title else "")
        if style in ("good", "bad"):
            yield f'<text class="{style}" x="{x:.1f}" y="{y}">{text[0]}</text>'
            x, text, style = x + 2 * WIDTH, text[2:], ""
        yield f'<text{style and f" class={chr(34)}{style}{chr(34)}"} x="{x:.1f}" y="{y}">{escape(text)}</text>'


def main():
    lines = shown(output())
    width = round(2 * LEFT + max(map(len, lines)) * WIDTH)
    height = TOP + len(lines) * LINE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-label="What the demo prints"'
        " font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\""
        f' font-size="{SIZE}">',
        "<!-- Made by docs/demo.py from the output of a run. -->",
        "<style>text { fill: #d5dbe1; white-space: pre } .good { fill: #56d364 } .bad { fill: #ff7b72 }"
        " .prompt, .title { fill: #ffffff; font-weight: 600 } .bar { fill: #58a6ff }</style>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22" stroke="#57606a"/>',
    ]
    parts += [
        f'<circle cx="{20 + 18 * i}" cy="18" r="5.5" fill="{colour}"/>'
        for i, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"])
    ]
    for row, line in enumerate(lines):
        parts += draw(row, line)
    (ROOT / "docs" / "demo.svg").write_text("\n".join(parts + ["</svg>"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
