"""Amounts: scores, ranges, sums, fractions, powers, money and units."""

from __future__ import annotations

import re

from xespeech.text.japanese import patterns
from xespeech.text.japanese.patterns import COUNTERS
from xespeech.text.rules import any_of, read_rules, words_of
from xespeech.text.tables import read_pairs

UNITS = read_pairs(__package__, "units.tsv")
CURRENCIES = read_pairs(__package__, "currencies.tsv")


_UNIT = any_of(UNITS)
_MONEY = any_of(CURRENCIES)
_SIGN = any_of([word for word in CURRENCIES if not word.isalpha()])
_SCORES = words_of(__package__, "score")
_SPEEDS = {"km/h": ("時速", "キロメートル"), "m/s": ("秒速", "メートル"), "km/s": ("秒速", "キロメートル")}
_SPEEDS |= {"m/min": ("分速", "メートル"), "cm/s": ("秒速", "センチメートル"), "mph": ("時速", "マイル")}
_OHMS = {"k": "キロ", "M": "メガ", "": ""}
_THOUSANDS = {"K": "千", "k": "千", "M": "百万", "B": "十億", "T": "兆"}
_MINUS = {"-": "マイナス", "−": "マイナス"}
_FLOORS = {"B": "地下"}
_DIMENSIONS = {"²": "平方", "2": "平方", "³": "立方", "3": "立方"}
_TO = r"\s?[〜~-]\s?"


def _say_score(match: re.Match[str]) -> str:
    return _say_pair(match) if re.search(_SCORES, match.string) else match[0]


def _say_pair(match: re.Match[str]) -> str:
    """Two bare numbers: from the smaller one to the larger one, otherwise a score."""
    first, second = map(int, match[0].split("-"))
    is_score = first >= second or re.search(_SCORES, match.string) or _falls_elsewhere(match.string)
    return f"{first}対{second}" if is_score else f"{first}から{second}"


def _falls_elsewhere(text: str) -> bool:
    """Whether another of several pairs can be no range: 6-4、3-6、7-5 are sets."""
    return any(
        int(first) > int(second) for first, second in re.findall(r"(?<![\d-])(\d{1,2})-(\d{1,2})(?=[、,で])", text)
    )


def _say_speed(match: re.Match[str]) -> str:
    before, unit = _SPEEDS[match["unit"]]
    return (match["already"] or before) + match["amount"] + unit


def _say_rate(match: re.Match[str]) -> str:
    """``100円/kg`` → ``1キログラムあたり100円``; units of measure stay in order (``5mg/L``)."""
    amount, of, per = match["amount"], match["of"], match["per"]
    per = "か月" if per == "月" else per
    per = _DIMENSIONS.get(match["square"], "") + UNITS.get(per, per)
    return f"{amount}{UNITS[of]}マイ{per}" if of in UNITS else f"1{per}あたり{amount}{of}"


def _say_range(match: re.Match[str]) -> str:
    """A hyphen between bare numbers is left to the rule for two numbers."""
    start = len(match.string[: match.start()].rstrip("0123456789"))
    is_pair = "-" in match[0] and not match[1] and re.compile(_PAIR).match(match.string, start)
    return match[0] if is_pair else (match[1] or "") + "から"


def _say_money_range(match: re.Match[str]) -> str:
    name = CURRENCIES[match["sign"]]
    first = f"{match['first']}{name}" if match["again"] else match["first"]
    return f"{first}から{match['second']}{name}"


_PAIR = rf"(?<![\d./-])(?<!第)\d{{1,3}}-\d{{1,3}}(?![\d/-]|\.\d|\s?(?:{COUNTERS}|[A-Za-z%°万億兆千]))"


def _say_difference(match: re.Match[str]) -> str:
    return re.sub("[-−]", "マイナス", match[0])


def _say_power(match: re.Match[str]) -> str:
    return f"の{'マイナス' if match[1] else ''}{match[2]}{'乗' if match[2].isdecimal() else 'じょう'}"


SCORES = read_rules(__package__, "scores", vars(patterns), globals())
RULES = read_rules(__package__, "quantities", vars(patterns), globals())
