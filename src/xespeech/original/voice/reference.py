"""Style vectors of reference recordings for the published model.

Shapes: S samples, T frames (50/s), M mel channels, G style channels.
"""

from __future__ import annotations

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.audio.monotony import check_speech
from xespeech.inference.options import Recording
from xespeech.inference.reference import LONGEST, name_of, open_recording
from xespeech.original.voice.stages import OriginalStages

REFERENCE_FRAMES = 300
"""Frames (6 s) of a window; shorter references are repeated."""
_SILENCE = 20.0  # dB below the loudest moment
_FRAME, _HOP = 2048, 512  # samples, of the search for silence


def style_of(recording: Recording, stages: OriginalStages) -> np.ndarray:
    """Style [G], of length 1, of a recording of any length.

    The published model uses a random window of six seconds; here it is the mean over windows of six seconds.

    Raises:
        AudioError: it cannot be read, or it is silence, noise or a tone.
    """
    config = stages.config.mel
    samples = trim(open_recording(recording, config.sample_rate).samples)[: round(LONGEST * config.sample_rate)]
    check_speech(Audio(samples, config.sample_rate), name_of(recording))
    mel = log_mel(samples, config)
    if len(mel) < REFERENCE_FRAMES:
        mel = np.tile(mel, (-(-REFERENCE_FRAMES // len(mel)), 1))[:REFERENCE_FRAMES]
    last = len(mel) - REFERENCE_FRAMES
    starts = np.linspace(0, last, -(-len(mel) // REFERENCE_FRAMES)).round().astype(int)
    styles = [stages.style(np.ascontiguousarray(mel[start : start + REFERENCE_FRAMES])) for start in starts]
    if len(styles) == 1:
        return styles[0]
    mean = np.mean(styles, axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)


def trim(samples: np.ndarray) -> np.ndarray:
    """Samples without the silence at both ends, as librosa.effects.trim with top_db=20 cuts it."""
    padded = np.pad(np.asarray(samples, np.float32), _FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    power = np.mean(frames**2, axis=1)
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    loud = np.flatnonzero(decibels > decibels.max() - _SILENCE)
    return samples[loud[0] * _HOP : min(len(samples), (loud[-1] + 1) * _HOP)]
