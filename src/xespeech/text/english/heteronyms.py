"""Words that are spelled alike and said differently, told apart by their neighbours and their part of speech."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from xespeech.text.tables import read_rows

_NEAR = 7  # words on each side
_START = "^"


class Heteronym(NamedTuple):
    """One reading of a word and where it is right; an empty condition always holds.

    Attributes:
        phones: in the notation of the lexicon.
        tags: beginnings of parts of speech of the word.
        before, after: words that may be its neighbours; ``^`` is the beginning of a clause.
        near: words of which one must be at most seven words away.
        example: a text in which it is right.
    """

    word: str
    phones: tuple[str, ...]
    tags: tuple[str, ...]
    before: frozenset[str]
    after: frozenset[str]
    near: frozenset[str]
    example: str

    def holds(self, parts: Sequence[str], tags: Sequence[str], index: int) -> bool:
        """Whether the word at an index of a sentence is read so."""
        before = parts[index - 1].lower() if index and parts[index - 1][0].isalpha() else _START
        after = parts[index + 1].lower() if index + 1 < len(parts) else "."
        around = [*parts[max(0, index - _NEAR) : index], *parts[index + 1 : index + 1 + _NEAR]]
        return (
            (not self.tags or tags[index].startswith(self.tags))
            and (not self.before or before in self.before)
            and (not self.after or after in self.after)
            and (not self.near or not self.near.isdisjoint(map(str.lower, around)))
        )


@cache
def heteronyms() -> dict[str, tuple[Heteronym, ...]]:
    """Readings of each word in the order in which they are tried."""
    found: dict[str, list[Heteronym]] = defaultdict(list)
    for row in read_rows(__package__, "heteronyms.tsv"):
        before, after, near = (frozenset(row[column].split()) for column in ("before", "after", "near"))
        tags = tuple(row["tag"].split())
        heteronym = Heteronym(row["word"], tuple(row["phones"].split()), tags, before, after, near, row["example"])
        found[row["word"]].append(heteronym)
    return {word: tuple(readings) for word, readings in found.items()}


def heteronym(parts: Sequence[str], tags: Sequence[str], index: int) -> list[str] | None:
    """Phones of the word at an index of a sentence; None where the lexicon knows enough."""
    known = heteronyms()
    for reading in known.get(parts[index]) or known.get(parts[index].lower()) or ():
        if reading.holds(parts, tags, index):
            return list(reading.phones)
    return None
