"""An emotion widens or narrows the melody of a sentence, about its middle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import xespeech
from xespeech.inference.compact import CompactVoice
from xespeech.inference.sound import SoundStream

TEXT = "A sentence that rises and falls, as most of them do."


@pytest.fixture
def melody(tiny_voice: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., np.ndarray]:
    """Speaks with the tiny model and gives the log-pitch that was rendered."""
    rendered: list[np.ndarray] = []
    push = SoundStream.push

    def listen(self: SoundStream, latent: np.ndarray, log_pitch: np.ndarray, *args: object, **more: object) -> object:
        rendered.append(log_pitch)
        return push(self, latent, log_pitch, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SoundStream, "push", listen)
    voice = xespeech.load(tiny_voice, threads=1, precision="fp32")

    def speak(pitch_range: float, emotion: str | None = "happy", **options: object) -> np.ndarray:
        description = replace(voice.description, pitch_ranges={"happy": pitch_range})
        rendered.clear()
        CompactVoice(description, voice.styles, voice.engine).speak(TEXT, emotion=emotion, **options)
        return np.concatenate(rendered)

    return speak


def within_limits(*melodies: np.ndarray) -> np.ndarray:
    """Frames that no melody has at its lowest or highest, where the renderer's range may cut it off."""
    return np.all([(values > values.min() + 1e-4) & (values < values.max() - 1e-4) for values in melodies], axis=0)


@pytest.mark.parametrize(
    ("pitch_range", "intensity", "factor"), [(1.3, 1, 1.3), (0.5, 1, 0.5), (1.2, 2, 1.44), (0.5, 0, 1)]
)
def test_the_melody_is_as_wide_as_the_emotion_wants(
    melody: Callable[..., np.ndarray], pitch_range: float, intensity: float, factor: float
) -> None:
    plain, wide = (melody(value, intensity=intensity) for value in (1.0, pitch_range))
    assert len(plain) > 100
    assert plain.std() > 0.001
    free = within_limits(plain, wide)
    assert free.mean() > 0.7
    slope, _ = np.polyfit(plain[free], wide[free], 1)
    assert slope == pytest.approx(factor, rel=1e-3)
    np.testing.assert_allclose(
        wide[free] - factor * plain[free], (1 - factor) * np.median(plain), atol=0.2 * plain.std()
    )


def test_plain_speech_and_other_emotions_are_not_changed(melody: Callable[..., np.ndarray]) -> None:
    for emotion in (None, "neutral", "angry"):
        np.testing.assert_array_equal(melody(1.5, emotion), melody(1.0, emotion))


def test_a_shift_comes_after_it(melody: Callable[..., np.ndarray]) -> None:
    low, high = melody(1.2), melody(1.2, pitch=3.0)
    free = within_limits(low, high)
    np.testing.assert_allclose(high[free] - low[free], np.log(2) / 4, atol=1e-5)
