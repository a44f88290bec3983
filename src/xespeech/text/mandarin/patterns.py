"""What a rule of the tables is, and the patterns and word lists that the tables share."""

from __future__ import annotations

import re
from collections.abc import Callable

from xespeech.text.rules import LatePattern, Rule, any_of
from xespeech.text.tables import read_pairs, read_words

PACKAGE = "xespeech.text.mandarin"
NUMBER = r"(?:\d+(?:\.\d+)?|(?<![\d.])\.\d+)"
START = r"(?<![\d.^])"
END = r"(?!\d|\.\d)"
TO = r"\s*(?:[-~〜～∼–—―−]+|至|到)\s*"
HAN_LETTER = "一-鿿"


def rule(name: str, pattern: str, say: str | Callable[[re.Match[str]], str | None], written: str, spoken: str) -> Rule:
    """A rule with its pattern as a string."""
    return Rule(name, LatePattern(pattern), say, written, spoken)


UNITS = read_pairs(PACKAGE, "units.tsv")
UNIT_SYMBOL = any_of(list(UNITS))
CURRENCIES = read_pairs(PACKAGE, "currencies.tsv")
UNIT = rf"(?:{UNIT_SYMBOL})(?![A-Za-z0-9])"
MEASURE = f"(?:{any_of(read_words(PACKAGE, 'measure_words.txt'))})"
