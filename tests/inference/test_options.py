"""One object of options: keywords and objects mean the same, and every wrong value is named when it is given."""

from __future__ import annotations

from dataclasses import fields

import pytest

from xespeech.errors import ConfigError, UnknownNameError, UserError
from xespeech.inference.options import (
    ConversionKeywords,
    ConversionOptions,
    SpeechKeywords,
    SpeechOptions,
    merge,
)


@pytest.mark.parametrize(
    ("kind", "keywords"), [(SpeechOptions, SpeechKeywords), (ConversionOptions, ConversionKeywords)]
)
def test_keywords_are_the_fields(kind: type, keywords: type) -> None:
    assert {field.name for field in fields(kind)} == set(keywords.__annotations__)


def test_keywords_change_options() -> None:
    options = SpeechOptions(voice="mei", speed=2)
    assert merge(SpeechOptions, options, {"pitch": -3}) == SpeechOptions(voice="mei", speed=2, pitch=-3)
    assert merge(SpeechOptions, None, {}) == SpeechOptions()
    with pytest.raises(TypeError, match="emotin"):
        merge(SpeechOptions, options, {"emotin": "happy"})
    with pytest.raises(UserError, match="both choose who speaks"):
        merge(SpeechOptions, options, {"reference": "a.wav"})


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"intensity": 2.1}, ConfigError, "intensity 2.1 is out of range: choose 0 to 2"),
        ({"pitch": 13}, ConfigError, "pitch 13"),
        ({"pause": -1}, ConfigError, "pause -1"),
        ({"noise": float("nan")}, ConfigError, "noise nan"),
        ({"speed": "fast"}, ConfigError, "speed 'fast' is not a number"),
        ({"speed": True}, ConfigError, "speed True is not a number"),
        ({"seed": 1.5}, ConfigError, "seed 1.5 is not a whole number"),
        ({"seed": -1}, ConfigError, "seed -1 is negative"),
        ({"language": "jp"}, UnknownNameError, "unknown language 'jp'"),
        ({"emotion": "happy", "emotion_reference": "a.wav"}, UserError, "both choose the emotion"),
    ],
)
def test_wrong_values(options: dict, kind: type[UserError], sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        SpeechOptions(**options)


def test_a_conversion_needs_a_target() -> None:
    with pytest.raises(UserError, match="give a voice or a reference"):
        ConversionOptions()
    with pytest.raises(UnknownNameError, match="did you mean source"):
        ConversionOptions(voice="mei", prosody="sauce")  # type: ignore[arg-type]
