"""The one inventory of speech symbols that all languages share.

Sounds are IPA. A sound that two languages share is one symbol, so that recordings of one language train the
others: English diphthongs and Mandarin finals are split into vowels (``a ɪ``), affricates are one symbol (``tʃ``,
``tɕʰ``), Japanese long vowels repeat the vowel. Prosody (stress, tone, pitch accent) is a mark on the
vowel or syllabic sound that carries it, not a symbol.

The content and the order of these tuples are part of every trained model: append nothing, reorder nothing.
"""

from __future__ import annotations

from typing import Final

PADDING: Final = "_"

_PAUSES: Final = (",", ".", "?", "!", "…")

_VOWELS: Final = (
    *("a", "e", "i", "o", "u", "y"),
    *("ɑ", "æ", "ʌ", "ɔ", "ə", "ɚ", "ɛ", "ɤ", "ɪ", "ʊ", "ɯ"),
    *("i̥", "ɯ̥"),  # Japanese devoiced vowels
    *("ɹ̩", "ɻ̩"),  # Mandarin syllabic consonants: si, shi
)

_CONSONANTS: Final = (
    *("p", "pʰ", "b", "t", "tʰ", "d", "k", "kʰ", "ɡ"),
    "ʔ",  # Japanese geminate: the closure of one mora before the consonant
    *("m", "n", "ɲ", "ŋ", "ɴ"),
    *("f", "v", "ɸ", "θ", "ð", "s", "z", "ʃ", "ʒ", "ɕ", "ʂ", "ç", "x", "h"),
    *("ts", "tsʰ", "tʃ", "dʒ", "tɕ", "tɕʰ", "dʑ", "ʈʂ", "ʈʂʰ"),
    *("l", "ɹ", "ɻ", "ɾ", "j", "w", "ɥ"),
)

PHONES: Final[tuple[str, ...]] = (PADDING, *_PAUSES, *_VOWELS, *_CONSONANTS)
"""Every token a front end can emit; the index is the id, 0 is padding."""

MARKS: Final[tuple[str, ...]] = ("", "ˈ", "ˌ", "1", "2", "3", "4", "5", "H", "L")
"""None; English stress; Mandarin tone after sandhi, 5 is neutral; Japanese high and low pitch. The index is the id."""

LANGUAGES: Final[tuple[str, ...]] = ("en", "zh", "ja")
"""Languages of the front ends; the index is the id."""

PUNCTUATION: Final[frozenset[str]] = frozenset(_PAUSES)
"""The tokens that are pauses and not sounds."""

N_PAUSES: Final = 1 + len(_PAUSES)
"""Ids below this are silence: padding, which also marks the silence around a text, and punctuation."""

VOWELS: Final[frozenset[str]] = frozenset(_VOWELS)
"""Vowels and syllabic consonants."""

PHONE_IDS: Final[dict[str, int]] = {phone: index for index, phone in enumerate(PHONES)}
MARK_IDS: Final[dict[str, int]] = {mark: index for index, mark in enumerate(MARKS)}
LANGUAGE_IDS: Final[dict[str, int]] = {language: index for index, language in enumerate(LANGUAGES)}
