"""Rules for ratios, fractions, arithmetic and signs, and for numbers that no other rule reads, in their order."""

from __future__ import annotations

import re

from xespeech.text.mandarin import numbers, patterns
from xespeech.text.mandarin.numbers import say_integer, say_number
from xespeech.text.mandarin.patterns import WON
from xespeech.text.rules import read_rules
from xespeech.text.tables import read_pairs

_SCORE = re.compile(r"(?:比分|以|胜|败|负|赢|输|平|不敌|大胜|击败|战胜|逆转|总分|领先|落后)[^,。;!?]{0,4}$")
_SCORE_BEHIND = re.compile(rf"\s*(?:的?比分|[^,。]{{0,3}}(?:{WON}|取得胜))")
_COMPARED = {"<": "小于", ">": "大于"}
_NAMES = read_pairs(__package__, "signs.tsv")


def _score(match: re.Match[str]) -> str | None:
    before, after = match.string[: match.start()], match.string[match.end() :]
    is_score = _SCORE.search(before[-8:]) or _SCORE_BEHIND.match(after)
    return f"{say_number(match[1])}比{say_number(match[2])}" if is_score else None


def _between(match: re.Match[str]) -> str:
    """Two numbers with a hyphen and nothing else: a range where it grows, else a score."""
    word = "到" if float(match[1]) < float(match[2]) else "比"
    return f"{say_number(match[1])}{word}{say_number(match[2])}"


def _say_ratio(match: re.Match[str]) -> str:
    return "比".join(map(say_number, re.split(r"\s*[:∶]\s*", match[0])))


def _say_difference(match: re.Match[str]) -> str:
    return (say_number(match["first"]) if match["first"][0].isdecimal() else match["first"]) + "减"


def _say_several_ordinals(match: re.Match[str]) -> str:
    return "第" + re.sub(r"\d+", lambda number: say_integer(number[0]), match["numbers"])


SIGNS = read_rules(__package__, "signs", vars(numbers), vars(patterns), globals())
