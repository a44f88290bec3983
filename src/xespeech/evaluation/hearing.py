"""Units of content errors with Whisper: words of English, characters of Mandarin, phones of Japanese.

Mandarin is compared in simplified characters with numbers as words, Japanese as phones of the recognised text, so
that another spelling of the same sounds is not an error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xespeech.errors import UserError
from xespeech.evaluation.intelligibility import english_words, is_judged_by_words
from xespeech.text import phonemize

_FEWEST = {"zh": 4, "ja": 8}  # characters, phones: single words are recognised badly however well they are said
_HAN_OR_LATIN = re.compile(r"[㐀-鿿]|[a-z]+")
_PLAIN_VOWEL = str.maketrans("", "", "̥")  # a vowel is the same one voiced and devoiced


def is_judged_by_whisper(text: str, language: str) -> bool:
    """Whether a text is long enough for reliable recognition."""
    if language == "en":
        return is_judged_by_words(text, language)
    return language in _FEWEST and len(content_units(text, language)) >= _FEWEST[language]


def content_units(text: str, language: str) -> list[str]:
    """Units of a written or recognised text: English words, Mandarin characters or Japanese phones.

    Unreadable text has none.
    """
    if language == "en":
        return english_words(text)
    if language == "zh":
        from xespeech.text.mandarin import normalize_mandarin

        return _HAN_OR_LATIN.findall(normalize_mandarin(text).lower())
    try:
        return plain_phones(phonemize(text, language).sounds)
    except UserError:
        return []


def plain_phones(phones: Sequence[str]) -> list[str]:
    """Japanese phones without the ring of devoiced vowels, which depends on what stands beside them."""
    return [phone.translate(_PLAIN_VOWEL) for phone in phones]
