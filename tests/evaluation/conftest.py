"""A real sentence, a small prepared folder around it, and a stand-in for a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import xespeech
from xespeech.audio import Audio, read
from xespeech.data.manifest import SAMPLE_RATE, Utterance, write_manifests
from xespeech.errors import TextError
from xespeech.text import phonemize

SENTENCE = "Only, it is so wonderful, so almost impossible to believe."
REFUSED = "你好，世界。"


@pytest.fixture(scope="session")
def speech() -> Audio:
    """A woman says: Only, it is so wonderful, so almost impossible to believe."""
    return read(Path(xespeech.__file__).parent / "voices" / "demo" / "kathleen.opus")


@pytest.fixture(scope="session")
def noisy_speech(speech: Audio) -> Audio:
    """The same recording with white noise."""
    noise = np.random.default_rng(0).standard_normal(len(speech.samples)).astype(np.float32)
    return Audio(speech.samples + 0.02 * noise, speech.sample_rate)


@pytest.fixture(scope="session")
def other_voice(speech: Audio) -> Audio:
    """The same recording played slower: the voice of somebody much larger."""
    return Audio(speech.samples, round(speech.sample_rate / 1.5)).resample(speech.sample_rate)


def _utterance(id: str, speaker: str, text: str, language: str, style: str, audio: Audio) -> Utterance:
    phonemes = phonemize(text, language) if text else None
    return Utterance(id, language, speaker, style, text, phonemes, len(audio.samples), 12_000.0)


@pytest.fixture
def prepare(tmp_path: Path) -> Callable[..., Path]:
    """Write a prepared folder of rows (id, speaker, text, language, style, audio); "dev-..." ids are held out."""

    def write(rows: Sequence[tuple[str, str, str, str, str, Audio]]) -> Path:
        folder = tmp_path / "prepared"
        (folder / "audio").mkdir(parents=True)
        utterances = []
        for *about, recording in rows:
            audio = recording.resample(SAMPLE_RATE)
            audio.save(folder / "audio" / f"{about[0]}.wav")
            utterances.append(_utterance(*about, audio))
        write_manifests(folder, utterances, dev={u.id for u in utterances if u.id.startswith("dev-")})
        return folder

    return write


@pytest.fixture
def prepared(prepare: Callable[..., Path], speech: Audio, other_voice: Audio) -> Path:
    """Two speakers with a text each, and a recording each to know them by."""
    return prepare(
        [
            ("dev-k", "kathleen", SENTENCE, "en", "happy", speech),
            ("train-k", "kathleen", "", "en", "neutral", speech),
            ("dev-y", "yue-tan", REFUSED, "zh", "neutral", other_voice),
            ("train-y", "yue-tan", "", "zh", "neutral", other_voice),
        ]
    )


class StandInModel:
    """Says everything with one recording, and refuses one text."""

    def __init__(self, recording: Audio) -> None:
        self.voices = [
            SimpleNamespace(name="kathleen", emotions=("neutral", "happy")),
            SimpleNamespace(name="yue-tan", emotions=("neutral",)),
        ]
        self.calls: list[tuple[Any, ...]] = []
        self._recording = recording

    def speak(self, text: str, *, voice: str, language: str, emotion: str | None) -> Audio:
        if text == REFUSED:
            raise TextError("this cannot be said.")
        self.calls.append(("speak", text, voice, language, emotion))
        return self._recording

    def convert(self, source: Path, *, voice: str) -> Audio:
        self.calls.append(("convert", source.stem, voice))
        return self._recording


@pytest.fixture
def model(noisy_speech: Audio) -> StandInModel:
    """Two voices, kathleen with emotions and yue-tan without."""
    return StandInModel(noisy_speech)
