"""Sampling of recordings into batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from xespeech.data.pack import Pack, Row
from xespeech.errors import DataError
from xespeech.text.symbols import LANGUAGES

Item = tuple[Pack, Row]

_MOST_ITEMS = 128  # of a small batch: texts and references cost as much for short recordings as for long ones
_NEIGHBOURS = 400  # recordings of nearest length that a batch is drawn from, or more for three large batches
_FRAMES_OF_AN_ITEM = 40  # of a large one, at least on average


def items_of(packs: Sequence[Pack], languages: Collection[str] = ()) -> list[Item]:
    """All recordings of the packs, or those in some languages.

    Raises:
        DataError: a language has none.
    """
    items = [(pack, row) for pack in packs for row in pack.rows]
    for language in languages:
        if not any(row.language == language for _, row in items):
            raise DataError(f"no recording of the data is in {language!r}, which the recipe trains: name other --data.")
    return [item for item in items if not languages or item[1].language in languages]


def balanced_weights(
    rows: Sequence[Row], shares: Mapping[str, float] | None = None, untranscribed: float = 1.0
) -> np.ndarray:
    """Sampling weight of each recording [len(rows)], summing to 1.

    Weights are proportional to length within a language, and every language has its share, however small its corpus.
    All languages that models do not speak count as one, "other".

    Args:
        rows: the recordings.
        shares: relative share of each language and of "other"; 1 for those not named.
        untranscribed: weight of a recording without text relative to one with.
    """
    weights = np.array([row.n_frames * (1.0 if row.n_symbols else untranscribed) for row in rows])
    languages = np.array([row.language if row.language in LANGUAGES else "other" for row in rows])
    for language in set(languages.tolist()):
        of_language = languages == language
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

    Raises:
        DataError: there are no items.
    """

    def __init__(self, items: Sequence[Item], weights: np.ndarray, frames: int, longest: int = 1 << 30) -> None:
        if not items:
            raise DataError(
                "there is nothing to train on: no recording of the data is both fit and meant for training."
            )
        order = np.argsort([row.n_frames for _, row in items], kind="stable")
        self.items = [items[i] for i in order]
        self.weights = weights[order] / weights.sum()
        self.lengths = np.minimum([row.n_frames for _, row in self.items], longest)
        self.frames = frames
        self.epoch_frames = int(self.lengths.sum())

    def draw(self, generator: np.random.Generator, processes: int = 1) -> list[Item]:
        """A batch of items for so many processes together, shortest first; at least one for each.

        Raises:
            DataError: there are fewer items than processes.
        """
        if len(self.items) < processes:
            raise DataError(f"{len(self.items)} recordings cannot be shared by {processes} processes: start fewer.")
        anchor = generator.choice(len(self.items), p=self.weights)
        most = processes * max(_MOST_ITEMS, self.frames // _FRAMES_OF_AN_ITEM)
        count = max(processes, min(round(processes * self.frames / self.lengths[anchor]), most))
        reach = max(_NEIGHBOURS, 3 * count)
        low = max(0, min(anchor - reach // 2, len(self.items) - reach))
        high = min(len(self.items), low + reach)
        if self.lengths[anchor] == self.lengths[-1]:  # all that are longer than the window are of one length
            low, high = min(np.searchsorted(self.lengths, self.lengths[anchor]), low), len(self.items)
        per_item = self.weights[low:high] / self.lengths[low:high]
        chosen = generator.choice(high - low, min(count, high - low), replace=False, p=per_item / per_item.sum())
        return [self.items[low + i] for i in sorted(chosen)]
