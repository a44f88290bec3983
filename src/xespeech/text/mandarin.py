"""Mandarin text as sounds with tones after sandhi."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

from xespeech.text.pinyin import split_tone, syllable

_BRACED = re.compile(r"\{([^{}]*)\}")


@lru_cache(maxsize=1)
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()


def read_mandarin(clause: str) -> list[tuple[str, str]]:
    """Phones and marks of a clause of Han characters and ``{pinyin1}``."""
    tokens: list[tuple[str, str]] = []
    for index, part in enumerate(_BRACED.split(clause)):
        for pinyin in part.split() if index % 2 else _pinyin(part):
            tokens.extend(_syllable_tokens(pinyin))
    return tokens


def _pinyin(han: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin

    if not han:
        return []
    words = list(_jieba().cut(han))
    return lazy_pinyin(words, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True, errors="ignore")


def _syllable_tokens(pinyin: str) -> list[tuple[str, str]]:
    split = split_tone(pinyin)
    sounds = syllable(split[0]) if split else None
    if split is None or sounds is None:
        return []
    return [(phone, split[1] if index == sounds.carrier else "") for index, phone in enumerate(sounds.phones)]
