"""Mandarin as it is written → Han characters as they are said: numbers, money, dates, units and symbols as words."""

from __future__ import annotations

import re

from xespeech.text.mandarin.dates import DATES
from xespeech.text.mandarin.identifiers import IDENTIFIERS
from xespeech.text.mandarin.quantities import QUANTITIES
from xespeech.text.mandarin.signs import SIGNS
from xespeech.text.mandarin.traditional import simplify
from xespeech.text.rules import Rules

RULES = Rules((*DATES, *IDENTIFIERS, *QUANTITIES, *SIGNS))
"""In the order in which they apply."""
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?!\d)")
_WRITTEN_OUT = re.compile(r"[0-9A-Za-z%‰&+=×÷−±√∞≈≠≤≥<>°@#$€£¥₩₹₽¢฿²³~〜∼^–—*/→∝₫₱₺₴₪₦₿-]")


def normalize_mandarin(text: str) -> str:
    """Traditional characters as simplified ones; numbers, money, dates, units and symbols as words."""
    text = simplify(text)
    if not _WRITTEN_OUT.search(text):
        return text
    return RULES.apply(_THOUSANDS.sub(lambda number: number[0].replace(",", ""), text))
