"""The soak in its short form: workers killed, slow clients, bombs, and every answer right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ANSWERS = 40
"""Of every kind some, however long they take: a busy machine gets the time that it needs."""


def test_no_wrong_answer_while_faults_are_injected(tiny_voice: Path) -> None:
    command = [sys.executable, ROOT / "benchmarks/soak.py", "--model", tiny_voice, "--workers", "2"]
    command += ["--minutes", "0.1", "--answers", str(ANSWERS), "--clients", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    rows = dict(line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:])
    assert int(rows["workers killed"]) >= 1
    assert int(rows["answers, all right"].replace(",", "")) >= ANSWERS
