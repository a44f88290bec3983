"""From symbols to frames: symbol ids, durations, and values expanded to frame rate.

Shapes: N symbols, T frames (50/s), C channels.
"""

from __future__ import annotations

import numpy as np

from xespeech.text import Phonemes

LONGEST_SYMBOL = 50
"""Frames (a second); no symbol lasts longer at natural speed."""


def symbol_ids(phonemes: Phonemes) -> dict[str, np.ndarray]:
    """Ids int64 [N + 2] named phones, marks and languages, with a silence before and after, as in training."""
    ids = {name: np.pad(values, 1) for name, values in phonemes.ids().items()}
    ids["languages"][[0, -1]] = ids["languages"][[1, -2]]
    return ids


def frame_counts(log_durations: np.ndarray, stretch: np.ndarray | float = 1.0) -> np.ndarray:
    """Frames of each symbol, int64 [N]: at least one, at most LONGEST_SYMBOL before they are stretched.

    Args:
        log_durations: natural log of frames [N].
        stretch: factor of all durations, or of each [N].
    """
    frames = np.minimum(np.exp(np.minimum(log_durations, 10.0)), LONGEST_SYMBOL)
    return np.maximum(np.round(frames * stretch), 1).astype(np.int64)


def expand(values: np.ndarray, durations: np.ndarray) -> np.ndarray:
    """Values [N, ...] repeated for the frames of each symbol, [T, ...]."""
    return np.repeat(values, durations, axis=0)


def frame_positions(durations: np.ndarray) -> np.ndarray:
    """Position of each frame within its symbol, 0 to 1, and log of the symbol's frames; float32 [T, 2]."""
    lengths = np.repeat(durations, durations)
    first = np.repeat(np.cumsum(durations) - durations, durations)
    fraction = (np.arange(len(lengths)) - first + 0.5) / lengths
    return np.stack([fraction, np.log(lengths)], axis=1).astype(np.float32)
