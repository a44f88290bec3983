"""What is counted of a text that Whisper heard: words of English, characters of Mandarin, phones of Japanese.

Mandarin is compared in simplified characters with numbers as words, Japanese as the phones that the front end reads in
what was heard, so that another spelling of the same sounds is no error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xespeech.errors import UserError
from xespeech.evaluation.intelligibility import english_words, is_judged_by_words, sounds
from xespeech.text import phonemize

_FEWEST = {"zh": 4, "ja": 8}  # characters, phones: single words are misheard however well they are said
_HAN_OR_LATIN = re.compile(r"[㐀-鿿]|[a-z]+")
_PLAIN_VOWEL = str.maketrans("", "", "̥")  # a vowel is the same one voiced and devoiced


def is_judged_by_whisper(text: str, language: str) -> bool:
    """Whether a text is long enough that what is misheard of it is not chance."""
    if language == "en":
        return is_judged_by_words(text, language)
    return language in _FEWEST and len(heard_items(text, language)) >= _FEWEST[language]


def heard_items(text: str, language: str) -> list[str]:
    """What is counted of a text, written or heard: English words, Mandarin characters or Japanese phones.

    Text in which nothing can be read has none.
    """
    if language == "en":
        return english_words(text)
    if language == "zh":
        from xespeech.text.mandarin import normalize_mandarin

        return _HAN_OR_LATIN.findall(normalize_mandarin(text).lower())
    try:
        return plain_phones(sounds(phonemize(text, language)))
    except UserError:
        return []


def plain_phones(phones: Sequence[str]) -> list[str]:
    """Japanese phones without the ring of devoiced vowels, which depends on what stands beside them."""
    return [phone.translate(_PLAIN_VOWEL) for phone in phones]
