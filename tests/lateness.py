"""Whether the times of phones are those of their sounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from xespeech.audio import Audio

_STOPS = {
    *("p", "pʰ", "b", "t", "tʰ", "d", "k", "kʰ", "ɡ"),
    *("ts", "tsʰ", "tʃ", "dʒ", "tɕ", "tɕʰ", "ʈʂ", "ʈʂʰ"),
    *(".", ",", "?", "!"),
}
_HOP = 0.005  # seconds


def lateness(phones: Sequence[str], boundaries: Sequence[float], audio: Audio) -> float:
    """Seconds by which stops and pauses are said to be after the level of the recording is low; within 0.15.

    Args:
        phones: [N], pauses too.
        boundaries: seconds at which they begin, and at which the last one ends [N + 1].
        audio: the recording.
    """
    hop = round(_HOP * audio.sample_rate)
    n_frames = len(audio.samples) // hop
    power = np.mean(audio.samples[: n_frames * hop].reshape(n_frames, hop) ** 2, axis=1)
    level = np.convolve(np.log(power + 1e-7), np.ones(3) / 3, "same")
    frames = np.round(np.asarray(boundaries) / _HOP).astype(int)
    loud = np.zeros(n_frames)
    for phone, (start, stop) in zip(phones, pairwise(frames), strict=True):
        loud[start:stop] = phone not in _STOPS
    shifts = range(-30, 31)
    inside = slice(30, n_frames - 30)
    return _HOP * max(shifts, key=lambda shift: np.corrcoef(np.roll(loud, -shift)[inside], level[inside])[0, 1])
