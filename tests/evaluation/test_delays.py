"""Live conversion is measured at each latency, beside the conversion of whole files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import xespeech
from xespeech.audio import Audio, read
from xespeech.errors import ConfigError, DataError
from xespeech.evaluation.delays import examine_delays, read_delays

SENTENCE = "Only, it is so wonderful, so almost impossible to believe."


@pytest.fixture
def recorded(prepare: Callable[..., Path], speech: Audio, other_voice: Audio) -> Path:
    return prepare(
        [
            ("dev-k", "kathleen", "", "en", "neutral", speech),
            ("dev-o", "other", SENTENCE, "en", "neutral", other_voice),
        ]
    )


def test_each_setting_has_a_row_and_its_sounds(recorded: Path, tiny_voice: Path, tmp_path: Path) -> None:
    model, out = xespeech.load(tiny_voice, threads=1), tmp_path / "report"
    table = examine_delays([recorded], "kathleen", model, out, read_delays(model, ["2+4"]))
    figures = {labels[0]: found for labels, found in table.rows}
    assert list(figures) == ["whole file", "2 + 4 frames"]
    assert all(found["count"] == 1 and found["real_time_factor"] > 0 for found in figures.values())
    assert 0 < figures["2 + 4 frames"]["latency"] < 1000
    assert "latency" not in figures["whole file"]
    sounds = [read(path) for path in sorted(out.rglob("natural-dev-o.wav"))]
    assert len(sounds) == 2
    assert sounds[0].duration == pytest.approx(sounds[1].duration, abs=0.02)
    assert "2 + 4 frames" in (out / "report.md").read_text(encoding="utf-8")


def test_what_cannot_be_measured_is_refused(recorded: Path, tiny_voice: Path, tmp_path: Path) -> None:
    model = xespeech.load(tiny_voice, threads=1)
    assert len(read_delays(model, [])) >= 2  # the named settings
    with pytest.raises(ConfigError, match="not of the form 1\\+2"):
        read_delays(model, ["soon"])
    with pytest.raises(DataError, match="recordings of mei"):
        examine_delays([recorded], "mei", model, tmp_path / "report", read_delays(model, ["1+2"]))
