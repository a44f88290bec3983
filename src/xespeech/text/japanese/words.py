"""Words that Open JTalk misreads, written so that it reads them right: by their neighbours, and one by one."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from xespeech.text.tables import read_pairs, read_rows

_CONJUGATED = read_pairs(__package__, "conjugations.tsv")
_VOWEL_STEM = re.compile("[えけげせぜてでねへべめれいきぎじちびみり]る$")


class Respelling(NamedTuple):
    """A row of readings.tsv: where `char` and `near` are in a text, `pattern` is written as `spelled`."""

    char: str
    pattern: re.Pattern[str]
    near: re.Pattern[str] | None
    spelled: str


@cache
def respellings() -> tuple[Respelling, ...]:
    """The rows of readings.tsv, in order."""
    return tuple(
        Respelling(
            row["with"], re.compile(row["written"]), re.compile(row["near"]) if row["near"] else None, row["spelled"]
        )
        for row in read_rows(__package__, "readings.tsv")
    )


@cache
def _rare_words() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for the unchanging parts of the words of words.tsv, and how each part is read."""
    parts: dict[str, str] = {}
    patterns = []
    for word, reading in read_pairs(__package__, "words.tsv").items():
        ending = word[-1]
        if ending in _CONJUGATED:
            part, following = word[:-1], "" if _VOWEL_STEM.search(word) else f"(?=[{_CONJUGATED[ending]}])"
            parts[part] = reading[:-1]
        else:
            part, following = word, ""
            parts[part] = reading
        patterns.append(part + following)
    first = "".join(sorted({part[0] for part in parts}))
    return re.compile(f"(?<![一-龥])(?=[{first}])(?:{'|'.join(sorted(patterns, key=len, reverse=True))})"), parts


def respell(text: str) -> str:
    """The text with the rows of readings.tsv applied in order, then the words of words.tsv."""
    for char, pattern, near, spelled in respellings():
        if char in text and (near is None or near.search(text)):
            text = pattern.sub(spelled, text)
    pattern, parts = _rare_words()
    return pattern.sub(lambda part: parts[part[0]], text)
