"""Identifiers, read character by character: web addresses, files, phone and other numbers; places and versions."""

from __future__ import annotations

import re

from xespeech.text.japanese import patterns
from xespeech.text.japanese.patterns import by_digit, plain, wide
from xespeech.text.rules import read_rules, words_of
from xespeech.text.tables import read_pairs

_ENDINGS = words_of(__package__, "file")
_TOP = words_of(__package__, "domain")
_WEB_SIGNS = read_pairs(__package__, "web_signs.tsv")

_LABELS = words_of(__package__, "numbered")
_CALLS = re.compile("電話|携帯|番号|連絡|ダイヤル|かけ|TEL|FAX|SMS", re.IGNORECASE)


def _say_web(match: re.Match[str]) -> str:
    address = re.sub(r"^[a-z]+://(?:www\.)?", "", match[0], flags=re.I).rstrip("/")
    return f" {_spell(address)} "


def _spell(written: str) -> str:
    """Letters full width, signs by name."""
    parts = re.findall(r"[A-Za-z]+|\d+|.", written)
    return "".join(wide(part) if part.isalpha() else _WEB_SIGNS.get(part, part) for part in parts)


def _say_labelled(match: re.Match[str]) -> str:
    digits = match["digits"]
    if len(re.sub(r"\D", "", digits)) < 3:
        return match[0]
    return match["label"] + match["between"] + by_digit(digits)


def _say_foreign_phone(match: re.Match[str]) -> str:
    """Digits without a gap (+819012345678) are a number to call only where one is spoken of, or alone."""
    is_alone = match[0] == match.string.strip(" 。、.")
    if match[1].isdecimal() and not is_alone and not _CALLS.search(match.string):
        return match[0]
    return "プラス" + by_digit(match[1])


def _say_phone(match: re.Match[str]) -> str:
    return by_digit(match[0]) if len(re.sub(r"\D", "", match[0])) in (10, 11) else match[0]


def _say_version(match: re.Match[str]) -> str:
    return f"バージョン{'点'.join(match['number'].split('.'))}"


def _say_place(match: re.Match[str]) -> str:
    """1-2-3: the numbers of a house and its blocks; a room (the fourth, or three digits) is read as a number too."""
    return "の".join(plain(number) for number in match[0].split("-"))


def _say_until_when_a_card_is_valid(match: re.Match[str]) -> str:
    units = "年月" if match["first"] > "12" else "月年"
    return f"{match['before']}{plain(match['first'])}{units[0]}{plain(match['second'])}{units[1]}"


def _say_four_numbers_with_dots(match: re.Match[str]) -> str:
    return by_digit(match[0], "点")


RULES = read_rules(__package__, "identifiers", vars(patterns), globals())
PLACES = read_rules(__package__, "places", vars(patterns), globals())
