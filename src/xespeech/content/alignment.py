"""Forced alignment: the duration of each symbol of a text in a recording, from the content encoder.

The frame head of an encoder classifies the phones of frames; the best monotonic path through it is the alignment. On
speech with known durations (Kokoro's, development set) boundaries were off by 23 ms on average after 550 short steps.

Without that head there is only its CTC output, which marks each sound with a spike and fills the rest with blanks. The
best monotonic path assigns every spike to its phone; boundaries are then drawn halfway between spikes, and quiet
frames belong to pauses.

Shapes: N symbols, K sounds among them, T frames (50/s), F content-mel frames (100/s).
"""

from __future__ import annotations

import numpy as np
import torch

from xespeech.content.compact import BLANK
from xespeech.model.alignment import search

_BLANK_SHARE = 0.5  # a blank frame counts as half a frame of whatever sound it lies in


def frame_classes(phones: np.ndarray, n_pauses: int) -> np.ndarray:
    """Classes of the frame head for phone ids [N]: all pauses are class 0, since silence sounds alike everywhere."""
    return np.where(phones < n_pauses, 0, phones)


def align_frames(frame_log_probs: np.ndarray, phones: np.ndarray, n_pauses: int) -> np.ndarray:
    """Frames of each symbol of a recording, from the frame head.

    Args:
        frame_log_probs: log-probabilities of the sound of each frame [T, n_phones], all pauses class 0.
        phones: phone ids [N].
        n_pauses: number of ids that mean silence.

    Returns:
        Durations in frames, int64 [N], each at least 1, summing to T; all 0 where there are more symbols than frames.
    """
    if len(phones) > len(frame_log_probs):
        return np.zeros(len(phones), np.int64)
    return _best_path(frame_log_probs[:, frame_classes(phones, n_pauses)].T)


def align(phone_log_probs: np.ndarray, mel: np.ndarray, phones: np.ndarray, n_pauses: int) -> np.ndarray:
    """Frames of each symbol of a recording, from CTC spikes.

    Args:
        phone_log_probs: CTC log-probabilities [T, n_phones], class 0 blank.
        mel: log-mel of the recording [F, M], F about 2 T.
        phones: phone ids [N]; ids below n_pauses are pauses (silence and punctuation).
        n_pauses: number of ids that mean silence.

    Returns:
        Durations in frames, int64 [N], each at least 1, summing to T; all 0 where there are more symbols than frames.
    """
    n_frames = len(phone_log_probs)
    sounds = np.flatnonzero(phones >= n_pauses)
    if len(phones) > n_frames or len(sounds) == 0:
        return np.zeros(len(phones), np.int64)
    sound_log_probs = phone_log_probs[:, phones[sounds]].T
    blank = phone_log_probs[:, BLANK] + np.log(_BLANK_SHARE)
    widths = _best_path(np.logaddexp(sound_log_probs, blank[None]))
    starts = np.cumsum(widths) - widths
    inside = zip(sound_log_probs, starts, widths, strict=True)
    peaks = np.array([start + scores[start : start + width].argmax() for scores, start, width in inside])
    boundaries = (peaks[1:] + peaks[:-1] + 1) // 2
    wanted = sounds[np.searchsorted(boundaries, np.arange(n_frames), side="right")]
    quiet = _quiet(mel, n_frames)
    for pause in np.flatnonzero(phones < n_pauses):
        before, after = sounds[sounds < pause], sounds[sounds > pause]
        first = peaks[len(before) - 1] + 1 if len(before) else 0
        last = peaks[len(before)] if len(after) else n_frames
        gap = np.arange(first, last)
        wanted[gap[_longest_run(quiet[first:last], open_left=not len(before), open_right=not len(after))]] = pause
    return _best_path(-np.abs(wanted[None, :] - np.arange(len(phones))[:, None]).astype(np.float32))


def _best_path(scores: np.ndarray) -> np.ndarray:
    """Durations [N] of the best monotonic path through scores [N, T]."""
    matrix = torch.from_numpy(np.ascontiguousarray(scores, np.float32))[None]
    n_symbols, n_frames = scores.shape
    return search(matrix, torch.tensor([n_symbols]), torch.tensor([n_frames]))[0].numpy()


def _quiet(mel: np.ndarray, n_frames: int) -> np.ndarray:
    """Whether each frame [T] is nearer to the recording's silence than to its speech."""
    level = mel.mean(1)
    level = np.pad(level, (0, max(0, 2 * n_frames - len(level))), mode="edge")[: 2 * n_frames].reshape(-1, 2).mean(1)
    low, high = np.quantile(level, 0.02), np.quantile(level, 0.9)
    return level < low + 0.35 * (high - low)


def _longest_run(flags: np.ndarray, open_left: bool, open_right: bool) -> slice:
    """The longest run of True; at an open side only the run that reaches it counts."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    runs = [
        (start, stop)
        for start, stop in edges.reshape(-1, 2)
        if not (open_left and start) and not (open_right and stop < len(flags))
    ]
    return slice(*max(runs, key=lambda run: run[1] - run[0], default=(0, 0)))
