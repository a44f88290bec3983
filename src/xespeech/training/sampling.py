"""Which recordings go into a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xespeech.data.pack import Pack, Row

Item = tuple[Pack, Row]


def balanced_weights(
    rows: Sequence[Row], shares: Mapping[str, float] | None = None, untranscribed: float = 1.0
) -> np.ndarray:
    """Sampling weight of each recording [len(rows)], summing to 1.

    A recording counts by its length and every language gets its share, so that a large corpus does not drown a small
    language.

    Args:
        rows: the recordings.
        shares: relative share of each language; 1 for those not named.
        untranscribed: weight of a recording without text relative to one with.
    """
    weights = np.array([row.n_frames * (1.0 if row.n_symbols else untranscribed) for row in rows])
    for language in {row.language for row in rows}:
        of_language = np.array([row.language == language for row in rows])
        total = weights[of_language].sum()
        if total > 0:
            weights[of_language] *= (shares or {}).get(language, 1.0) / total
    return weights / weights.sum()


class LengthSampler:
    """Batches of recordings of similar length, a given number of frames in all.

    Args:
        items: what to draw from.
        weights: sampling weight of each item.
        frames: frames (50/s) of a batch, padding aside.
        longest: longer recordings count as this many frames, since only a window of them is used.
        neighbours: how many recordings of nearest length a batch is drawn from.
    """

    def __init__(
        self, items: Sequence[Item], weights: np.ndarray, frames: int, longest: int = 1 << 30, neighbours: int = 400
    ) -> None:
        order = np.argsort([row.n_frames for _, row in items], kind="stable")
        self.items = [items[i] for i in order]
        self.weights = weights[order] / weights.sum()
        self.lengths = np.minimum([row.n_frames for _, row in self.items], longest)
        self.frames, self.neighbours = frames, neighbours

    def draw(self, generator: np.random.Generator) -> list[Item]:
        """A batch of items, shortest first."""
        anchor = generator.choice(len(self.items), p=self.weights)
        count = max(1, min(round(self.frames / self.lengths[anchor]), 128))
        same = np.searchsorted(self.lengths, self.lengths[anchor], "left"), len(self.items)
        reach = max(self.neighbours, count)
        low = max(0, min(anchor - reach // 2, len(self.items) - reach))
        high = min(len(self.items), low + reach)
        if self.lengths[anchor] == self.lengths[-1]:  # all that are longer than the window are of one length
            low, high = min(same[0], low), same[1]
        per_item = self.weights[low:high] / self.lengths[low:high]
        chosen = generator.choice(high - low, min(count, high - low), replace=False, p=per_item / per_item.sum())
        return [self.items[low + i] for i in sorted(chosen)]
