"""What a table of rules may write: patterns and word lists by name, groups, tables and functions as the words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from xespeech.text.rules import Rule, Rules

UNITS = {"km": "kilometres", "m": "metres"}


def _skip_one(match: re.Match[str]) -> str | None:
    return None if match["number"] == "1" else "many"


NAMES: dict[str, Any] = {"UNITS": UNITS, "NUMBER": r"\d+", "reverse": lambda text: text[::-1], "_skip_one": _skip_one}


def rule(say: str, pattern: str = r"(?P<number>{NUMBER}) ?(?P<unit>mk|{UNITS})?") -> Rule:
    return Rule("test", pattern, say, "", "", names=NAMES)


@pytest.mark.parametrize(
    ("say", "text", "read"),
    [
        ("{number} of {UNITS unit}", "12 km", "12 of kilometres"),
        ("{reverse number}!", "12 km", "21!"),
        ("<{1}{unit}>", "12", "<12>"),
        ("a few", "12 m and 5 m", "a few and a few"),
        ("{_skip_one}", "1 m, 2 m", "1 m, many"),
        ("{UNITS reverse unit}", "1 mk", "kilometres"),
        ("{number}[ in {UNITS unit}]", "12 km, 5 ", "12 in kilometres, 5"),
        ("{unit|number|none} {unit|none}", "12 km, 5", "km km, 5 none"),
    ],
)
def test_words_are_filled_in(say: str, text: str, read: str) -> None:
    assert rule(say).apply(text) == read


def test_repetitions_in_a_pattern_are_no_names() -> None:
    assert rule("x", r"a{2}b{1,2}").apply("aabb ab") == "x ab"


def test_rules_apply_in_their_order_to_what_those_before_them_wrote() -> None:
    """Also a rule whose characters another one writes; one that stands before it does not come again."""
    pairs = [("c", "d", "c"), ("a", "b", "a"), ("b", "c", "b"), ("x+", "yes", "x"), ("c", "C", ""), ("q", "r", "z")]
    rules = Rules(Rule("test", pattern, say, "", "", needs) for pattern, say, needs in pairs)
    assert [rules.apply(text) for text in ("a", "c", "xx", "q", "")] == ["C", "d", "yes", "q", ""]
