"""Alignment: against every path, counted out."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
import torch

from xespeech.model.alignment import search


def every_path(n_symbols: int, n_frames: int):
    """All rows of durations, each at least 1, that fill the frames."""
    for cuts in combinations(range(1, n_frames), n_symbols - 1):
        edges = (0, *cuts, n_frames)
        yield [b - a for a, b in pairwise(edges)]


def path_score(scores: torch.Tensor, durations: list[int]) -> torch.Tensor:
    symbol = torch.repeat_interleave(torch.arange(len(durations)), torch.tensor(durations))
    return scores[symbol, torch.arange(len(symbol))].sum()


@pytest.mark.parametrize(("n_symbols", "n_frames"), [(1, 1), (1, 5), (3, 3), (3, 7), (4, 9)])
def test_search_finds_the_best_of_all_paths(n_symbols, n_frames):
    scores = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(n_frames))
    found = search(scores, torch.tensor([n_symbols, 2]), torch.tensor([n_frames, 4]))
    own = scores[0, :n_symbols, :n_frames]
    best = max(every_path(n_symbols, n_frames), key=lambda path: float(path_score(own, path)))
    assert found[0, :n_symbols].tolist() == best
    assert found.sum(1).tolist() == [n_frames, 4]
    assert found[0, n_symbols:].sum() == 0


def test_search_refuses_more_symbols_than_frames():
    with pytest.raises(ValueError, match="at least one frame"):
        search(torch.zeros(1, 4, 3), torch.tensor([4]), torch.tensor([3]))
