"""Style vectors of reference recordings.

Shapes: S samples, P mel frames (100/s), M mel channels, G style channels.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from xespeech.audio import Audio, clean, read
from xespeech.audio.io import check
from xespeech.audio.mel import log_mel
from xespeech.audio.monotony import check_speech
from xespeech.config import MelConfig
from xespeech.errors import AudioError
from xespeech.inference.engine import Engine
from xespeech.model_folder.styles import normalize, windows

NEAR = 30
"""Mel frames before and after a voiced one that a source's own style is taken from."""
LONGEST = 60.0
"""Seconds of a reference that a style is taken from."""
_DECODED = 120.0  # seconds of a file that are decoded, of which silence is removed
_SHORTEST = 1.0  # seconds; shorter references are repeated


def open_recording(recording: str | Path | Audio, sample_rate: int) -> Audio:
    """A file or Audio, resampled to a rate in Hz.

    Raises:
        AudioError: it cannot be read or holds no speech.
    """
    if isinstance(recording, Audio):
        check(recording)
        return recording.resample(sample_rate)
    return read(recording, sample_rate)


def name_of(recording: str | Path | Audio) -> str:
    """Name of a recording in messages."""
    return "the recording" if isinstance(recording, Audio) else str(recording)


def style_of(recording: str | Path | Audio, engine: Engine, config: MelConfig) -> np.ndarray:
    """Style [G] of a recording of any length.

    Raises:
        AudioError: it cannot be read, or it is silence, noise or a tone.
    """
    audio = clean(_open_beginning(recording, config.sample_rate))
    audio = replace(audio, samples=audio.samples[: round(LONGEST * config.sample_rate)])
    check_speech(audio, name_of(recording))
    samples = audio.samples
    shortest = round(_SHORTEST * config.sample_rate)
    if len(samples) < shortest:
        samples = np.tile(samples, -(-shortest // len(samples)))
    return _style_of_mel(log_mel(samples, config), engine)


def _style_of_mel(mel: np.ndarray, engine: Engine) -> np.ndarray:
    """Style [G] of a mel [P, M], the mean of its windows'."""
    return normalize(np.mean([engine.style(window) for window in windows(mel)], axis=0))


def source_style(mel: np.ndarray, voicing: np.ndarray, engine: Engine) -> np.ndarray:
    """Style [G] of a source, from the frames of its mel [P, M] that are near voiced ones; from all if none is.

    Args:
        mel: of the source.
        voicing: 1 where voiced [P].
        engine: of the model.
    """
    near = np.convolve(voicing, np.ones(2 * NEAR + 1), "full")[NEAR : NEAR + len(voicing)] > 0
    return _style_of_mel(mel[near] if near.any() else mel, engine)


def _open_beginning(recording: str | Path | Audio, sample_rate: int) -> Audio:
    """The beginning of a recording; a long file is decoded whole only if it begins in silence."""
    if isinstance(recording, Audio):
        return open_recording(recording, sample_rate)
    try:
        return read(recording, sample_rate, seconds=_DECODED)
    except AudioError:
        return read(recording, sample_rate)
