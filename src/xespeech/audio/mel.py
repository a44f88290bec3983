"""Log-mel spectrograms in numpy, for inference.

Shapes: S samples, T frames, K frequency bins, M mel channels.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from xespeech.config import MelConfig


def hertz_to_mel(hertz: np.ndarray) -> np.ndarray:
    """Slaney's mel scale: linear up to 1 kHz, logarithmic above."""
    linear = hertz / (200.0 / 3)
    return np.where(hertz >= 1000.0, 15.0 + np.log(np.maximum(hertz, 1e-9) / 1000.0) / (np.log(6.4) / 27.0), linear)


def _mel_to_hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel >= 15.0, 1000.0 * np.exp((np.log(6.4) / 27.0) * (mel - 15.0)), mel * (200.0 / 3))


def centre_frequencies(config: MelConfig) -> np.ndarray:
    """Hz of the middle of each mel filter [M]."""
    return _edges(config)[1:-1]


def interpolation(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights float32 [A, B] that interpolate channels linearly from known frequencies to wanted ones.

    Args:
        known: in Hz or mel, rising [A]; beyond the outer channels these hold.
        wanted: on the same scale [B].
    """
    right = np.clip(np.searchsorted(known, wanted), 1, len(known) - 1)
    share = np.clip((wanted - known[right - 1]) / (known[right] - known[right - 1]), 0, 1)
    weights = np.zeros((len(known), len(wanted)), np.float32)
    columns = np.arange(len(wanted))
    weights[right - 1, columns] = 1 - share
    weights[right, columns] += share
    return weights


def _edges(config: MelConfig) -> np.ndarray:
    low, high = hertz_to_mel(np.array([config.f_min, config.f_max]))
    return _mel_to_hertz(np.linspace(low, high, config.n_mels + 2))


@lru_cache
def mel_filters(config: MelConfig) -> np.ndarray:
    """Triangular filters of equal area on Slaney's mel scale, as librosa's default; float32 [M, K]."""
    bins = np.linspace(0, config.sample_rate / 2, config.n_fft // 2 + 1)
    edges = _edges(config)
    rising = (bins[None] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None]) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


@lru_cache
def hann_window(config: MelConfig) -> np.ndarray:
    """Periodic Hann window of win_length, centred in n_fft; float32 [n_fft]."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(config.win_length) / config.win_length)
    left = (config.n_fft - config.win_length) // 2
    return np.pad(window, (left, config.n_fft - config.win_length - left)).astype(np.float32)


def log_mel(samples: np.ndarray, config: MelConfig) -> np.ndarray:
    """Log-mel spectrogram.

    Args:
        samples: waveform [S] at config.sample_rate.
        config: window, hop and filters.

    Returns:
        float32 [T, M], T = floor(S / hop_length): natural log of mel-weighted magnitudes, at least log(1e-5).
    """
    samples = np.asarray(samples, np.float32)
    n_frames = len(samples) // config.hop_length
    if n_frames == 0:
        return np.zeros((0, config.n_mels), np.float32)
    margin = (config.n_fft - config.hop_length) // 2
    left = np.pad(samples, (margin, 0), mode="reflect" if len(samples) > margin else "edge")
    padded = np.pad(left, (0, config.n_fft), mode="reflect" if len(left) > config.n_fft else "edge")
    # the right margin reflects at the end of the recording, so one long reflection serves every hop
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[:: config.hop_length][:n_frames]
    result = np.empty((n_frames, config.n_mels), np.float32)
    filters, window = mel_filters(config).T, hann_window(config)
    for first in range(0, n_frames, 1024):  # bounds memory for long recordings
        spectrum = np.fft.rfft(frames[first : first + 1024] * window)
        magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2 + 1e-6).astype(np.float32)
        result[first : first + 1024] = np.log(np.maximum(magnitude @ filters, 1e-5))
    return result
