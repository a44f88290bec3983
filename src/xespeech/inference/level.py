"""Volume, fades and a peak limiter, all of which work on streams.

Shapes: T frames (50/s), S samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

LOUDEST = 0.95
"""Peak of all output."""
_FADE = 0.005  # seconds
_BLOCK = 60  # samples (2.5 ms at 24 kHz) per gain of the limiter


class Limiter:
    """Lowers peaks above LOUDEST smoothly and leaves everything else as it is.

    The gain of each block of 2.5 ms is the least that the peaks of the block and its neighbours allow, averaged over as
    many blocks and interpolated: no sample exceeds LOUDEST.

    Args:
        reach: blocks of attack before a peak and of release after it.
    """

    def __init__(self, reach: int = 3) -> None:
        self._reach = reach
        self._samples = np.zeros(0, np.float32)
        self._gains = np.ones(2 * reach + 1, np.float32)  # of the blocks before, then of the samples' whole blocks

    @property
    def delay(self) -> int:
        """Latency, samples."""
        return (2 * self._reach + 1) * _BLOCK

    def push(self, samples: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Take the next samples; returns the limited samples float32 [S] that are ready, the rest with the last."""
        n_samples = len(self._samples) + len(samples)
        silence = np.zeros(self.delay if is_last else 0, np.float32)
        self._samples = np.concatenate([self._samples, samples, silence])
        known = len(self._gains) - (2 * self._reach + 1)
        n_blocks = len(self._samples) // _BLOCK
        peaks = np.abs(self._samples[known * _BLOCK : n_blocks * _BLOCK].reshape(-1, _BLOCK)).max(axis=1, initial=0.0)
        self._gains = np.concatenate([self._gains, LOUDEST / np.maximum(peaks, LOUDEST)]).astype(np.float32)
        n_blocks -= 2 * self._reach
        if n_blocks <= 0:
            return np.zeros(0, np.float32)
        limited = self._samples[: n_blocks * _BLOCK]
        gains = self._gains[: 4 * self._reach + 1 + n_blocks]
        if gains.min() < 1.0:
            least = np.lib.stride_tricks.sliding_window_view(gains, 2 * self._reach + 1).min(axis=1)
            nodes = np.lib.stride_tricks.sliding_window_view(least, 2 * self._reach).mean(axis=1)[1 : n_blocks + 2]
            place = (np.arange(len(limited)) + 0.5) / _BLOCK
            limited = limited * np.interp(place, np.arange(n_blocks + 1), nodes).astype(np.float32)
        self._samples = self._samples[n_blocks * _BLOCK :]
        self._gains = self._gains[n_blocks:]
        return limited[:n_samples]


class Concealment:
    """Conceals gaps in a stream, without clicks: a gap begins with the last samples mirrored and faded out.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        size = round(2 * _FADE * sample_rate)
        self._fade = (0.5 + 0.5 * np.cos(np.pi * (np.arange(size) + 0.5) / size)).astype(np.float32)
        self._last = np.zeros(size, np.float32)  # played samples
        self._dying = np.zeros(0, np.float32)  # rest of the fade-out of a gap
        self._n_back = size  # samples since the last gap, at most those of a fade

    def play(self, samples: np.ndarray, size: int) -> np.ndarray:
        """The next samples float32 [size] of those that are there [S], S at most size."""
        there = samples
        n_back = min(len(samples), len(self._fade) - self._n_back)
        if n_back > 0:  # after a gap: fade in
            there = samples.copy()
            there[:n_back] *= self._fade[::-1][self._n_back : self._n_back + n_back]
        if len(samples):
            self._n_back = min(self._n_back + len(samples), len(self._fade))
            self._last = np.concatenate([self._last, there])[-len(self._fade) :]
            rest = self._dying[: len(there)]  # where the gap was shorter than the fade-out
            there = there + np.pad(rest, (0, len(there) - len(rest)))
            self._dying = self._dying[len(there) :]
        missing = size - len(there)
        if missing == 0:
            return there
        if self._n_back > 0:  # mirrored samples continue without a step
            self._dying = self._last[::-1] * self._fade
            self._n_back = 0
            self._last = np.zeros_like(self._last)
        hidden = np.pad(self._dying[:missing], (0, max(0, missing - len(self._dying))))
        self._dying = self._dying[missing:]
        return np.concatenate([there, hidden])


def join_pieces(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """The waveform of one or more pieces; one alone is not copied."""
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def limit_peak(samples: np.ndarray) -> np.ndarray:
    """A whole waveform through the limiter."""
    return Limiter().push(samples, is_last=True)


def change_volume(samples: np.ndarray, decibels: np.ndarray, hop_length: int, first: int = 0) -> np.ndarray:
    """Samples amplified by the decibels of their frames, interpolated.

    Args:
        samples: float32 [S], a piece of T * hop_length samples.
        decibels: of all frames [T].
        hop_length: samples per frame.
        first: where the piece begins, samples.
    """
    if not decibels.any():
        return samples
    gains = 10.0 ** (decibels / 20)
    place = (np.arange(first, first + len(samples)) + 0.5) / hop_length - 0.5
    return samples * np.interp(place, np.arange(len(gains)), gains).astype(np.float32)


def soften_edges(samples: np.ndarray, sample_rate: int, first: int = 0, total: int | None = None) -> np.ndarray:
    """The waveform with fades of 5 ms at both ends, so that it joins silence without a click.

    Args:
        samples: float32 [S], a waveform or a piece of one.
        sample_rate: Hz.
        first: where the piece begins, samples.
        total: samples of the whole waveform; None for those of the piece.
    """
    total = len(samples) if total is None else total
    length = min(round(_FADE * sample_rate), total // 2)
    size = len(samples)
    start = min(max(0, length - first), size)
    stop = min(max(start, total - length - first), size)
    if start == 0 and stop == size:
        return samples
    softened = samples.copy()
    ramp = _ramp(length)
    softened[:start] *= ramp[first : first + start]
    softened[stop:] *= ramp[total - first - size : total - first - stop][::-1]
    return softened


@lru_cache
def _ramp(length: int) -> np.ndarray:
    """Rise of a fade, float32 [length]."""
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
    ramp.setflags(write=False)
    return ramp
