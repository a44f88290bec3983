"""The command line in-process, in front of a stand-in for the model that keeps what it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import xespeech
from syllables import syllables
from xespeech.audio import Audio
from xespeech.errors import UnknownNameError
from xespeech.inference.options import ConversionOptions, SpeechOptions, StyleOptions, merge


@dataclass(frozen=True)
class StandInVoiceInfo:
    """One row of `xespeech voices`."""

    name: str
    languages: tuple[str, ...]
    emotions: tuple[str, ...]
    licence: str


class StandInVoice:
    """Says half a second of noise and remembers the call."""

    voices = (
        StandInVoiceInfo("kathleen", ("en",), ("neutral",), "CC0"),
        StandInVoiceInfo("mei", ("ja",), ("neutral", "happy"), "CC BY 3.0"),
        StandInVoiceInfo("kumo", ("en", "zh", "ja"), ("neutral",), "CC BY 4.0"),
    )
    default_voice = "kathleen"

    def __init__(self) -> None:
        self.model: Any = None
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []

    def _answer(self, verb: str, what: Any, given: StyleOptions) -> Audio:
        options = dict(vars(given))
        names = [voice.name for voice in self.voices]
        if options.get("voice") not in (None, *names):
            raise UnknownNameError("voice", options["voice"], names)
        self.calls.append((verb, what, options))
        return Audio(np.random.default_rng(0).uniform(-0.1, 0.1, 12_000).astype(np.float32), 24_000)

    def speak(self, text: str, options: SpeechOptions | None = None, **keywords: Any) -> Audio:
        return self._answer("speak", text, merge(SpeechOptions, options, keywords))

    def convert(self, source: Path, options: ConversionOptions | None = None, **keywords: Any) -> Audio:
        return self._answer("convert", source, merge(ConversionOptions, options, keywords))


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> StandInVoice:
    """The stand-in that `xespeech.load` returns."""
    stand_in = StandInVoice()

    def load(model: Path | None = None, **engine: Any) -> StandInVoice:
        stand_in.model = model
        return stand_in

    monkeypatch.setitem(vars(xespeech), "load", load)  # the package looks its names up on first use
    return stand_in


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A second of speech, as `source.wav` in the folder the command runs in."""
    path = tmp_path / "source.wav"
    soundfile.write(path, syllables(1.0), 16_000)
    return path
