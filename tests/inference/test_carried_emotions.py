"""Emotions of the default voice: as strong in voices that were never recorded with them as in those that were."""

from __future__ import annotations

import numpy as np
import pytest

import xespeech
from xespeech.audio.pitch import track_pitch

TEXT = {"en": "The train leaves in ten minutes.", "ja": "電車は十分後に出ます。"}


@pytest.fixture(scope="module")
def default_voice() -> xespeech.Voice:
    return xespeech.load(threads=1)


@pytest.mark.parametrize("language", TEXT)
@pytest.mark.parametrize("name", ["takumi", "kathleen", "gongitsune", "kumo"])
def test_happy_speech_is_higher_within_reason(default_voice: xespeech.Voice, name: str, language: str) -> None:
    """Happy recordings are 1.2 to 1.6 times as high as neutral ones; carried too far, 2.5 to 3 times."""
    median = {}
    for emotion in (None, "happy"):
        audio = default_voice.speak(TEXT[language], voice=name, language=language, emotion=emotion)
        pitch = track_pitch(audio.samples, audio.sample_rate, audio.sample_rate // 100)
        median[emotion] = np.median(pitch[pitch > 0])
    assert 1.1 < median["happy"] / median[None] < 2.25
