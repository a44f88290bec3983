"""The tables that write Mandarin out and choose between readings: each example, and the order."""

from __future__ import annotations

import re

import pytest

from xespeech.text.mandarin.normalization import RULES, normalize_mandarin
from xespeech.text.mandarin.polyphones import PolyphoneRule, polyphone_rules, rule_for
from xespeech.text.reading import read
from xespeech.text.rules import Rule, Rules
from xespeech.text.tables import read_rows

# What two rules both match, the one that must come first, and the other.
ORDER = [
    ("2024.03.15", "date, year first", "version"),
    ("8:05", "time of the clock", "ratio"),
    ("1v1", "one against one", "number"),
    ("20%-30%", "share", "number with a sign"),
    ("10-20%", "share", "two numbers with a hyphen"),
    ("010-12345678", "telephone with its area", "two numbers with a hyphen"),
    ("+86 138 1234 5678", "telephone with its country", "mobile telephone"),
    ("邮编100084", "number of a card or a thing", "number"),
    ("3号楼2单元501", "room behind its house", "number"),
    ("2栋3单元", "building, unit, floor", "count"),
    ("GPT-4", "model of letters and digits", "number"),
    ("3.11.2", "version", "number"),
    ("$5-10", "money behind its sign", "two numbers with a hyphen"),
    ("85折", "rebate", "number"),
    ("第2个", "ordinal", "count"),
    ("2年级", "two that is not a count", "count"),
    ("2010年", "year", "number"),
    ("C#", "sharp", "name of a sign"),
    ("A->B", "arrow", "smaller, greater"),
]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_each_example_is_read_as_it_says_and_its_rule_is_the_first_to_change_it(rule: Rule) -> None:
    assert normalize_mandarin(rule.written) == rule.spoken
    assert next(own for own in RULES if own.apply(rule.written) != rule.written) is rule


@pytest.mark.parametrize(("text", "first", "second"), ORDER, ids=[text for text, _, _ in ORDER])
def test_the_order_matters(text: str, first: str, second: str) -> None:
    names = [rule.name for rule in RULES]
    assert names.count(first) == names.count(second) == 1
    before, after = names.index(first), names.index(second)
    assert before < after
    swapped = list(RULES)
    swapped.insert(before, swapped.pop(after))
    assert Rules(swapped).apply(text) != RULES.apply(text)


POLYPHONES = polyphone_rules("polyphones.tsv")


def _decided(example: str, character: str) -> tuple[str, int]:
    """The example without its mark, and the index of its character: the one in brackets or the first."""
    marked = example.find(f"[{character}]")
    return (example.replace("[", "").replace("]", ""), marked if marked >= 0 else example.index(character))


@pytest.mark.parametrize("rules", POLYPHONES.values(), ids=list(POLYPHONES))
def test_each_row_for_a_polyphone_decides_its_example(rules: list[PolyphoneRule]) -> None:
    for rule in rules:
        text, index = _decided(rule.example, rule.character)
        assert rule_for(text, index, "word") is rule, rule.example
        tone = {"3": "[23]"}.get(rule.reading[1], rule.reading[1])
        syllable = read(text, "zh").sentences[0].reading.split()[index]
        assert re.fullmatch(rule.reading[0].replace("v", "ü") + f"r?{tone}", syllable), (rule.example, syllable)


@pytest.mark.parametrize("row", read_rows("xespeech.text.mandarin", "yi.tsv"), ids=lambda row: row["example"])
def test_each_row_for_yi_decides_its_example(row: dict[str, str]) -> None:
    reading = read(row["example"], "zh").sentences[0].reading
    assert re.search(r"\byi1\b" if row["reading"] == "yi1" else r"\byi[24]\b", reading), reading
