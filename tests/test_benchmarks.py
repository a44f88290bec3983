"""`make bench`: a measurement measures, and the page tells what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def measure(**wanted) -> dict:
    """What one measurement prints."""
    command = [sys.executable, BENCHMARKS / "worker.py", json.dumps(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_measurement_of_our_voice() -> None:
    row = measure(
        system="xespeech", task="speak", threads=1, text="Hello there.", symbols=9, seconds=1.0, batch=2, repeats=2
    )
    assert len(row["times"]) == 2
    assert 0.5 < row["sound"] / 2 < 5
    assert 50 < row["peak_mb"] < 1000


def test_a_model_of_the_published_size_sounds_as_the_released_graph() -> None:
    """Speaking and converting with the noise off, all 72 M parameters random, in every engine."""
    command = [sys.executable, BENCHMARKS / "original_speed.py", "inference", "--frames", "25", "--repeats", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][1:]
    errors = {row[0]: (float(row[3]), float(row[6])) for row in rows}
    assert set(errors) == {"as released", "ONNX Runtime, fp32", "PyTorch, fp32", "PyTorch, bf16"}
    for name, of_name in errors.items():
        assert max(of_name) < (2e-2 if "bf16" in name else 1e-4)
        assert name == "as released" or min(of_name) > 0


def test_the_page_tells_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from bench import PIECES, machine
    from page import _SECTIONS, write_page

    assert list(_SECTIONS) == list(PIECES)
    rows = [
        {"name": "paragraph", "system": system, "threads": threads, "seconds": 10.0, "times": times, "sound": 10.0}
        | {"peak_mb": 200.0, "length": 10, "batch": 1, "characters": 100}
        for system, times in (("xespeech", [0.1, 0.2, 0.11]), ("original", [5.0, 4.0, 6.0]))
        for threads in (1, 2)
    ]
    piece = {"date": "2026-01-01", "machine": machine(), "rows": rows}
    pieces = {name: piece for name in PIECES if name not in ("alike", "install")}
    figures = {"task": "alike", "first": 0.1, "sound": 50.0, "ready": 1.5, "peak_mb": 100.0}
    same = [
        {"system": system, "threads": threads, "seconds": seconds} | figures
        for system, seconds in (("xespeech", 1.0), ("xespeech", 2.0), ("original", 100.0))
        for threads in (1, 2)
    ]
    judged = {"all": {"naturalness": 3.5}, "en": {"naturalness": 4.0}}
    same.append({"system": "xespeech", "threads": 1, "task": "judge", "judged": judged})
    write_page({"pieces": pieces | {"alike": piece | {"rows": same}}}, tmp_path)
    page = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "| real-time factor, 1 core | **0.0300** (0.0200–0.0400) | **2.0000** |" in page
    assert "| DistillMOS, English | **4.00** | – |" in page
    assert "**0.0110** (0.0100–0.0200)" in page
    assert "| X-E-Speech as published (PyTorch fp32, weight norm) | **0.50** (0.40–0.60) |" in page
    assert "45.5 ×" in page
    assert (tmp_path / "benchmarks.svg").read_text("utf-8").startswith("<?xml")


def test_the_results_are_those_of_the_page() -> None:
    results = BENCHMARKS / "results.json"
    if not results.is_file():
        pytest.skip("nothing was measured yet")
    page = (BENCHMARKS.parent / "docs/benchmarks.md").read_text("utf-8")
    for piece in json.loads(results.read_text("utf-8"))["pieces"].values():
        assert piece["rows"]
    assert "real-time factor" in page
