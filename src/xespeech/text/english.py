"""English text as sounds with stress."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_DIPHTHONGS = {"aɪ": "a ɪ", "aʊ": "a ʊ", "eɪ": "e ɪ", "oʊ": "o ʊ", "ɔɪ": "ɔ ɪ"}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*'?")


@lru_cache(maxsize=1)
def _gruut() -> Any:
    from gruut.lang import get_settings

    return get_settings("en-us")


def read_english(clause: str) -> list[tuple[str, str]]:
    """Phones and marks of a clause of words."""
    words = _WORD.findall(clause)
    if not words:
        return []
    tokens: list[tuple[str, str]] = []
    tags = _gruut().get_parts_of_speech(words)
    for word, tag in zip(words, tags, strict=True):
        for phone in _word(word, tag):
            tokens.extend(_split(phone))
    return tokens


def _word(word: str, tag: str) -> list[str]:
    role = f"gruut:{tag}"
    found = _gruut().lookup_phonemes(word.lower(), role)
    if found is None and word.isupper() and len(word) <= 4:
        return [phone for letter in word for phone in _gruut().lookup_phonemes(letter.lower(), "gruut:letter")]
    return found if found is not None else _gruut().guess_phonemes(word.lower(), role)


@lru_cache(maxsize=None)
def _split(phone: str) -> list[tuple[str, str]]:
    mark = phone[0] if phone[0] in "ˈˌ" else ""
    sound = phone.lstrip("ˈˌ").replace("͡", "")
    first, *rest = _DIPHTHONGS.get(sound, sound).split()
    return [(first, mark), *((other, "") for other in rest)]
