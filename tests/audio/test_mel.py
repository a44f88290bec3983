"""Log-mel spectrograms: numpy and torch agree with each other and with librosa's convention."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from xespeech.audio.mel import centre_frequencies, log_mel
from xespeech.config import MEL_COMPACT, MEL_CONTENT, MEL_ORIGINAL, MelConfig
from xespeech.errors import ConfigError

PRESETS = {"compact": MEL_COMPACT, "content": MEL_CONTENT, "original": MEL_ORIGINAL}


def sound(n_samples: int) -> np.ndarray:
    generator = np.random.default_rng(1)
    envelope = 10 ** generator.uniform(-4, -0.5, n_samples // 500 + 1).repeat(500)[:n_samples]
    return (generator.standard_normal(n_samples) * envelope).astype(np.float32)


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("n_samples", [24_000, 24_001, 7_919, 700, 300, 100])
def test_torch_equals_numpy(config: MelConfig, n_samples: int) -> None:
    torch = pytest.importorskip("torch")
    from xespeech.audio.mel_torch import LogMel

    samples = sound(n_samples)
    expected = log_mel(samples, config)
    assert expected.shape == (n_samples // config.hop_length, config.n_mels)
    got = LogMel(config)(torch.from_numpy(np.stack([samples, samples * 0.5])))
    assert got.shape == (2, *expected.shape)
    if expected.size:
        assert np.abs(got[0].numpy() - expected).max() < 1e-4


@pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS)
def test_equals_librosa(config: MelConfig) -> None:
    librosa = pytest.importorskip("librosa")
    samples = sound(20 * config.hop_length * 7)
    padded = np.pad(samples, (config.n_fft - config.hop_length) // 2, mode="reflect")
    spectrum = librosa.stft(padded, n_fft=config.n_fft, hop_length=config.hop_length, center=False)
    filters = librosa.filters.mel(
        sr=config.sample_rate, n_fft=config.n_fft, n_mels=config.n_mels, fmin=config.f_min, fmax=config.f_max
    )
    expected = np.log(np.maximum(filters @ np.sqrt(np.abs(spectrum) ** 2 + 1e-6), 1e-5)).T
    got = log_mel(samples, config)
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() < 1e-3


def test_a_tone_lands_in_its_channel() -> None:
    times = np.arange(24_000) / 24_000
    mel = log_mel(0.5 * np.sin(2 * np.pi * 1000 * times), MEL_COMPACT)
    loudest = mel[10:-10].mean(axis=0).argmax()
    assert loudest == np.abs(centre_frequencies(MEL_COMPACT) - 1000).argmin()


@pytest.mark.parametrize(
    "values",
    [
        {"win_length": 2048},
        {"f_max": 13_000.0},
        {"f_min": 12_000.0},
        {"hop_length": 0},
        {"n_mels": -1},
        {"sample_rate": "24k"},
    ],
    ids=str,
)
def test_impossible_configurations_are_refused(values: dict) -> None:
    with pytest.raises(ConfigError, match="|".join(values)):
        MelConfig(**{**asdict(MEL_COMPACT), **values})
