"""Tone sandhi of Mandarin: 一, 不 and the third tone."""

from __future__ import annotations

import re
from itertools import islice, pairwise
from typing import TypeVar

from xespeech.text.mandarin.polyphones import rule_for

_T = TypeVar("_T")
# The digits behind a decimal point are a separate group: 一点五 is yi1 dian3 wu3.
_DECIMAL_POINT = re.compile("(?<=[零一二三四五六七八九十百千万亿])点(?=[零一二三四五六七八九])")


def apply_tone_sandhi(words: list[str], tones: list[list[str]]) -> list[list[str]]:
    """Spoken tones of the words of one clause.

    Args:
        words: the clause, cut into words of Han characters.
        tones: for each word the tone of each of its characters, "1" to "5".

    Returns:
        tones after sandhi, in the same shape.
    """
    text = "".join(words)
    flat = _yi_and_bu(text, [tone for word_tones in tones for tone in word_tones])
    risen = [tone for word_tones in _third_tones(by_word(words, flat)) for tone in word_tones]
    for point in _DECIMAL_POINT.finditer(text):
        risen[point.start()] = flat[point.start()]
    return by_word(words, risen)


def by_word(words: list[str], of_characters: list[_T]) -> list[list[_T]]:
    """What each character of a clause has, word by word."""
    left = iter(of_characters)
    return [list(islice(left, len(word))) for word in words]


def _yi_and_bu(text: str, tones: list[str]) -> list[str]:
    """From the end, since a tone depends on the changed tone behind it: 一不 is yi4 bu2 before a fourth tone."""
    tones = list(tones)
    for index in reversed(range(len(text))):
        char = text[index]
        if char not in "一不":
            continue
        before, after = text[index - 1 : index], text[index + 1 : index + 2]
        next_tone = tones[index + 1] if after else ""
        if before and before == after and text[index - 2 : index - 1] != char:  # 看一看, 好不好; not 一天一天
            tones[index] = "5" if before not in "一二三四五六七八九零幺" else tones[index]
        elif char == "不":
            tones[index] = "2" if next_tone == "4" else "5" if tones[index] == "5" else "4"
        elif (rule := rule_for(text, index, "word", "yi.tsv")) and rule.reading[1] == "1":
            tones[index] = "1"  # of a number or a place in a row
        elif next_tone == "4" or after == "个":
            tones[index] = "2"
        elif next_tone in ("1", "2", "3"):
            tones[index] = "4"
    return tones


def _third_tones(tones: list[list[str]]) -> list[list[str]]:
    """A third tone before a third tone rises: first inside each word, then at the end of a word."""
    words = [_inside_word(word) for word in tones]
    for word, following in pairwise(words):
        if word[-1] == "3" and following[0] == "3":
            word[-1] = "2"
    return words


def _inside_word(tones: list[str]) -> list[str]:
    tones = list(tones)
    if len(tones) == 4:  # two feet: 2 + 2
        return _inside_word(tones[:2]) + _inside_word(tones[2:])
    for index in range(len(tones) - 1):
        if tones[index] == "3" and tones[index + 1] == "3":
            tones[index] = "2"
    return tones
