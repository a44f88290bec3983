"""Patterns and word lists that the tables of rules share."""

from __future__ import annotations

from xespeech.text.rules import any_of
from xespeech.text.tables import read_pairs, read_words

PACKAGE = "xespeech.text.mandarin"
NUMBER = r"(?:\d+(?:\.\d+)?|(?<![\d.])\.\d+)"
START = r"(?<![\d.^])"
END = r"(?!\d|\.\d)"
TO = r"\s*(?:[-~〜～∼–—―−]+|至|到)\s*"
HAN_LETTER = "一-鿿"
UNITS = read_pairs(PACKAGE, "units.tsv")
UNIT_SYMBOL = any_of(UNITS)
CURRENCIES = read_pairs(PACKAGE, "currencies.tsv")
UNIT = rf"(?:{UNIT_SYMBOL})(?![A-Za-z0-9])"
MEASURE = f"(?:{any_of(read_words(PACKAGE, 'measure_words.txt'))})"
