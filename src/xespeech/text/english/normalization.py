"""English as it is written → English as it is said: "Dr. Smith paid $5.50 at 3:30pm." → words only.

The rules stand in tables, one for each subject, and apply in the order of `RULES`: what is recognised by more comes
before what is recognised by less (a date before a range, a sum before a number).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from xespeech.text.english import abbreviations, amounts, calendar, clock, identifiers, money, roman, signs, web
from xespeech.text.rules import Rule, apply_rules

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
RULES: list[Rule] = [rule for rules, _ in TABLES for rule in rules]
"""All rules in the order in which they apply."""


def normalize_english(text: str) -> str:
    """Abbreviations, numbers, money, dates, times, units and symbols as words; the punctuation stays."""
    text = re.sub("[’‘ʼ`´′]", "'", text)
    text = re.sub('[“”"″«»]', lambda quote: '"' if quote[0] in '"″' else " ", text)
    text = re.sub(" {2,}", " ", text)
    has_digits = bool(re.search(r"\d", text))
    for rules, needs_digits in TABLES:
        if has_digits or not needs_digits:
            text = apply_rules(rules, text)
    text = text.replace('"', " ")
    text = re.sub(r"<|>|\s\*\s|\s/\s", " ", text)
    text = re.sub(f"[{re.escape(''.join(signs.NAMES))}]", lambda sign: f" {signs.NAMES[sign[0]]} ", text)
    text = re.sub(r" +(?=[,.;:!?](?:\s|$))", "", text)
    text = re.sub(r"(?<=\w) +(?='s\b)", "", text)  # COVID-19's
    return re.sub(" {2,}", " ", text).strip(" ")
