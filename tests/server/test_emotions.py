"""Instructions as people write them."""

from __future__ import annotations

import pytest

from xespeech.server.emotions import emotion_of
from xespeech.server.problems import Problem

KNOWN = ("angry", "happy", "neutral", "sad")


@pytest.mark.parametrize(
    ("instructions", "emotion"),
    [
        ("happy", "happy"),
        ("Speak in a cheerful and positive tone.", "happy"),
        ("Sound FURIOUS!", "angry"),
        ("Voice: calm, low, melancholic.", "sad"),
        ("Speak naturally.", "neutral"),
        ("Don't be angry, be sad.", "sad"),
        ("Not sad at all, joyful!", "happy"),
        ("用开心的语气说", "happy"),
        ("悲しそうに話してください", "sad"),
    ],
)
def test_an_emotion_is_found(instructions: str, emotion: str) -> None:
    assert emotion_of(instructions, KNOWN) == emotion


@pytest.mark.parametrize(
    "instructions", ["Talk like a pirate.", "sad but happy", "a crusade", "not angry", "surprised"]
)
def test_instructions_without_one_emotion_are_refused(instructions: str) -> None:
    with pytest.raises(Problem, match="angry, happy, neutral, sad"):
        emotion_of(instructions, KNOWN)
