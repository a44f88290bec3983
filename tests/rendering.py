"""The streaming renderer on whole inputs, for comparisons."""

from __future__ import annotations

import numpy as np

from xespeech.inference.engine import Filters
from xespeech.inference.render import PulseTrain, Renderer


def pulse_train(log_pitch: np.ndarray, sample_rate: int, hop_length: int) -> np.ndarray:
    """Pulses float32 [S] of a whole log-pitch [T], S = T * hop_length."""
    return PulseTrain(sample_rate, hop_length).push(log_pitch, is_last=True)


def render(filters: Filters, pulses: np.ndarray, noise: np.ndarray, hop_length: int, n_fft: int) -> np.ndarray:
    """Waveform float32 [S] of R frames and sources [S], S = R * hop_length, all at once."""
    return Renderer(hop_length, n_fft).push(filters, pulses, noise, is_last=True)
