"""Trimming of silence and normalisation of loudness.

Shapes: S samples, T analysis frames (100/s).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xespeech.audio.io import SHORTEST, Audio

TARGET_LEVEL = -23.0
"""dB of full scale: root mean square over the frames that hold speech."""
MARGIN = 0.1
"""Seconds kept before the first and after the last speech."""
_PEAK = 0.95
_RANGE = 40.0  # dB below the loudest frames within which sound counts as speech
_LEAST_RANGE = 25.0  # dB below the loudest frames that always count as speech, however noisy the room
_ABOVE_NOISE = 8.0  # dB
_EMPHASIS = 0.95  # of high frequencies: rooms rumble, consonants hiss
_RUN = 3  # frames in a row that make speech and not a click


def clean(audio: Audio) -> Audio:
    """Trim the silence around the speech and normalise the loudness."""
    return normalize_loudness(trim_silence(audio))


def trim_silence(audio: Audio) -> Audio:
    """Cut what precedes and follows the speech, keeping 0.1 s on either side."""
    return replace(audio, samples=audio.samples[speech_span(audio)])


def speech_span(audio: Audio) -> slice:
    """The samples that `trim_silence` keeps."""
    spoken, margin = spoken_span(audio), round(MARGIN * audio.sample_rate)
    start, stop = max(0, spoken.start - margin), min(len(audio.samples), spoken.stop + margin)
    if (stop - start) / audio.sample_rate < SHORTEST:
        return slice(0, len(audio.samples))
    return slice(start, stop)


def spoken_span(audio: Audio) -> slice:
    """The samples from the first to the last speech; all where none is found."""
    speech, hop = find_speech(audio)
    if not speech.any():
        return slice(0, len(audio.samples))
    first, last = np.flatnonzero(speech)[[0, -1]]
    return slice(int(first) * hop, min(len(audio.samples), (int(last) + 1) * hop))


def normalize_loudness(audio: Audio) -> Audio:
    """Scale so that the speech has TARGET_LEVEL (dB of full scale), or less where peaks would clip."""
    speech, hop = find_speech(audio)
    frames = _frames(audio.samples, hop)
    power = np.mean(frames[speech if speech.any() else slice(None)] ** 2)
    peak = float(np.abs(audio.samples).max())
    gain = min(10 ** (TARGET_LEVEL / 20) / np.sqrt(power), _PEAK / peak)
    return replace(audio, samples=(audio.samples * np.float32(gain)).astype(np.float32))


def find_speech(audio: Audio) -> tuple[np.ndarray, int]:
    """Which frames of 10 ms hold speech, bool [T], and samples per frame.

    Speech is loud enough relative to the loudest frames and to the noise, and longer than a click.
    """
    hop = audio.sample_rate // 100
    bright = audio.samples.copy()
    bright[1:] -= _EMPHASIS * audio.samples[:-1]
    levels = 10 * np.log10(np.mean(_frames(bright, hop) ** 2, axis=1) + 1e-12)
    loudest, noise = np.percentile(levels, [98, 5])
    threshold = min(max(loudest - _RANGE, noise + _ABOVE_NOISE), loudest - _LEAST_RANGE)
    speech = levels > threshold
    edges = np.flatnonzero(np.diff(np.concatenate([[0], speech.astype(np.int8), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start < _RUN:
            speech[start:stop] = False
    return speech, hop


def _frames(samples: np.ndarray, hop: int) -> np.ndarray:
    """[T, hop], without a constant offset."""
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    return frames - frames.mean()
