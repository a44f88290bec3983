"""Signs, Roman numerals, and how numbers are spelled for Open JTalk."""

from __future__ import annotations

import re

from xespeech.text import roman
from xespeech.text.rules import read_rules
from xespeech.text.tables import read_pairs

_SIGNS = read_pairs(__package__, "signs.tsv")
_ROMAN = "(?=[IVX])X{0,3}(?:IX|IV|V?I{0,3})"
_COMPARED = {"<": "小なり", ">": "大なり"}
_MYRIADS = ("", "万", "億", "兆")


def _split_myriads(match: re.Match[str]) -> str:
    """``10000000`` → ``1000万``: Open JTalk reads 千万 for it where people say 一千万."""
    digits = match[0]
    groups = [digits[max(0, end - 4) : end] for end in range(len(digits), 0, -4)]
    return "".join(
        ("一千" if group == "1000" and place else group.lstrip("0")) + _MYRIADS[place]
        for place, group in reversed(list(enumerate(groups)))
        if int(group)
    )


def _say_thousand(match: re.Match[str]) -> str:
    return "一千" if match[0] == "1000" else _split_myriads(match)


RULES = read_rules(__package__, "signs", vars(roman), globals())
