"""Median and standard deviation of the fundamental frequency.

Shapes: T frames (100/s).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.pitch import track_pitch

_FRAMES_PER_SECOND = 100


class PitchStatistics(NamedTuple):
    """Median in Hz; spread (standard deviation) in semitones, so that low and high voices compare."""

    median: float
    spread: float


def pitch_statistics(audio: Audio) -> PitchStatistics | None:
    """Pitch over the voiced frames; None when fewer than five are voiced."""
    pitch = track_pitch(audio.samples, audio.sample_rate, audio.sample_rate // _FRAMES_PER_SECOND)
    voiced = pitch[pitch > 0]
    if len(voiced) < 5:
        return None
    return PitchStatistics(float(np.median(voiced)), float(np.std(12 * np.log2(voiced))))
