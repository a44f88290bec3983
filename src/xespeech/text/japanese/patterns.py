"""Patterns that many rules of the Japanese normaliser share, and ways to write numbers and letters for Open JTalk."""

from __future__ import annotations

import re

from xespeech.text.rules import any_of
from xespeech.text.sentences import BY_DIGIT
from xespeech.text.tables import read_words

NUMBER = r"\d+(?:\.\d+)?"
"""A plain number; the commas of thousands are gone when the rules that use it apply."""

AMOUNT = rf"{NUMBER}(?:[千万億兆][\d千万億兆]*)?"
"""A number that may go on in characters: 3.5億, 1億2000万."""

COUNTERS = any_of(read_words(__package__, "counters.txt"))
"""Words that count what the number before them is of."""


def by_digit(written: str, between: str = "、") -> str:
    """Groups of digits (03-1234-5678) as Open JTalk is to read them, digit by digit, with a pause between groups."""
    return between.join(BY_DIGIT + group for group in re.findall(r"\d+", written))


def wide(latin: str) -> str:
    """Latin letters and ``&`` as full-width characters: Open JTalk reads them, as people in Japan do."""
    return re.sub("[A-Za-z&]", lambda char: chr(ord(char[0]) + 0xFEE0), latin)


def plain(number: str) -> str:
    """A whole number without zeros before it."""
    return number.lstrip("0") or "0"
