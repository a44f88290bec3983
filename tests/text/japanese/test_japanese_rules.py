"""Every rule and every row of the tables of the Japanese front end does what its example says, in its turn."""

from __future__ import annotations

import re

import pytest

from xespeech.text.japanese.normalization import RULES, normalize_japanese
from xespeech.text.japanese.words import respellings
from xespeech.text.reading import read
from xespeech.text.rules import Rule
from xespeech.text.tables import read_pairs, read_rows

PACKAGE = "xespeech.text.japanese"
ROWS = read_rows(PACKAGE, "readings.tsv")


def plain(katakana: str) -> str:
    """Katakana without pauses; length as Open JTalk spells it in some words and not in others."""
    katakana = re.sub("[^ァ-ヺー]", "", katakana)
    return re.sub(
        "(?<=[オコゴソゾトドノホボポモヨョロ])ウ", "ー", re.sub("(?<=[エケゲセゼテデネヘベペメレ])イ", "ー", katakana)
    )


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_rules_apply_in_their_order(rule: Rule) -> None:
    """The first rule that changes an example is its own: one before it would have taken it."""
    assert next(own.name for own in RULES if own.apply(rule.written) != rule.written) == rule.name
    assert normalize_japanese(rule.written) == rule.spoken


def test_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("row", ROWS, ids=[row["example"] for row in ROWS])
def test_words_are_read_by_their_neighbours(row: dict[str, str]) -> None:
    assert row["with"] in row["example"]
    assert re.search(row["written"], row["example"]), "the row does not apply to its example"
    assert plain(row["reading"]) in plain(read(row["example"], "ja").sentences[0].reading)


def test_every_row_has_a_pattern_that_compiles() -> None:
    assert len(respellings()) == len(ROWS)


@pytest.mark.parametrize(("word", "reading"), read_pairs(PACKAGE, "words.tsv").items())
def test_rare_words_are_read(word: str, reading: str) -> None:
    katakana = "".join(chr(ord(kana) + 0x60) for kana in reading)
    assert plain(read(word, "ja").sentences[0].reading) == plain(katakana)
