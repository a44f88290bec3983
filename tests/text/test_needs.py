"""Rules are skipped where a text has none of the characters that they need: that must never change a reading."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from xespeech.text.characters import clean
from xespeech.text.english import normalization as english
from xespeech.text.japanese import normalization as japanese
from xespeech.text.mandarin import normalization as mandarin
from xespeech.text.rules import Rule

READINGS = Path(__file__).parent / "readings"


def texts(language: str) -> list[str]:
    """Every fourth text of the readings of a language."""
    found = []
    for path in sorted(READINGS.glob(f"{language}*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += [row["input"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return [clean(text) for text in dict.fromkeys(found)][::4]


@pytest.mark.parametrize(("language", "rules"), [("en", english.RULES), ("ja", japanese.RULES), ("zh", mandarin.RULES)])
def test_what_a_rule_needs_is_in_all_that_it_matches(language: str, rules: list[Rule]) -> None:
    picky = [rule for rule in rules if rule.needs]
    assert len(picky) > 80
    for rule in picky:
        assert not set(rule.written).isdisjoint(rule.needs), rule.name
    for text in (*texts(language), *(rule.written for rule in rules)):
        for rule in picky:
            if set(text).isdisjoint(rule.needs):
                assert rule.compiled.search(text) is None, f"{rule.name}: {text}"
