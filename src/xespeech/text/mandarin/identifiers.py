"""Rules for what names something and is said sign by sign: telephone and card numbers, addresses, versions, models."""

from __future__ import annotations

import re

from xespeech.text.mandarin import patterns
from xespeech.text.mandarin.numbers import say_digits, say_integer, say_number
from xespeech.text.mandarin.patterns import MEASURE, UNIT
from xespeech.text.rules import read_rules, words_of
from xespeech.text.tables import read_pairs

_WEB_SIGNS = read_pairs(__package__, "web_signs.tsv")
_DOMAINS = words_of(__package__, "domain")
_FILES = words_of(__package__, "file")
_CALLED = rf"{words_of(__package__, 'called')}|打(?=\s*\d{{3,5}}(?!\d|\s*[个次份通字]))"
_NUMBERED = words_of(__package__, "numbered")
_LINK = (
    r"(?:号码?|给|到|编号|是|为|填|写|叫|:|：|\s|#|No\.?|「|“|\"|改成|改为|输入|末四位|后四位|尾号|设为|设成|机){0,4}"
)
_MORE = rf"(?!\d|\.\d|\s*(?:{MEASURE}|{UNIT}|[万亿%‰月年日页元]))"
_MODELS = words_of(__package__, "maker")


def _letters(text: str) -> str:
    """Letters with blanks around, digits one by one, signs by name."""
    parts = re.findall(r"[A-Za-z]+|\d|[^A-Za-z\d\s]", text)
    return "".join(
        say_digits(part) if part.isdecimal() else f" {part} " if part.isalpha() else _WEB_SIGNS.get(part, " ")
        for part in parts
    )


def _web_address(match: re.Match[str]) -> str:
    address = re.sub(r"^[a-z]+://", "", match[0], flags=re.IGNORECASE)
    address = re.split(r"[?#]", address)[0].rstrip("/")
    return re.sub(" +", " ", f" {_letters(address)} ")


def _file(match: re.Match[str]) -> str:
    name = re.sub(r"\d+", lambda number: _say_short(number[0]), match["name"])
    return re.sub(r"[_.-]", lambda sign: {"_": "下划线", ".": "点", "-": "杠"}[sign[0]], name) + f"点 {match['end']} "


def _one_by_one(number: str, one: str = "一") -> str:
    """The digits of a number, with 加 for the plus of a country."""
    country = "加" if number.lstrip("(").startswith("+") else ""
    return country + say_digits("".join(filter(str.isdecimal, number)), one)


def _telephone(number: str) -> str:
    return _one_by_one(number, "幺")


def _version(match: re.Match[str]) -> str:
    return "点".join(map(say_digits, match[0].split(".")))


def _say_short(digits: str) -> str:
    """A number of one or two digits; a longer one digit by digit."""
    return say_digits(digits) if len(digits) > 2 else say_integer(digits)


def _model(match: re.Match[str]) -> str:
    gap = " " if re.search(r"[A-Za-z][\s-]+$", match["name"]) else ""
    return match["name"].rstrip(" -") + gap + _say_short(match["number"])


_upper = str.upper
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _say_one_against_one(match: re.Match[str]) -> str:
    return say_number(match[1]) + (" V " if not match[2] else "对") + say_number(match[3])


def _say_model_of_letters_and_digits(match: re.Match[str]) -> str | None:
    is_counted = re.match(rf"\s*(?:{MEASURE}|{UNIT}|[万亿元多余+])", match.string[match.end() :])  # RAM 128个
    if " " in match["name"] and (len(match["number"]) < 3 or is_counted):
        return None
    return _model(match) + say_digits(match["more"] or "")


IDENTIFIERS = read_rules(__package__, "identifiers", vars(patterns), globals())
