"""The renderer in numpy equals the decoder's in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rendering import pulse_train, render
from xespeech.inference.engine import Filters
from xespeech.model import source_filter

RATE, HOP, N_FFT = 24_000, 480, 1024


@pytest.mark.parametrize("n_frames", [1, 2, 50, 401])
def test_equals_torch(n_frames: int) -> None:
    generator = np.random.default_rng(n_frames)
    shape = (2 * n_frames, N_FFT // 2 + 1)
    filters = Filters(*(generator.standard_normal(shape, dtype=np.float32) - offset for offset in (2, 0, 4)))
    pulses, noise = generator.standard_normal((2, n_frames * HOP), dtype=np.float32)
    found = render(filters, pulses, noise, HOP // 2, N_FFT)
    renderer = source_filter.SourceFilter(RATE, HOP // 2, N_FFT)
    expected = renderer(
        source_filter.Filters(*(torch.from_numpy(values)[None] for values in filters)),
        torch.from_numpy(pulses)[None],
        torch.from_numpy(noise)[None],
    )[0].numpy()
    assert found.dtype == np.float32
    assert found.shape == (n_frames * HOP,)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_pulses_equal_torch() -> None:
    log_pitch = np.cumsum(np.random.default_rng(0).normal(0, 0.03, 100)).astype(np.float32)
    expected = source_filter.pulse_train(torch.from_numpy(log_pitch)[None], RATE, HOP)[0].numpy()
    found = pulse_train(log_pitch, RATE, HOP)
    assert np.abs(expected).max() > 10
    np.testing.assert_allclose(found[: 20 * HOP], expected[: 20 * HOP], atol=5e-3)
    assert np.sqrt(np.mean((found - expected) ** 2)) < 1e-3  # rounding of the pitch adds up


def test_pulses_have_the_pitch_and_unit_power() -> None:
    pulses = pulse_train(np.full(50, np.log(250 / 180), np.float32), RATE, HOP)
    spectrum = np.abs(np.fft.rfft(pulses))
    assert np.fft.rfftfreq(len(pulses), 1 / RATE)[spectrum.argmax()] % 250 == pytest.approx(0, abs=1)
    assert spectrum[:240].max() < 0.01 * spectrum.max()  # nothing below the fundamental
    assert np.sqrt(np.mean(pulses**2)) == pytest.approx(1.0, abs=0.05)
