"""Emotions are found by how something is said, whoever says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from xespeech.audio import Audio
from xespeech.errors import DataError, UnknownNameError
from xespeech.evaluation.emotion import FEATURES, Utterance, examine_emotions, features, relative

RATE = 16_000
THINGS = ("apples", "bread", "cats", "dogs", "eggs", "figs", "grapes", "honey")
TEXTS = [f"They went away with {thing} again today." for thing in THINGS]


def _hum(hertz: float, sway: float, loud: float, seed: int, seconds: float = 1.0) -> Audio:
    """A buzzing tone of some height whose pitch sways by so many semitones."""
    time = np.arange(round(RATE * seconds)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(time))
    pitch = hertz * 2 ** (sway * np.sin(2 * np.pi * (2 + 0.1 * seed) * time) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(np.sin(k * phase) / k for k in range(1, 12)) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time))
    return Audio((loud * (0.2 * wave + 0.001 * noise)).astype(np.float32), RATE)


def _say(voice: str, emotion: str | None, seed: int, intensity: float = 1.0) -> Audio:
    low = {"ada": 110.0, "bob": 160.0}[voice]
    lift, sway, loud = {None: (1.0, 1.0, 1.0), "happy": (1.3, 2.5, 1.2), "sad": (0.9, 0.3, 0.8)}[
        None if emotion == "neutral" else emotion
    ]
    return _hum(low * lift**intensity, sway**intensity, 0.5 * loud**intensity, seed)


class Actor:
    """A model whose emotions can be heard, or whose emotions all sound plain."""

    def __init__(self, expressive: bool) -> None:
        self.expressive, self.said = expressive, 0
        self.voices = [SimpleNamespace(name=name, emotions=("neutral",)) for name in ("ada", "bob")]

    def speak(self, text: str, *, voice: str, language: str, emotion: str | None, intensity: float) -> Audio:
        self.said += 1
        return _say(voice, emotion if self.expressive else None, 100 + self.said, intensity)


@pytest.fixture
def acted(prepare: Callable[..., Path]) -> Path:
    rows = []
    for voice in ("ada", "bob"):
        for emotion in ("neutral", "happy", "sad"):
            for number, text in enumerate(TEXTS):
                subset = "dev" if emotion == "neutral" else "train"
                rows.append(
                    (f"{subset}-{voice}-{emotion}-{number}", voice, text, "en", emotion, _say(voice, emotion, number))
                )
    return prepare(rows)


def _score(tables: list, row: str) -> float:
    return next(figures["recognised"] for labels, figures in tables[0].rows if labels[0] == row)


def test_emotions_that_can_be_heard_are_recognised(acted: Path, tmp_path: Path) -> None:
    tables = examine_emotions([acted], Actor(expressive=True), tmp_path / "report", limit=4)
    assert _score(tables, "spoken") > 0.9
    assert _score(tables, "natural, ada") > 0.9
    assert "recognised" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_intensity_is_seen_in_pitch_its_spread_and_energy(acted: Path, tmp_path: Path) -> None:
    """Semitones and dB from plain speech, beside those of the recordings."""
    tables = examine_emotions([acted], Actor(expressive=True), tmp_path / "report", limit=4)
    found = dict(tables[2].rows)
    lifts = [found["happy", name]["pitch_lift"] for name in ("0.5", "1", "1.5")]
    np.testing.assert_allclose(lifts, 12 * np.log2(1.3) * np.array([0.5, 1, 1.5]), rtol=0.15)
    assert found["happy", "recorded"]["pitch_lift"] == pytest.approx(lifts[1], abs=0.5)
    assert found["sad", "1"]["energy"] == pytest.approx(20 * np.log10(0.8), abs=0.3)
    for emotion, sign in (("happy", 1), ("sad", -1)):
        for figure in ("pitch_lift", "pitch_widening", "energy"):
            rising = [sign * found[emotion, name][figure] for name in ("0.5", "1", "1.5")]
            assert rising == sorted(rising)
            assert rising[0] > 0


def test_plain_speech_is_no_emotion(acted: Path, tmp_path: Path) -> None:
    tables = examine_emotions([acted], Actor(expressive=False), tmp_path / "report", limit=4)
    assert _score(tables, "spoken") < 0.75


def test_features_follow_height_and_movement() -> None:
    calm, lively = features(_hum(120, 0.2, 0.5, 1), 10), features(_hum(180, 4, 0.5, 1), 10)
    names = dict(zip(FEATURES, lively - calm, strict=True))
    assert names["log-pitch, median"] == pytest.approx(np.log(1.5), abs=0.15)
    assert names["log-pitch, spread"] > 0.05
    assert names["pitch movement"] > 0


def test_relative_features_leave_out_voices_without_plain_speech() -> None:
    heard = np.arange(3.0)
    utterances = [Utterance(("a",), "neutral", heard + k) for k in range(3)]
    utterances += [Utterance(("a",), "sad", heard), Utterance(("b",), "sad", heard)]
    assert [u.group for u in relative(utterances)] == [("a",)]


def test_data_without_emotions_are_refused(prepare: Callable[..., Path], speech: Audio, tmp_path: Path) -> None:
    folder = prepare([("dev-k", "kathleen", TEXTS[0], "en", "neutral", speech)])
    with pytest.raises(DataError, match="emotions"):
        examine_emotions([folder], Actor(expressive=True), tmp_path / "report")


def test_a_voice_that_the_model_lacks_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="bab"):
        examine_emotions([tmp_path / "nothing"], Actor(expressive=True), tmp_path / "report", voices=["bab"])
