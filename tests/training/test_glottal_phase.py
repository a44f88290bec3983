"""The phase of a recording's own pulses."""

import numpy as np
import pytest
import torch

from xespeech.config import REFERENCE_PITCH
from xespeech.model.source_filter import pulse_train
from xespeech.training.glottal_phase import glottal_phase

RATE, HOP, FRAMES = 24_000, 240, 80


def at(hertz: float) -> torch.Tensor:
    return torch.full((1, FRAMES), float(np.log(hertz / REFERENCE_PITCH)))


def distance(phase: torch.Tensor, start: float) -> torch.Tensor:
    """Of phases in cycles, at most half of one."""
    apart = (phase - start) % 1.0
    return torch.minimum(apart, 1 - apart)


@pytest.mark.parametrize("hertz", [90.0, 130.0, 240.0])
@pytest.mark.parametrize("start", [0.0, 0.4, 0.8])
def test_pulses_are_found_where_they_are(hertz, start):
    pulses = pulse_train(at(hertz), RATE, HOP, torch.tensor([[start]]))
    phase = glottal_phase(pulses, at(hertz), torch.ones(1, FRAMES), RATE, HOP)
    assert phase.shape == pulses.shape
    assert float(distance(phase[:, HOP:-HOP], start).max()) < 0.06


def test_they_are_followed_where_the_pitch_is_a_little_wrong():
    pulses = pulse_train(at(121.0), RATE, HOP, torch.tensor([[0.2]]))
    phase = glottal_phase(pulses, at(120.0), torch.ones(1, FRAMES), RATE, HOP)
    again = pulse_train(at(120.0), RATE, HOP, phase)
    inner = slice(10 * HOP, -10 * HOP)
    assert float(torch.corrcoef(torch.cat([pulses, again])[:, inner])[0, 1]) > 0.6
    assert float(phase[0, inner].max() - phase[0, inner].min()) == pytest.approx(0.6, abs=0.1)  # 1 Hz in 0.6 s


def test_unvoiced_frames_keep_the_phase_before_them():
    pulses = pulse_train(at(120.0), RATE, HOP, torch.tensor([[0.3]]))
    pulses[:, 40 * HOP :] = 2 * torch.randn(1, 40 * HOP, generator=torch.Generator().manual_seed(0))
    voicing = (torch.arange(FRAMES) < 40).float()[None]
    phase = glottal_phase(pulses, at(120.0), voicing, RATE, HOP)
    assert float((phase[0, 45 * HOP :] - phase[0, 45 * HOP]).abs().max()) == 0
    assert float(distance(phase[:, 45 * HOP :], 0.3).max()) < 0.06


def test_silence_has_a_phase_and_mixed_precision_changes_none():
    silence, unvoiced = torch.zeros(2, FRAMES * HOP), torch.zeros(2, FRAMES)
    assert bool(torch.isfinite(glottal_phase(silence, at(120.0).repeat(2, 1), unvoiced, RATE, HOP)).all())
    pulses = pulse_train(at(123.0), RATE, HOP)
    plain = glottal_phase(pulses, at(120.0), torch.ones(1, FRAMES), RATE, HOP)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(glottal_phase(pulses, at(120.0), torch.ones(1, FRAMES), RATE, HOP), plain)
