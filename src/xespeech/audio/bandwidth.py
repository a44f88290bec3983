"""Estimation of the bandwidth of recordings.

It may be lower than the sample rate allows: a telephone call saved at 24 kHz still ends at 4 kHz. Losses of training
are limited to the bandwidth.

Shapes: S samples, T frames, N recordings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xespeech.audio.io import Audio

N_BANDS = 64
_WINDOW = 512
_LOWEST = 16  # bands in which voices may fall steeply by nature
_WALL = 20.0  # dB lost within half a dozen bands: no voice does that
_EDGE = 12.0  # dB below the last full bands that still count as content
_LITTLE = -45.0  # dB below the loudest band: what lies behind a wall is not louder
_NOTHING = -75.0  # dB below the loudest band: no microphone is so quiet


def band_levels(audio: Audio) -> list[int]:
    """Spectrum of the louder half of a recording: `N_BANDS` bands up to half the rate, in dB, the loudest being 0."""
    count = max(1, len(audio.samples) // _WINDOW)
    frames = np.resize(audio.samples, count * _WINDOW).reshape(count, _WINDOW)
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW).astype(np.float32))) ** 2
    energy = power.sum(axis=1)
    bands = power[energy >= np.median(energy)].mean(axis=0)[1:].reshape(N_BANDS, -1).mean(axis=1)
    return [int(level) for level in np.round(10 * np.log10(bands / bands.max() + 1e-12))]


def estimate_bandwidth(levels: Sequence[Sequence[int]], sample_rate: int) -> float:
    """Bandwidth in Hz of the recordings of one source; half the sample rate where nothing was cut off.

    Args:
        levels: `band_levels` of each recording [N, N_BANDS].
        sample_rate: Hz of the analysed recordings.
    """
    typical = np.median(np.asarray(levels, np.float64), axis=0)
    width = sample_rate / 2 / N_BANDS
    for edge in range(_LOWEST, N_BANDS - 5):
        full = typical[edge - 3 : edge].mean()
        behind = typical[edge + 2 :].max()
        if full - typical[edge + 2 : edge + 5].mean() > _WALL and behind < min(full - _EDGE, _LITTLE):
            last = edge + int(np.argmax(typical[edge:] < full - _EDGE))
            return last * width
    present = np.flatnonzero(typical > _NOTHING)
    return min((int(present[-1]) + 1) * width, sample_rate / 2)
