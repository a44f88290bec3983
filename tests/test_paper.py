"""The page that leads from the paper to the code leads to the lines it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"`([\w.]+=?)`[ |,]+\[(src/[\w/]+\.py):(\d+)\]\(\.\./(.+?)#L(\d+)\)", (ROOT / "docs/paper.md").read_text("utf-8")
)


def test_there_are_rows():
    assert len(ROWS) >= 25


@pytest.mark.parametrize(("name", "path", "line", "target", "anchor"), ROWS)
def test_the_name_stands_in_its_line(name, path, line, target, anchor):
    assert (path, line) == (target, anchor)
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    pattern = re.compile(rf"\s*(class |def )?{re.escape(name)}\b" if not name.endswith("=") else rf"\s*{name}")
    found = [number for number, text in enumerate(lines, 1) if pattern.match(text)]
    assert int(line) in found, f"{name} stands in {path}, line {found}: correct docs/paper.md"
