"""Where each spoken word stands in the text as it was written: "five dollars" in "$5".

Numbers, abbreviations and symbols are read as other words than are written. Both rows of words are aligned: what is
equal is matched, and what lies between two matches belongs together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from typing import NamedTuple

from xespeech.text.characters import HAN, KANA

Range = tuple[int, int]
"""First character and the one behind the last."""

_CJK = HAN + KANA
_TOKEN = re.compile(rf"\[\[.*?\]\]|\{{[^{{}}]*\}}|[{_CJK}]|[^\s{_CJK}{{}}\[\]]+", re.DOTALL)
_SILENT = re.compile(r"[\W_]+")
# That are words in some language.
_SYMBOLS = "%‰&@+=#№〒$€£¥¢₩₹₽฿₿₺₴₦₫₱₪/\\°℃℉<>≤≥≦≧≈≒≠±∓×÷−√∞²³⁺⁻∑∫∴∵⇒^~～￥→％＆＠＋＝＃＄＜＞／"
_SPOKEN_SYMBOL = re.compile(f"[{_SYMBOLS}]")
_EDGES = re.compile(rf"^[^\w{_SYMBOLS}-]+|[^\w{_SYMBOLS}]+$")


_Stretch = tuple[int, int, int, int]
"""First and last of the written tokens and of the spoken ones; the last is the one behind."""


class _Token(NamedTuple):
    key: str  # what is compared
    at: Range  # in the written text, or (number of the word, the next) of the spoken words


def word_spans(text: str, words: Sequence[str]) -> list[Range]:
    """Characters of a text that each spoken word was read from, in order.

    Args:
        text: as it was written.
        words: as they were read (`Phonemes.words`).

    Returns:
        One range for each word. Words that were read from the same characters have the same range; a word that was
        read from none has the empty range behind its predecessor.
    """
    written = [_Token(key, _trim(token)) for token in _TOKEN.finditer(text) if (key := _key(token[0]))]
    spoken = [
        _Token(_key(part) or part, (number, number + 1))
        for number, word in enumerate(words)
        for part in _TOKEN.findall(word)
    ]
    ranges: list[Range | None] = [None] * len(words)
    for first, last, start, stop in _matches(written, spoken):
        for a, b, c, d in _pairs(written, spoken, first, last, start, stop):
            if a == b:
                continue
            for number in {token.at[0] for token in spoken[c:d]}:
                span = ranges[number]
                low, high = written[a].at[0], written[b - 1].at[1]
                ranges[number] = (low, high) if span is None else (min(span[0], low), max(span[1], high))
    found: list[Range] = []
    for span in ranges:
        end = found[-1][1] if found else 0
        found.append((end, end) if span is None else span)
    return found


def _matches(written: list[_Token], spoken: list[_Token]) -> list[_Stretch]:
    """Stretches of both that belong together, in order.

    Of a token that stands several times the matcher takes any: the first 日 of 1日-7日 for that of 一到七日. What is
    left over on one side of it then belongs to what stands on the other.
    """
    matcher = SequenceMatcher(None, [token.key for token in written], [token.key for token in spoken], autojunk=False)
    found: list[tuple[bool, _Stretch]] = []
    for kind, *places in matcher.get_opcodes():
        found.append((kind == "equal", (places[0], places[1], places[2], places[3])))
        if [is_same for is_same, _ in found[-3:]] == [False, True, False]:
            found[-3:] = _regrouped(written, spoken, *(stretch for _, stretch in found[-3:]))
    return [stretch for _, stretch in found]


def _regrouped(
    written: list[_Token], spoken: list[_Token], before: _Stretch, same: _Stretch, behind: _Stretch
) -> list[tuple[bool, _Stretch]]:
    """A stretch that is the same between two that are not; where one of those has no words, put together otherwise."""
    as_found = [(False, before), (True, same), (False, behind)]
    if all(group[0] < group[1] and group[2] < group[3] for group in (before, behind)):
        return as_found
    first, last, start, stop = before[0], behind[1], before[2], behind[3]
    size = same[1] - same[0]
    kept = [token.key for token in written[same[0] : same[1]]]
    if min(last - first, stop - start) > size:
        if all(
            [token.key for token in row] == kept for row in (written[last - size : last], spoken[stop - size : stop])
        ):
            return [(False, (first, last - size, start, stop - size)), (True, (last - size, last, stop - size, stop))]
        if all([token.key for token in row] == kept for row in (written[first:][:size], spoken[start:][:size])):
            return [
                (True, (first, first + size, start, start + size)),
                (False, (first + size, last, start + size, stop)),
            ]
    is_one_word = all(part.at[1] == after.at[0] for part, after in pairwise(written[first:last]))
    has_grown = before[3] - before[2] > before[1] - before[0] > 0  # 100円/kg is 1キログラムあたり100円
    return [(False, (first, last, start, stop))] if is_one_word and has_grown and behind[2] == behind[3] else as_found


def _key(token: str) -> str:
    """Form of a token that is equal for two spellings of a word; empty where nothing is spoken."""
    if token.startswith(("[[", "{")):
        return token
    return _SILENT.sub("", token).casefold() or (token if _SPOKEN_SYMBOL.search(token) else "")


def _trim(token: re.Match[str]) -> Range:
    """Where a token stands, without the punctuation around it."""
    start, stop = token.span()
    if token[0].startswith(("[[", "{")):
        return start, stop
    bare = _EDGES.sub("", token[0]) or token[0]
    start += token[0].index(bare)
    return start, start + len(bare)


def _pairs(
    written: list[_Token], spoken: list[_Token], first: int, last: int, start: int, stop: int
) -> list[tuple[int, int, int, int]]:
    """Stretches of written (first to last) and spoken (start to stop) tokens that belong together."""
    if last - first == stop - start:
        return [(first + n, first + n + 1, start + n, start + n + 1) for n in range(last - first)]
    ends = [list(accumulate(len(token.key) for token in part)) for part in (written[first:last], spoken[start:stop])]
    same = "".join(token.key for token in written[first:last]) == "".join(token.key for token in spoken[start:stop])
    common = sorted(set(ends[0]) & set(ends[1])) if same else []
    pairs = []
    a, c = first, start
    for end in common:
        b, d = first + ends[0].index(end) + 1, start + ends[1].index(end) + 1
        pairs.append((a, b, c, d))
        a, c = b, d
    return pairs or [(first, last, start, stop)]
