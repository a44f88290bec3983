"""Monotonic alignment search between symbols and frames.

Every symbol takes at least one frame and none is skipped. Compiled with numba, parallel over the batch.

Shapes: B batch, N symbols, T frames (50/s).

Source: Glow-TTS (Kim et al. 2020), section 3.1, equations 6-7.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from torch import Tensor

_LOWEST = -1e30


@numba.njit(parallel=True, cache=True, nogil=True, error_model="numpy")
def _search(scores: np.ndarray, n_symbols: np.ndarray, n_frames: np.ndarray, durations: np.ndarray) -> None:
    """Fill durations [B, N], given as zeros, from scores [B, T, N].

    Row by row, so that the compiler vectorises the inner loop; cells that no path can cross are skipped.
    """
    for b in numba.prange(scores.shape[0]):
        symbols, frames = n_symbols[b], n_frames[b]
        before = np.full(symbols + 1, np.float32(_LOWEST))  # best score of a path that ends in each symbol, from 1 on
        after = np.full(symbols + 1, np.float32(_LOWEST))
        moved = np.empty((frames, symbols), np.bool_)
        before[1] = scores[b, 0, 0]
        for t in range(1, frames):
            low, high = max(0, symbols - frames + t), min(symbols, t + 1)
            row, moves = scores[b, t, low:high], moved[t, low:high]
            moving, staying, best = before[low:high], before[low + 1 : high + 1], after[low + 1 : high + 1]
            for i in range(row.size):
                better = moving[i] > staying[i]
                moves[i] = better
                best[i] = (moving[i] if better else staying[i]) + row[i]
            before, after = after, before
        n = symbols - 1
        for t in range(frames - 1, -1, -1):
            durations[b, n] += 1
            if t > 0 and n > 0 and (n == t or moved[t, n]):
                n -= 1


def search(scores: Tensor, n_symbols: Tensor, n_frames: Tensor) -> Tensor:
    """Durations of the most likely monotonic alignment.

    Args:
        scores: log-likelihood of each frame under each symbol [B, N, T].
        n_symbols: valid symbols of each item [B], each at most its n_frames.
        n_frames: valid frames of each item [B].

    Returns:
        Frames per symbol, int64 [B, N]; rows sum to n_frames, padding is 0.

    Raises:
        ValueError: an item has no symbols, or more symbols than frames.
    """
    if bool((n_symbols < 1).any()) or bool((n_symbols > n_frames).any()):
        raise ValueError("every item needs at least one symbol and at least one frame for each symbol")
    durations = np.zeros(scores.shape[:2], np.int64)
    matrix = scores.detach().float().transpose(1, 2).contiguous().cpu().numpy()
    _search(matrix, n_symbols.cpu().numpy(), n_frames.cpu().numpy(), durations)
    return torch.from_numpy(durations).to(scores.device)
