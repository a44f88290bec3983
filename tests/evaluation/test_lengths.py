"""Speech that lasts too long or too short is found, whatever its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from xespeech.audio import Audio
from xespeech.errors import DataError, TextError, UnknownNameError
from xespeech.evaluation.lengths import examine_lengths
from xespeech.text import phonemize

TEXTS = [
    "Stop.",
    "Good morning to you.",
    "They went away with bread again today.",
    "Only, it is so wonderful, so almost impossible to believe.",
    "Where is the station?",
    "It rains.",
]
_RATE = 16_000


def _seconds(text: str) -> float:
    return 0.3 + 0.08 * len(phonemize(text, "en").sounds)


def _noise(seconds: float) -> Audio:
    samples = np.random.default_rng(0).standard_normal(round(seconds * _RATE))
    return Audio((0.05 * samples).astype(np.float32), _RATE)


class Reader:
    """Takes as long as natural speech but for some texts, and refuses another."""

    def __init__(self, factors: dict[str, float], refused: str = "") -> None:
        self.voices = [
            SimpleNamespace(name="ada", emotions=("neutral", "happy")),
            SimpleNamespace(name="bob", emotions=("expressive",)),
        ]
        self.factors, self.refused = factors, refused
        self.said: list[tuple[str, str]] = []

    def speak(self, text: str, *, voice: str, language: str, emotion: str) -> Audio:
        if text == self.refused:
            raise TextError("this cannot be said.")
        self.said.append((voice, emotion))
        return _noise(_seconds(text) * self.factors.get(text, 1.0))


@pytest.fixture
def recorded(prepare: Callable[..., Path]) -> Path:
    return prepare(
        [
            (f"{voice}-{number}", voice, text, "en", "neutral", _noise(_seconds(text)))
            for voice in ("ada", "bob")
            for number, text in enumerate(TEXTS)
        ]
    )


def test_natural_lengths_are_no_outliers(recorded: Path, tmp_path: Path) -> None:
    model = Reader({})
    tables, failures = examine_lengths([recorded], model, tmp_path / "report", limit=3)
    assert len(tables) == 1
    figures = tables[0].rows[0][1]
    assert (figures["count"], figures["outliers"], failures) == (6, 0, [])
    assert figures["shortest"] == pytest.approx(1, abs=0.05)
    assert figures["longest"] == pytest.approx(1, abs=0.05)
    assert {voice for voice, _ in model.said} == {"ada", "bob"}
    assert {emotion for _, emotion in model.said} == {"neutral", "happy"}  # not what only bob, who is never plain, has


def test_what_is_cut_short_or_drawn_out_is_named(recorded: Path, tmp_path: Path) -> None:
    model = Reader({TEXTS[2]: 0.4, TEXTS[3]: 2.5, TEXTS[0]: 1.5}, refused=TEXTS[1])
    tables, failures = examine_lengths([recorded], model, tmp_path / "report", limit=3)
    assert tables[0].rows[0][1]["outliers"] == 2
    assert {labels[2] for labels, _ in tables[1].rows} == {TEXTS[2], TEXTS[3]}
    assert [failure.text for failure in failures] == [TEXTS[1]]
    report = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert TEXTS[3] in report


def test_too_few_recordings_are_refused(prepare: Callable[..., Path], tmp_path: Path) -> None:
    folder = prepare([("one", "ada", TEXTS[0], "en", "neutral", _noise(1.0))])
    with pytest.raises(DataError, match="5 plain recordings"):
        examine_lengths([folder], Reader({}), tmp_path / "report")


def test_a_voice_that_the_model_lacks_is_named(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="adda"):
        examine_lengths([recorded], Reader({}), tmp_path / "report", voices=["adda"])
    assert not (tmp_path / "report").exists()
