"""Breaths: short pauses in a stretch of words that is too long to be said at once and has no punctuation."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

from xespeech.text.phonemes import Phonemes, Word
from xespeech.text.symbols import VOWELS
from xespeech.text.tables import read_rows

LONGEST_BREATH: Final = {"en": 45, "zh": 36, "ja": 60}
"""Syllables (Japanese: moras) that are said without a pause: some ten seconds."""
_SHORTEST = 0.25  # of the stretch, on either side of a breath
_MORAIC = frozenset("ɴʔ")


def with_breaths(phonemes: Phonemes) -> Phonemes:
    """The same words and pauses, with a pause (``,``) in every stretch that is longer than a breath."""
    words = phonemes.words
    if sum(phone in VOWELS for phone in phonemes.phones) <= min(LONGEST_BREATH.values()):
        return phonemes
    breaths: set[int] = set()  # tokens that a pause is put before
    first = 0
    for number in range(1, len(words) + 1):
        if number == len(words) or words[number].first > words[number - 1].stop:  # a pause lies between them
            breaths |= _cut(phonemes, first, number)
            first = number
    return _insert(phonemes, sorted(breaths)) if breaths else phonemes


def _cut(phonemes: Phonemes, first: int, stop: int) -> set[int]:
    """Tokens before which words `first` to `stop` - 1 are to be parted."""
    words = phonemes.words
    lengths = [_syllables(phonemes, word) for word in words[first:stop]]
    total = sum(lengths)
    if stop - first < 2 or total <= LONGEST_BREATH[phonemes.languages[words[first].first]]:
        return set()
    best, best_score, before = None, float("-inf"), 0
    for number in range(first + 1, stop):
        before += lengths[number - 1 - first]
        share = before / total
        if _SHORTEST <= share <= 1 - _SHORTEST:
            score = _strength(phonemes, number) - 2 * abs(share - 0.5)
            if score > best_score:
                best, best_score = number, score
    if best is None:  # a word of great length
        return set()
    return {words[best].first} | _cut(phonemes, first, best) | _cut(phonemes, best, stop)


def _syllables(phonemes: Phonemes, word: Word) -> int:
    phones, marks = phonemes.phones[word.first : word.stop], phonemes.marks[word.first : word.stop]
    language = phonemes.languages[word.first]
    if language == "zh":
        return sum(mark.isdigit() for mark in marks)
    if language == "ja":
        return sum(phone in VOWELS or phone in _MORAIC for phone in phones)
    glides = sum(before in "aeoɔ" and phone in "ɪʊ" for before, phone in pairwise(phones))  # of diphthongs
    return sum(phone in VOWELS for phone in phones) - glides


def _strength(phonemes: Phonemes, number: int) -> int:
    """How well a pause fits before a word."""
    sides = (("behind", phonemes.words[number - 1]), ("before", phonemes.words[number]))
    return sum(_table().get((phonemes.languages[word.first], side, word.text.lower()), 0) for side, word in sides)


@cache
def _table() -> dict[tuple[str, str, str], int]:
    return {
        (row["language"], row["where"], word): int(row["strength"])
        for row in read_rows(__package__, "breaths.tsv")
        for word in row["words"].split()
    }


def _insert(phonemes: Phonemes, places: list[int]) -> Phonemes:
    """A comma before each of these tokens."""
    phones, marks, languages = list(phonemes.phones), list(phonemes.marks), list(phonemes.languages)
    for place in reversed(places):
        phones.insert(place, ",")
        marks.insert(place, "")
        languages.insert(place, languages[place - 1])

    def moved(word: Word) -> Word:
        by = sum(place <= word.first for place in places)
        return word._replace(first=word.first + by, stop=word.stop + by)

    return Phonemes(tuple(phones), tuple(marks), tuple(languages), tuple(map(moved, phonemes.words)))
