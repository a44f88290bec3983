"""Tone sandhi of Mandarin: 一, 不 and the third tone."""

from __future__ import annotations

from itertools import pairwise

_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿幺两点第")
_COUNTED = frozenset("月号日楼班级")  # 一 before these is a number: 一月, 一楼


def apply_tone_sandhi(words: list[str], tones: list[list[str]]) -> list[list[str]]:
    """Spoken tones of the words of one clause.

    Args:
        words: the clause, cut into words of Han characters.
        tones: for each word the tone of each of its characters, "1" to "5".

    Returns:
        tones after sandhi, in the same shape.
    """
    text = "".join(words)
    flat = [tone for word_tones in tones for tone in word_tones]
    flat = _yi_and_bu(text, flat)
    lengths = [len(word) for word in words]
    return _third_tones(lengths, flat)


def _yi_and_bu(text: str, tones: list[str]) -> list[str]:
    tones = list(tones)
    for index, char in enumerate(text):
        if char not in "一不":
            continue
        before, after = text[index - 1 : index] if index else "", text[index + 1 : index + 2]
        next_tone = tones[index + 1] if after else ""
        if before and before == after:  # 看一看, 好不好
            tones[index] = "5"
        elif char == "不":
            tones[index] = "2" if next_tone == "4" else "5" if tones[index] == "5" else "4"
        elif (
            not after
            or (before in _NUMERALS and before)
            or after in _NUMERALS - {"千", "万", "亿", "百", "点"}
            or after in _COUNTED
        ):
            tones[index] = "1"
        elif next_tone == "4" or after == "个":
            tones[index] = "2"
        elif next_tone in ("1", "2", "3"):
            tones[index] = "4"
        elif after == "点":
            tones[index] = "1"
    return tones


def _third_tones(lengths: list[int], tones: list[str]) -> list[list[str]]:
    """A third tone before a third tone rises: first inside each word, then at the end of a word."""
    words = []
    start = 0
    for length in lengths:
        words.append(_inside_word(tones[start : start + length]))
        start += length
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
