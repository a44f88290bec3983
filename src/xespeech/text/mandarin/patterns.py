"""Patterns and word lists that the tables of rules share."""

from __future__ import annotations

from xespeech.text.rules import any_of, words_of
from xespeech.text.tables import read_pairs, read_words

NUMBER = r"(?:\d+(?:\.\d+)?|(?<![\d.])\.\d+)"
START = r"(?<![\d.^])"
END = r"(?!\d|\.\d)"
TO = r"\s*(?:[-~〜～∼–—―−]+|至|到)\s*"
HAN_LETTER = "一-鿿"
UNITS = read_pairs(__package__, "units.tsv")
UNIT_SYMBOL = any_of(UNITS)
CURRENCIES = read_pairs(__package__, "currencies.tsv")
UNIT = rf"(?:{UNIT_SYMBOL})(?![A-Za-z0-9])"
MEASURE = f"(?:{any_of(read_words(__package__, 'measure_words.txt'))})"
WON = words_of(__package__, "won")
