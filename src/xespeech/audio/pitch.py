"""Fundamental frequency of speech by autocorrelation and a Viterbi path.

Shapes: S samples, T frames, K candidates per frame.

Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound", 1993. Candidates are the peaks of the window-corrected autocorrelation; the path trades their strength
against octave jumps and voicing changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import soxr

from xespeech.audio.io import Audio
from xespeech.config import REFERENCE_PITCH

_RATE = 16_000
_LOWEST, _HIGHEST = 60.0, 650.0  # Hz
_CANDIDATES = 6
_VOICING_THRESHOLD = 0.45
BREATHY = 0.25
"""Voicing threshold that counts frames as voiced in which a voice is weak, breathy or beside noise."""
_SILENCE_THRESHOLD = 0.03
_OCTAVE_COST = 0.02
_OCTAVE_JUMP_COST = 0.5
_VOICING_COST = 0.2


def track_pitch(
    samples: np.ndarray,
    sample_rate: int,
    hop_length: int,
    peak: float | None = None,
    threshold: float = _VOICING_THRESHOLD,
) -> np.ndarray:
    """Track the pitch of one voice, from 60 to 650 Hz.

    Args:
        samples: waveform [S], float.
        sample_rate: Hz.
        hop_length: samples between frames; frame t is centred at (t + 0.5) * hop_length, as mel frames are.
        peak: of the whole recording, for the detection of silence; None for that of the samples.
        threshold: autocorrelation in 0..1 from which a frame is voiced.

    Returns:
        Pitch in Hz, float32 [T] with T = floor(S / hop_length); 0 where unvoiced.
    """
    n_frames = len(samples) // hop_length
    if n_frames == 0:
        return np.zeros(0, np.float32)
    signal = soxr.resample(np.asarray(samples, np.float32), sample_rate, _RATE)
    window_length = int(_RATE * 3 / _LOWEST)
    centres = (np.arange(n_frames) + 0.5) * hop_length / sample_rate * _RATE
    starts = np.round(centres).astype(np.int64)  # after padding by half a window, a frame starts at its centre
    signal = np.pad(signal, (window_length // 2, window_length + _RATE // 10))
    frames = np.lib.stride_tricks.sliding_window_view(signal, window_length)[starts]
    strengths, lags = _candidates(frames)
    peak = peak or float(np.abs(signal).max()) or 1.0
    loudness = np.abs(frames).max(axis=1) / peak
    unvoiced = threshold + np.maximum(0.0, 2.0 - loudness / _SILENCE_THRESHOLD * (1.0 + threshold))
    pitches = np.where(lags > 0, _RATE / np.maximum(lags, 1e-9), 0.0)
    scores = np.where(lags > 0, strengths - _OCTAVE_COST * np.log2(np.maximum(_LOWEST * lags / _RATE, 1e-9)), -1e9)
    pitches = np.concatenate([np.zeros((n_frames, 1)), pitches], axis=1)
    scores = np.concatenate([unvoiced[:, None], scores], axis=1)
    return _best_path(pitches, scores).astype(np.float32)


class PitchStatistics(NamedTuple):
    """Median in Hz; spread (standard deviation) in semitones, so that low and high voices compare."""

    median: float
    spread: float


def pitch_statistics(audio: Audio) -> PitchStatistics | None:
    """Pitch over the voiced frames; None when fewer than five are voiced."""
    pitch = track_pitch(audio.samples, audio.sample_rate, audio.sample_rate // 100)
    voiced = pitch[pitch > 0]
    if len(voiced) < 5:
        return None
    return PitchStatistics(float(np.median(voiced)), float(np.std(12 * np.log2(voiced))))


def interpolate_pitch(pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-pitch interpolated through unvoiced frames, and voicing.

    Args:
        pitch: Hz [T], 0 where unvoiced.

    Returns:
        Natural log of Hz / REFERENCE_PITCH [T] and 1.0 where voiced [T], float32.
    """
    voiced = pitch > 0
    if not voiced.any():
        return np.zeros(len(pitch), np.float32), voiced.astype(np.float32)
    where = np.flatnonzero(voiced)
    log_pitch = np.interp(np.arange(len(pitch)), where, np.log(pitch[where] / REFERENCE_PITCH))
    return log_pitch.astype(np.float32), voiced.astype(np.float32)


def _candidates(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strengths and lags [T, K] of the highest peaks of each frame's normalised autocorrelation (lag 0: no peak)."""
    window_length = frames.shape[1]
    window = np.hanning(window_length)
    size = 1 << int(np.ceil(np.log2(window_length * 1.5)))
    window_correlation = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)
    window_correlation /= window_correlation[0]
    shortest, longest = int(_RATE / _HIGHEST), min(int(_RATE / _LOWEST) + 2, size // 2)
    strengths = np.zeros((len(frames), _CANDIDATES))
    lags = np.zeros((len(frames), _CANDIDATES))
    for first in range(0, len(frames), 512):  # bounds memory for long recordings
        block = frames[first : first + 512].astype(np.float64)
        block = (block - block.mean(axis=1, keepdims=True)) * window
        correlation = np.fft.irfft(np.abs(np.fft.rfft(block, size, axis=1)) ** 2, axis=1)[:, : longest + 2]
        correlation = correlation / np.maximum(correlation[:, :1], 1e-12) / window_correlation[: longest + 2]
        middle = correlation[:, shortest:-1]
        before, after = correlation[:, shortest - 1 : -2], correlation[:, shortest + 1 :]
        is_peak = (middle > before) & (middle >= after) & (middle > 0.2)
        heights = np.where(is_peak, middle, -1.0)
        octave = _OCTAVE_COST * np.log2(np.arange(shortest, shortest + middle.shape[1]) / _RATE * _LOWEST)
        best = np.argpartition(-(heights - octave), _CANDIDATES - 1, axis=1)[:, :_CANDIDATES]
        rows = np.arange(len(block))[:, None]
        found = heights[rows, best] > 0
        left, top, right = before[rows, best], middle[rows, best], after[rows, best]
        offset = 0.5 * (left - right) / np.minimum(left - 2 * top + right, -1e-9)
        strengths[first : first + 512] = np.where(found, np.minimum(top - 0.25 * (left - right) * offset, 1.0), 0.0)
        lags[first : first + 512] = np.where(found, shortest + best + offset, 0.0)
    return strengths, lags


def _best_path(pitches: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Viterbi over candidates [T, K+1] (column 0 is unvoiced); returns the chosen pitch [T]."""
    log_pitch = np.log2(np.maximum(pitches, 1e-9))
    voiced = pitches > 0
    total = scores[0].copy()
    origins = np.zeros(scores.shape, np.int64)
    for t in range(1, len(scores)):
        jump = _OCTAVE_JUMP_COST * np.abs(log_pitch[t - 1][:, None] - log_pitch[t][None, :])
        both = voiced[t - 1][:, None] & voiced[t][None, :]
        change = voiced[t - 1][:, None] != voiced[t][None, :]
        arrival = total[:, None] - np.where(both, jump, np.where(change, _VOICING_COST, 0.0))
        origins[t] = arrival.argmax(axis=0)
        total = arrival[origins[t], np.arange(arrival.shape[1])] + scores[t]
    state = int(total.argmax())
    path = np.zeros(len(scores))
    for t in range(len(scores) - 1, -1, -1):
        path[t] = pitches[t, state]
        state = int(origins[t, state])
    return path
