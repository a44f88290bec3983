"""The tables of rules that write English out: each example, the use of each rule, and the order."""

from __future__ import annotations

import pytest

from xespeech.text.english import normalization
from xespeech.text.english.normalization import RULES, normalize_english
from xespeech.text.rules import Rule, Rules

# What two rules both match, the one that must come first, and the other.
ORDER = [
    ("$1.50", "sums: the currency before the number", "numbers"),
    ("Psalm 23:1", "verses", "what else has a colon: ratios, odds and scales"),
    ("Python 3.11", "versions", "numbers"),
    ("2024-03-14", "year, month and day in numbers", "groups joined by hyphens: identity numbers, books, postal codes"),
    ("DE89 3704 0044 0532 0130 00", "numbers of accounts with the letters of a country", "numbers of cards"),
    ("(555) 010-0199", "telephone numbers of North America", "short telephone numbers"),
    ("from 1990-95", "spans of years and seasons", "ranges and scores"),
    ("10^6", "powers", "numbers"),
    ("at 3:30", "clock times", "what else has a colon: ratios, odds and scales"),
    ("1/4 tsp", "fractions of a unit", "fractions"),
    ("221B Baker Street", "addresses", "numbers"),
    ("in 1999", "years", "numbers"),
    ("King Charles III", "behind King, Pope and the like", "alone"),
    ("#FF5733", "colours", "hashtags"),
    ("on 12 Oak Dr.", "drives", "titles"),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_each_example_is_read_as_it_says(rule: Rule) -> None:
    assert normalize_english(rule.written) == rule.spoken


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_no_rule_is_idle(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RULES", "WITHOUT_DIGITS"):
        others = Rules(own for own in getattr(normalization, name) if own is not rule)
        monkeypatch.setattr(normalization, name, others)
    assert normalize_english(rule.written) != rule.spoken


@pytest.mark.parametrize(("text", "first", "second"), ORDER, ids=[text for text, _, _ in ORDER])
def test_the_order_matters(text: str, first: str, second: str) -> None:
    names = [rule.name for rule in RULES]
    assert names.count(first) == names.count(second) == 1
    before, after = names.index(first), names.index(second)
    assert before < after
    swapped = list(RULES)
    swapped[before], swapped[after] = swapped[after], swapped[before]
    assert Rules(swapped).apply(text).split() != RULES.apply(text).split()
