"""English as it is written → English as it is said: "Dr. Smith paid $5.50 at 3:30pm." → words only.

The rules stand in tables, one for each subject, and apply in the order of `RULES`: what is recognised by more comes
before what is recognised by less (a date before a range, a sum before a number).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xespeech.text.english import abbreviations, amounts, calendar, clock, identifiers, money, roman, signs, web
from xespeech.text.rules import Rule, Rules

TABLES: list[tuple[Sequence[Rule], bool]] = [  # and whether only a text with digits needs them
    (web.RULES, False),
    (amounts.THOUSANDS, True),
    (abbreviations.RULES, False),
    (calendar.DATES, False),
    (signs.BEFORE_DIGITS, False),
    (clock.RULES, True),
    (money.RULES, True),
    (identifiers.PLACES, False),
    (identifiers.RULES, True),
    (signs.BETWEEN_DIGITS, True),
    (roman.RULES, False),
    (calendar.DECADES, True),
    (amounts.RULES, True),
    (calendar.BARE_YEARS, True),
    (amounts.NUMBERS, True),
    (abbreviations.INITIALS, False),
    (signs.AFTER_NUMBERS, False),
]
RULES = Rules(rule for rules, _ in TABLES for rule in rules)
"""All rules in the order in which they apply."""
WITHOUT_DIGITS = Rules(rule for rules, needs_digits in TABLES for rule in rules if not needs_digits)
"""Those that a text without digits may need."""
_APOSTROPHE = re.compile("[’‘ʼ`´′]")
_QUOTE = re.compile('[“”"″«»]')
_BLANKS = re.compile(" {2,}")
_SILENT = re.compile(r"<|>|\s\*\s|\s/\s")
_SIGN = re.compile(f"[{re.escape(''.join(signs.NAMES))}]")
_BEFORE_PUNCTUATION = re.compile(r" +(?=[,.;:!?](?:\s|$))")
_BEFORE_ENDING = re.compile(r"(?<=\w) +(?='s\b)")  # COVID-19's


def normalize_english(text: str) -> str:
    """Abbreviations, numbers, money, dates, times, units and symbols as words; the punctuation stays."""
    text = _APOSTROPHE.sub("'", text)
    text = _QUOTE.sub(lambda quote: '"' if quote[0] in '"″' else " ", text)
    text = _BLANKS.sub(" ", text)
    text = (RULES if re.search(r"\d", text) else WITHOUT_DIGITS).apply(text)
    text = text.replace('"', " ")
    text = _SILENT.sub(" ", text)
    text = _SIGN.sub(lambda sign: f" {signs.NAMES[sign[0]]} ", text)
    text = _BEFORE_PUNCTUATION.sub("", text)
    text = _BEFORE_ENDING.sub("", text)
    return _BLANKS.sub(" ", text).strip(" ")
