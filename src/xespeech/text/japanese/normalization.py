"""Japanese as it is written → what Open JTalk reads: numbers with signs and units, addresses, dates, rare words.

Plain numbers stay as digits: Open JTalk knows how they change with their counters.
"""

from __future__ import annotations

from xespeech.text.japanese import dates, identifiers, latin, quantities, signs, words
from xespeech.text.rules import Rules, read_rules

_COMPANIES = {"株": "株式会社", "有": "有限会社"}


FIRST = read_rules(__package__, "first", globals())

RULES = Rules(
    (
        *FIRST,
        *identifiers.RULES,
        *dates.RULES,
        *quantities.SCORES,
        *identifiers.PLACES,
        *quantities.RULES,
        *signs.RULES,
        *latin.RULES,
    )
)
"""In the order in which they apply."""


def normalize_japanese(text: str) -> str:
    """Text whose numbers, signs and rare words are written so that Open JTalk reads them as people do."""
    return words.respell(RULES.apply(text))
