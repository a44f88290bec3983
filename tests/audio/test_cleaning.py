"""Trimming, loudness and bandwidth."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from xespeech.audio import Audio, clean, normalize_loudness, trim_silence
from xespeech.audio.bandwidth import band_levels, estimate_bandwidth

RATE = 24_000


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """Syllables of harmonics and hiss, 5 a second."""
    generator = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 150 * k * times) / k for k in range(1, 40))
    hiss = generator.standard_normal(len(times))
    syllables = np.clip(np.sin(np.pi * 5 * times) ** 2, 0.05, 1)
    return ((0.1 * voice + 0.03 * hiss) * syllables).astype(np.float32)


def surrounded(before: float, after: float, noise: np.ndarray | float = 0.0) -> Audio:
    silence = [np.zeros(round(seconds * RATE), np.float32) for seconds in (before, after)]
    samples = np.concatenate([silence[0], speech(2.0), silence[1]])
    return Audio((samples + noise).astype(np.float32), RATE)


def noises() -> dict[str, np.ndarray | float]:
    generator = np.random.default_rng(3)
    n_samples = round(3.5 * RATE)
    rumble = np.sin(2 * np.pi * 50 * np.arange(n_samples) / RATE)
    return {
        "quiet": 0.0,
        "hiss": 0.0005 * generator.standard_normal(n_samples),
        "hum": 0.01 * rumble,
        "constant offset": 0.05,
    }


@pytest.mark.parametrize("noise", noises())
def test_silence_is_cut_down_to_a_tenth_of_a_second(noise: str) -> None:
    trimmed = trim_silence(surrounded(1.0, 0.5, noises()[noise]))
    assert trimmed.duration == pytest.approx(2.2, abs=0.06)


def test_a_click_is_not_speech() -> None:
    audio = surrounded(1.0, 0.5)
    audio.samples[2000:2100] = 0.5
    assert trim_silence(audio).duration == pytest.approx(2.2, abs=0.06)


def test_speech_without_silence_is_left_whole() -> None:
    audio = Audio(speech(2.0), RATE)
    assert trim_silence(audio).duration > 1.95


@pytest.mark.parametrize("gain", [0.003, 0.1, 1.0, 3.0])
def test_loudness_does_not_depend_on_level_or_silence(gain: float) -> None:
    reference = normalize_loudness(Audio(speech(2.0), RATE)).samples
    audio = surrounded(1.0, 0.5)
    got = normalize_loudness(Audio(audio.samples * np.float32(gain), RATE)).samples[RATE : 3 * RATE]
    assert 20 * np.log10(got.std() / reference.std()) == pytest.approx(0, abs=0.6)
    assert 20 * np.log10(got.std()) == pytest.approx(-23, abs=1.5)


def test_peaks_never_clip() -> None:
    audio = Audio(speech(2.0) * 0.01, RATE)
    audio.samples[::6000] = 0.9
    assert np.abs(clean(audio).samples).max() <= 0.951


@pytest.mark.parametrize(("rate", "hertz"), [(8_000, 4_000), (16_000, 8_000), (22_050, 11_025), (24_000, 12_000)])
def test_bandwidth_is_that_of_the_sound_and_not_of_the_file(rate: int, hertz: float) -> None:
    levels = []
    for seed in range(5):
        narrow = soxr.resample(speech(1.0, seed), RATE, rate)
        levels.append(band_levels(Audio(soxr.resample(narrow, rate, RATE).astype(np.float32), RATE)))
    assert hertz * 0.93 <= estimate_bandwidth(levels, RATE) <= hertz


def test_one_odd_recording_does_not_change_the_bandwidth_of_a_source() -> None:
    narrow = soxr.resample(soxr.resample(speech(1.0, 9), RATE, 8000), 8000, RATE).astype(np.float32)
    levels = [band_levels(Audio(speech(1.0, seed), RATE)) for seed in range(6)] + [band_levels(Audio(narrow, RATE))]
    assert estimate_bandwidth(levels, RATE) == RATE / 2


# Levels of two recordings at 24 kHz, in dB: the one rolls off above 7 kHz and is digitally empty above 9, the other
# falls steeply at 4 kHz as voices may, goes on at -41 dB and was cut at 10.5.
ROLLED_OFF = """
0 -1 -8 -9 -11 -15 -17 -23 -21 -26 -27 -28 -29 -28 -28 -26 -29 -28 -27 -30 -34 -33 -32 -34 -36 -35 -36 -37 -36
-36 -36 -37 -40 -41 -41 -45 -49 -52 -59 -66 -66 -69 -71 -75 -78 -83 -84 -84 -87 -88 -90 -91 -91 -91 -91 -92
-91 -92 -91 -92 -91 -91 -91 -91
"""
STEEP = """
-2 0 -1 -2 -8 -9 -9 -11 -13 -15 -19 -21 -20 -20 -21 -26 -26 -26 -22 -21 -21 -23 -25 -33 -37 -41 -43 -46 -44
-42 -41 -41 -41 -41 -40 -40 -41 -41 -42 -43 -46 -48 -46 -45 -44 -44 -43 -42 -42 -43 -45 -48 -50 -52 -53 -55
-64 -70 -80 -82 -82 -80 -82 -84
"""


def test_sound_ends_where_nothing_is_left_and_not_where_voices_fall() -> None:
    assert 7_000 <= estimate_bandwidth([list(map(int, ROLLED_OFF.split()))], RATE) <= 8_300
    assert 10_000 <= estimate_bandwidth([list(map(int, STEEP.split()))], RATE) <= 11_000
