"""The source-filter renderer in numpy: filters and a pitch become a waveform.

The same sums as `xespeech.model.decoder` in torch, in blocks, so that a long recording needs little memory.

Shapes: T frames (50/s), R rendering frames (100/s), K frequency bins, S samples.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xespeech.audio.pitch import REFERENCE_PITCH
from xespeech.inference.engine import Filters

PULSE_LIMIT = 11_500.0
"""Hz; the pulse train holds nothing above."""
_BLOCK = 256  # rendering frames filtered at once


def pulse_train(log_pitch: np.ndarray, sample_rate: int, hop_length: int) -> np.ndarray:
    """Band-limited pulses of unit power.

    Args:
        log_pitch: natural log of Hz / REFERENCE_PITCH [T], defined in unvoiced frames too.
        sample_rate: Hz.
        hop_length: samples per frame.

    Returns:
        float32 [S], S = T * hop_length.
    """
    n_frames = len(log_pitch)
    position = (np.arange(n_frames * hop_length) + 0.5) / hop_length - 0.5
    hertz = np.float32(REFERENCE_PITCH) * np.exp(np.interp(position, np.arange(n_frames), log_pitch).astype(np.float32))
    cycles = np.cumsum(hertz.astype(np.float64) / sample_rate)
    phase = (2 * np.pi * (cycles % 1.0)).astype(np.float32)
    harmonics = np.float32(PULSE_LIMIT) / hertz
    whole = np.floor(harmonics)
    half = np.sin(phase / 2)
    peak = np.abs(half) < 1e-4  # where the closed form of the sum of cosines is 0 / 0, all of them are 1
    total = np.sin((whole + np.float32(0.5)) * phase) / (2 * np.where(peak, np.float32(1), half)) - np.float32(0.5)
    total = np.where(peak, whole, total)
    total += (harmonics - whole) * np.cos((whole + 1) * phase)
    return total * np.sqrt(2 / harmonics)


def render(filters: Filters, pulses: np.ndarray, noise: np.ndarray, hop_length: int, n_fft: int) -> np.ndarray:
    """Filter pulses and noise frame by frame and overlap-add.

    Args:
        filters: of R frames.
        pulses, noise: of unit power, float32 [S], S = R * hop_length.
        hop_length: samples between rendering frames.
        n_fft: window length; K = n_fft / 2 + 1.

    Returns:
        float32 [S].
    """
    n_frames = len(filters.pulse_phase)
    margin = (n_fft - hop_length) // 2
    window = _window(n_fft)
    size = (n_frames - 1) * hop_length + n_fft
    total, envelope = np.zeros(size, np.float32), np.zeros(size, np.float32)
    sources = [
        np.lib.stride_tricks.sliding_window_view(np.pad(source, (margin, n_fft)), n_fft)[::hop_length]
        for source in (pulses, noise)
    ]
    for first in range(0, n_frames, _BLOCK):
        stop = min(first + _BLOCK, n_frames)
        part = Filters(*(values[first:stop] for values in filters))
        magnitude = np.exp(part.pulse_log_magnitude)
        spectrum = np.empty(magnitude.shape, np.complex64)
        spectrum.real = magnitude * np.cos(part.pulse_phase)
        spectrum.imag = magnitude * np.sin(part.pulse_phase)
        spectrum *= np.fft.rfft(sources[0][first:stop] * window)
        spectrum += np.exp(part.noise_log_magnitude) * np.fft.rfft(sources[1][first:stop] * window)
        frames = np.fft.irfft(spectrum, n_fft).astype(np.float32, copy=False) * window
        for index, frame in enumerate(frames, first):
            start = index * hop_length
            total[start : start + n_fft] += frame
            envelope[start : start + n_fft] += window * window
    return (total / np.maximum(envelope, 1e-3))[margin : margin + n_frames * hop_length]


@lru_cache
def _window(n_fft: int) -> np.ndarray:
    """Periodic Hann window, float32 [n_fft]."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
