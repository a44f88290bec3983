"""Steady noise goes, speech stays."""

from __future__ import annotations

import numpy as np
import pytest

from xespeech.audio.denoise import denoise

RATE = 24_000


def decibel(samples: np.ndarray) -> float:
    return 10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-12)


@pytest.fixture
def recording() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two seconds: a voice-like sound in half-second bursts, the noise beside it, and where the bursts are."""
    generator = np.random.default_rng(0)
    time = np.arange(2 * RATE) / RATE
    on = (time % 1.0 < 0.5) & (time > 0.1)
    sound = sum(np.sin(2 * np.pi * 150 * n * time) / n for n in range(1, 20)) * on * 0.1
    noise = 0.003 * generator.standard_normal(len(time))
    return sound.astype(np.float32), noise.astype(np.float32), on


def test_noise_in_the_pauses_goes_and_the_sound_keeps_its_level(recording):
    sound, noise, on = recording
    clean = denoise(sound + noise, RATE)
    assert clean.shape == sound.shape
    assert clean.dtype == np.float32
    pauses = ~on & (np.convolve(on, np.ones(2401), "same") == 0)  # a tenth of a second away from any sound
    assert pauses.any()
    assert decibel(clean[pauses]) < decibel(noise[pauses]) - 10
    assert decibel(clean[on]) == pytest.approx(decibel(sound[on]), abs=0.5)
    assert decibel(clean - sound) < decibel(noise) - 6


def test_what_has_no_noise_stays(recording):
    sound, _, _ = recording
    assert decibel(denoise(sound, RATE) - sound) < decibel(sound) - 40


def test_speech_without_pauses_stays():
    time = np.arange(2 * RATE) / RATE
    vowel = sum(np.sin(2 * np.pi * 150 * n * time) / n for n in range(1, 20)).astype(np.float32) * 0.1
    assert np.array_equal(denoise(vowel, RATE), vowel)


def test_digital_silence_does_not_hide_the_noise(recording):
    sound, noise, on = recording
    heard = sound + noise
    heard[: RATE // 2] = 0
    pause = slice(int(1.6 * RATE), int(1.95 * RATE))
    assert not on[pause].any()
    assert decibel(denoise(heard, RATE)[pause]) < decibel(noise[pause]) - 10


@pytest.mark.parametrize("size", [0, 1, 500, 1023, 1025, 4000])
def test_silence_and_short_recordings_keep_their_length(size):
    assert np.array_equal(denoise(np.zeros(size, np.float32), RATE), np.zeros(size, np.float32))
    assert len(denoise(np.full(size, 0.1, np.float32), RATE)) == size


def test_other_rates_have_windows_of_the_same_duration(recording):
    sound, noise, on = recording
    heard = (sound + noise)[::3]
    assert decibel(denoise(heard, RATE // 3)[~on[::3]]) < decibel(heard[~on[::3]]) - 6
