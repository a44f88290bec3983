"""Rules for money, shares, ranges, units, fractions, ratios and arithmetic, in the order in which they apply."""

from __future__ import annotations

import re
from decimal import Decimal

from xespeech.text.mandarin import numbers, patterns
from xespeech.text.mandarin.numbers import SIGN_WORDS, say_count, say_integer, say_number
from xespeech.text.mandarin.patterns import CURRENCIES, MEASURE, UNIT, UNITS
from xespeech.text.roman import roman_value
from xespeech.text.rules import any_of, read_rules, words_of

_MONEY = f"(?:{any_of(CURRENCIES)})"
_SIGN = r"(?P<sign>(?<![\d)A-Za-z%])[-−+])?"
_LARGE = r"(?P<large>\s?[百千万亿]+)?"
_COUNTED = rf"\s*(?:{MEASURE}|{UNIT}|[百千万亿%‰月日号后後多余来]|{_MONEY})"
_PER = words_of(__package__, "per")
_RULERS = words_of(__package__, "ruler")


def _percent(match: re.Match[str]) -> str:
    name = {"%": "百", "‰": "千", "‱": "万"}[match["share"]]
    sign = SIGN_WORDS.get(match["sign"], "")
    again = f"{name}分之" if match["again"] else ""
    last = f"到{again}{say_number(match['last'])}" if match["last"] else ""
    return f"{sign}{name}分之{say_number(match['first'])}{last}"


def _money_before(match: re.Match[str]) -> str:
    last = f"到{say_number(match['last'])}" if match["last"] else ""
    sign = {"-": "负", "−": "负", "+": "加"}.get(match["sign"] or "", "")
    if match["letter"]:
        return sign + _in_full(match["first"], match["letter"].lower()) + CURRENCIES[match["money"]]
    is_two = match["first"] == "2" and not (match["large"] or last)
    first = say_count(match["first"]) if is_two or match["large"] else say_number(match["first"])
    return f"{sign}{first}{last}{(match['large'] or '').strip()}{CURRENCIES[match['money']]}"


def _in_full(number: str, letter: str) -> str:
    """``3.5`` and ``m`` for million → 三百五十万."""
    return say_integer(f"{Decimal(number) * {'k': 10**3, 'm': 10**6, 'b': 10**9}[letter[0]]:.0f}")


def _unit_name(symbol: str) -> str:
    return UNITS.get(symbol, symbol)


def _unit(match: re.Match[str]) -> str | None:
    symbol, per = match["unit"], match["per"]
    after = match.string[match.end() :]
    if symbol == "s" and (after.startswith("店") or re.search(r"[A-Za-z]\s?$", match.string[: match.start()])):
        return None  # 4s店, iPhone 5s
    sign = SIGN_WORDS.get(match["sign"], "")
    large = (match["large"] or "").strip()
    spoken = sign + say_count(match["number"]) + large + _unit_name(symbol)
    return spoken + (f"每{_per_name(per.lstrip('/ '))}" if per else "")


def _unit_alone(match: re.Match[str]) -> str | None:
    """Single letters such as A/B are units only behind a number or the word for unit."""
    if len(match[0]) < 4 and not re.search(
        "[方零一二三四五六七八九十百千万亿]$|单位[是为]?$", match.string[: match.start()]
    ):
        return None
    return f"{_unit_name(match[1])}每{_per_name(match[2])}"


def _per_name(symbol: str) -> str:
    name = _unit_name(symbol)
    return {"秒²": "二次方秒", "s²": "二次方秒", "s2": "二次方秒", "d": "天", "分钟": "分钟"}.get(symbol, name)


def _roman_numeral(match: re.Match[str]) -> str | None:
    before, roman = match["before"] or "", match["roman"] or match["roman2"]
    after = match.string[match.end() :].lstrip()[:1]
    if len(roman) == 1 and (roman == "L" or (roman in "VX" and not before.startswith("第") and after not in "世")):
        return None
    if roman == "I" and after == "号":
        return None
    value = roman_value(roman)
    return None if value is None else before.rstrip() + say_integer(str(value))


def _power(match: re.Match[str]) -> str:
    power = match["power"].replace(" ", "")
    return "的" + {"2": "平方", "3": "立方"}.get(power, say_number(power) + "次方")


QUANTITIES = read_rules(__package__, "quantities", vars(numbers), vars(patterns), globals())
