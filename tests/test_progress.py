"""What long work shows: bars on a terminal, lines in a file, nothing unless asked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from xespeech import progress
from xespeech.progress import show, silent, track

# Bars inside each other, as a pack's features are computed within training.
NESTED = """
from xespeech.progress import show, track
for _ in track(range(3), "outer", show):
    list(track(range(4), "inner", show))
with show("graphs"):
    pass
"""


def test_a_file_gets_a_line_a_minute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with show("preparing", 1000) as work:
        for now in range(130):
            work.advance(2, note=f"{now} s")
    assert capsys.readouterr().err == "preparing 122/1000  60 s\npreparing 242/1000  120 s\n"


def test_quick_work_says_nothing_and_unknown_work_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track("abc", "speaking", show)) == ["a", "b", "c"]
    with show("writing the graphs"):
        pass
    assert list(track(iter("abc"), "speaking", silent, 3)) == ["a", "b", "c"]
    assert capsys.readouterr().err == "writing the graphs ...\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_gets_bars_also_inside_each_other() -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    result = subprocess.run([sys.executable, "-c", NESTED], stderr=theirs, stdout=subprocess.PIPE, env=environment)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert result.returncode == 0
    assert "3/3" in shown
    assert shown.count("4/4") >= 3
    assert "graphs" in shown
    assert result.stdout == b""
