"""Words that Open JTalk misreads, written so that it reads them right: by their neighbours, and one by one."""

from __future__ import annotations

import re
from functools import cache

from xespeech.text.tables import read_pairs, read_rows

_CONJUGATED = read_pairs(__package__, "conjugations.tsv")
_VOWEL_STEM = re.compile("[えけげせぜてでねへべめれいきぎじちびみり]る$")


@cache
def respellings() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str], str], ...]:
    """The rows of readings.tsv in order: where a character and a pattern are in a text, another is written as told."""
    return tuple(
        (row["with"], re.compile(row["near"]), re.compile(row["written"]), row["spelled"])
        for row in read_rows(__package__, "readings.tsv")
    )


@cache
def _rare_words() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for the unchanging parts of the words of words.tsv, and how each part is read."""
    parts: dict[str, str] = {}
    patterns = []
    for word, reading in read_pairs(__package__, "words.tsv").items():
        is_stem = word[-1] in _CONJUGATED
        part = word[:-1] if is_stem else word
        parts[part] = reading[:-1] if is_stem else reading
        patterns.append(part + (f"(?=[{_CONJUGATED[word[-1]]}])" if is_stem and not _VOWEL_STEM.search(word) else ""))
    first = "".join(sorted({part[0] for part in parts}))
    return re.compile(f"(?<![一-龥])(?=[{first}])(?:{'|'.join(sorted(patterns, key=len, reverse=True))})"), parts


def respell(text: str) -> str:
    """The text with the rows of readings.tsv applied in order, then the words of words.tsv."""
    for char, near, pattern, spelled in respellings():
        if char in text and near.search(text):
            text = pattern.sub(spelled, text)
    pattern, parts = _rare_words()
    return pattern.sub(lambda part: parts[part[0]], text)
