"""Monotonic alignment between symbols and frames: the best path and the sum over all paths.

Every symbol takes at least one frame and none is skipped. Compiled with numba, parallel over the batch.

Shapes: B batch, N symbols, T frames (50/s).

Source: the search is that of Glow-TTS (Kim et al. 2020, section 3.1, equations 6-7); the sum over paths is the forward
algorithm of hidden Markov models, as in CTC (Graves et al. 2006) without the blank.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from torch import Tensor

_LOWEST = -1e30


@numba.njit(parallel=True, cache=True, nogil=True)
def _search(scores: np.ndarray, n_symbols: np.ndarray, n_frames: np.ndarray, durations: np.ndarray) -> None:
    for b in numba.prange(scores.shape[0]):
        symbols, frames = n_symbols[b], n_frames[b]
        best = np.full(symbols, _LOWEST, np.float32)
        moved = np.zeros((frames, symbols), np.bool_)
        best[0] = scores[b, 0, 0]
        for t in range(1, frames):
            for n in range(min(symbols - 1, t), -1, -1):
                stay = best[n]
                move = best[n - 1] if n > 0 else np.float32(_LOWEST)
                moved[t, n] = move > stay
                best[n] = max(stay, move) + scores[b, n, t]
        n = symbols - 1
        for t in range(frames - 1, -1, -1):
            durations[b, n] += 1
            if t > 0 and (moved[t, n] or n == t) and n > 0:
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
    matrix = np.ascontiguousarray(scores.detach().float().cpu().numpy())
    _search(matrix, n_symbols.cpu().numpy(), n_frames.cpu().numpy(), durations)
    return torch.from_numpy(durations).to(scores.device)


@numba.njit(cache=True, nogil=True, inline="always")
def _log_add(a: float, b: float) -> float:
    high = max(a, b)
    return high + np.log1p(np.exp(min(a, b) - high)) if high > _LOWEST else high


@numba.njit(parallel=True, cache=True, nogil=True)
def _forward_backward(
    scores: np.ndarray, n_symbols: np.ndarray, n_frames: np.ndarray, totals: np.ndarray, occupancy: np.ndarray
) -> None:
    for b in numba.prange(scores.shape[0]):
        symbols, frames = n_symbols[b], n_frames[b]
        alpha = np.full((frames, symbols), _LOWEST, np.float64)
        beta = np.full((frames, symbols), _LOWEST, np.float64)
        alpha[0, 0] = scores[b, 0, 0]
        for t in range(1, frames):
            for n in range(max(0, symbols - frames + t), min(symbols, t + 1)):
                arrive = alpha[t - 1, n]
                if n > 0:
                    arrive = _log_add(arrive, alpha[t - 1, n - 1])
                alpha[t, n] = arrive + scores[b, n, t]
        beta[frames - 1, symbols - 1] = 0.0
        for t in range(frames - 2, -1, -1):
            for n in range(max(0, symbols - frames + t), min(symbols, t + 1)):
                leave = beta[t + 1, n] + scores[b, n, t + 1]
                if n + 1 < symbols:
                    leave = _log_add(leave, beta[t + 1, n + 1] + scores[b, n + 1, t + 1])
                beta[t, n] = leave
        total = alpha[frames - 1, symbols - 1]
        totals[b] = total
        for t in range(frames):
            for n in range(symbols):
                path = alpha[t, n] + beta[t, n] - total
                if path > -50.0:
                    occupancy[b, n, t] = np.exp(path)


class _AllPaths(torch.autograd.Function):
    @staticmethod
    def forward(ctx, scores: Tensor, n_symbols: Tensor, n_frames: Tensor) -> Tensor:  # type: ignore[override]
        matrix = np.ascontiguousarray(scores.detach().float().cpu().numpy())
        totals = np.zeros(len(matrix), np.float32)
        occupancy = np.zeros(matrix.shape, np.float32)
        _forward_backward(matrix, n_symbols.cpu().numpy(), n_frames.cpu().numpy(), totals, occupancy)
        ctx.save_for_backward(torch.from_numpy(occupancy).to(scores))
        return torch.from_numpy(totals).to(scores)

    @staticmethod
    def backward(ctx, gradient: Tensor):  # type: ignore[override]
        (occupancy,) = ctx.saved_tensors
        return gradient[:, None, None] * occupancy, None, None


def log_likelihood(scores: Tensor, n_symbols: Tensor, n_frames: Tensor) -> Tensor:
    """Log of the summed likelihood of all monotonic alignments, differentiable in the scores.

    Args:
        scores: log-likelihood of each frame under each symbol [B, N, T], float32.
        n_symbols: valid symbols of each item [B], each at most its n_frames.
        n_frames: valid frames of each item [B].

    Returns:
        Log-likelihood of each item [B].
    """
    return _AllPaths.apply(scores, n_symbols, n_frames)
