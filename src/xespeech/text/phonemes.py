"""Phonemes, the output of the front ends: one token per sound or pause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from xespeech.text.symbols import LANGUAGE_IDS, MARK_IDS, PHONE_IDS, PUNCTUATION

if TYPE_CHECKING:
    import numpy as np


Sounds = list[tuple[str, str]]
"""Phones with their marks."""


class Reading(NamedTuple):
    """A word and how it sounds.

    Attributes:
        word: as it was read: numbers are words, letters that are spelled stand apart ("U S"), a pause is empty.
        sounds: of it.
        native: the sounds in the notation of the language, pinyin or katakana; empty where that is IPA.
    """

    word: str
    sounds: Sounds
    native: str = ""


class Word(NamedTuple):
    """A word of a text: as it was read ("five" for "5"), its tokens `first` to `stop` - 1, and `Reading.native`."""

    text: str
    first: int
    stop: int
    native: str = ""


@dataclass(frozen=True)
class Phonemes:
    """A text as sounds and pauses; the three tuples have one entry per token and the same length N.

    Attributes:
        phones: sounds and pauses, each one of `symbols.PHONES`.
        marks: stress, tone or pitch of each token, each one of `symbols.MARKS`.
        languages: language that each token is read in, each one of `symbols.LANGUAGES`.
        words: which tokens make a word, in order; pauses belong to none. Empty where it is not known.
    """

    phones: tuple[str, ...]
    marks: tuple[str, ...]
    languages: tuple[str, ...]
    words: tuple[Word, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not len(self.phones) == len(self.marks) == len(self.languages):
            raise ValueError(
                f"phones, marks and languages must be of one length, not "
                f"{len(self.phones)}, {len(self.marks)} and {len(self.languages)}"
            )

    def __len__(self) -> int:
        return len(self.phones)

    def ids(self) -> dict[str, np.ndarray]:
        """Indices for the model: ``phones``, ``marks`` and ``languages``, each int64 [N]."""
        import numpy as np

        return {
            "phones": np.array([PHONE_IDS[phone] for phone in self.phones], dtype=np.int64),
            "marks": np.array([MARK_IDS[mark] for mark in self.marks], dtype=np.int64),
            "languages": np.array([LANGUAGE_IDS[language] for language in self.languages], dtype=np.int64),
        }

    @property
    def sounds(self) -> tuple[str, ...]:
        """The phones without pauses."""
        return tuple(phone for phone in self.phones if phone not in PUNCTUATION)

    @property
    def ipa(self) -> str:
        """The tokens for a reader: stress before its vowel, tone and pitch behind it, a space between tokens."""
        return " ".join(
            mark + phone if mark in ("ˈ", "ˌ") else phone + mark
            for phone, mark in zip(self.phones, self.marks, strict=True)
        )

    @classmethod
    def join(cls, parts: Iterable[Phonemes]) -> Phonemes:
        """One after the other."""
        parts = tuple(parts)
        starts = [sum(map(len, parts[:index])) for index in range(len(parts))]
        return cls(
            tuple(phone for part in parts for phone in part.phones),
            tuple(mark for part in parts for mark in part.marks),
            tuple(language for part in parts for language in part.languages),
            tuple(
                word._replace(first=start + word.first, stop=start + word.stop)
                for start, part in zip(starts, parts, strict=True)
                for word in part.words
            ),
        )
