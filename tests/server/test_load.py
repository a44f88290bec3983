"""The load benchmark in its short form: mixed clients, every answer checked, SIGTERM in the middle of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_load_and_sigterm(tiny_voice: Path, tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "benchmarks/serve_load.py", "--model", tiny_voice, "--workers", "2"]
    command += ["--minutes", "0.1", "--answers", "40", "--clients", "8", "--leaving", "0.05"]
    command += ["--out", tmp_path / "report.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["broken"] == []
    assert report["answers"] >= 40
    assert {"conversion", "mistake", "speech, streamed", "speech, whole", "speech, events"} <= report["times"].keys()
