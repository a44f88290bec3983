"""Suppression of steady background noise.

Shapes: S samples, K frequency bins, R Fourier frames.

Source: Wiener filter on the decision-directed estimate of the speech-to-noise ratio (Ephraim & Malah 1984, Scalart &
Filho 1996); the noise is estimated from the quietest frames in each bin.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.signal import istft, stft

_WINDOW = 1024 / 24_000  # s
_QUIETEST = 0.1  # share of the frames that holds nothing but noise
_NOISE_FACTOR = 2.0  # from the level that the quietest frames stay below to that of all noise
_MEMORY = 0.96  # of the frame before in the estimate of the ratio
_LEAST_GAIN = 0.1  # -20 dB: less makes what is left of the noise ring
_LEAST_KEPT = 0.7  # of a recording's energy: where more goes, it was speech without pauses


def denoise(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """A recording float32 [S] (-1 to 1) with its steady noise lowered by up to 20 dB.

    Recordings without pauses, or with hardly more than noise, are returned unchanged.

    Args:
        samples: float32 [S], finite, the whole recording with its pauses, which the noise is estimated from.
        sample_rate: Hz.
    """
    size = 4 * round(_WINDOW * sample_rate / 4)
    if len(samples) < size:
        return samples
    _, _, spectrum = stft(samples, sample_rate, nperseg=size, noverlap=size * 3 // 4)  # [K, R]
    power = np.abs(spectrum) ** 2
    smooth = uniform_filter(power, (3, 5))
    audible = smooth.sum(axis=0) > 0  # digital silence has no noise
    if not audible.any():
        return samples
    noise = _NOISE_FACTOR * np.quantile(smooth[:, audible], _QUIETEST, axis=1)
    above = power / np.maximum(noise, 1e-14)[:, None]  # 1e-14: a hundredth of the last bit of 16
    gain = np.empty_like(power)
    before = np.ones(len(power))
    for frame in range(power.shape[1]):
        ratio = _MEMORY * before + (1 - _MEMORY) * np.maximum(above[:, frame] - 1, 0)
        gain[:, frame] = ratio / (1 + ratio)
        before = gain[:, frame] ** 2 * above[:, frame]
    gain = np.maximum(gain, _LEAST_GAIN)
    if (gain**2 * power).sum() < _LEAST_KEPT * power.sum():
        return samples
    _, clean = istft(spectrum * gain, sample_rate, nperseg=size, noverlap=size * 3 // 4)
    return clean[: len(samples)].astype(np.float32)
