"""Dates and times of day as Japanese reads them: ``2024/5/2(木)`` → ``2024年5月2日、木曜日、``."""

from __future__ import annotations

import re

from xespeech.text.japanese import patterns
from xespeech.text.japanese.patterns import plain
from xespeech.text.rules import read_rules, words_of

_YEAR = r"(?:1[5-9]|2[01])\d\d"
_MONTH = "0?[1-9]|1[0-2]"
_DAY = "0?[1-9]|[12]\\d|3[01]"
_DAYS = "月火水木金土日"
_SHORT_DAYS = dict(zip(_DAYS, ["ゲツ", "カー", "スイ", "モク", "キン", "ドー", "ニチ"], strict=True))
_ERAS = {"R": "令和", "H": "平成", "S": "昭和", "T": "大正", "M": "明治"}
_TIME = r"(?P<hour>[01]?\d|2\d|30):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
_MORNING = {"a": "午前", "A": "午前", "p": "午後", "P": "午後"}
_SHARES = words_of(__package__, "share")


def _say_day_and_month(match: re.Match[str]) -> str:
    """``4/1``, ``12/25``: a date where it is followed by a weekday or can hardly be a fraction."""
    month, day = int(match["month"]), int(match["day"])
    follows = match.string[match.end() :]
    is_date = re.match(rf"\s?\([{_DAYS}祝]|\s?[{_DAYS}]曜|\s\d?\d[:時]|頃|付|号|締|発売|[〜~-]\d+/\d+", follows)
    is_share = re.match(
        r"\s?(?:[A-Za-z]|カップ|インチ|スケール|サイズ|以[上下]|の(?:確率|割合|大きさ|長さ|量)|秒|ペース|倍)", follows
    )
    if is_date or (not is_share and (month > day or day >= 13 or match["day"][0] == "0" or match["month"][0] == "0")):
        return f"{month}月{day}日"
    return match[0]


def _say_weekday(match: re.Match[str]) -> str:
    day = f"、{match[1]}曜日" + ("、祝日" if match[2] else "")
    return day + ("から" if match[3] else "、")


def _say_weekdays(match: re.Match[str]) -> str:
    """``月・水・金``; the last of ``月・水・金曜日`` is a separate word."""
    days = "、".join(_SHORT_DAYS[day] for day in re.findall(f"[{_DAYS}]", match[0]))
    return days + ("、" if match[0][-1] not in _DAYS else "")


def _say_era(match: re.Match[str]) -> str:
    numbers = [plain(number) for number in re.split(r"[./]", match["date"])]
    return _ERAS[match["era"]] + "".join(map("".join, zip(numbers, "年月日", strict=False)))


def _say_time(match: re.Match[str]) -> str:
    half = next((half for half in (match["before"], match["after"]) if half), "")
    hour, minute = plain(match["hour"]), plain(match["minute"])
    second = f"{plain(match['second'])}秒" if match["second"] else ""
    said = f"{hour}時" + (f"{minute}分" if minute != "0" or second else "") + second
    return (_MORNING[half.strip()[0]] if half else "") + said


def _say_ratio(match: re.Match[str]) -> str:
    """``3:1`` is not a time: it has no two digits for the minutes, or the words around it tell of shares."""
    numbers = match[0].split(":")
    is_time = len(numbers) < 4 and all(len(part) == 2 and part < "60" for part in numbers[1:]) and int(numbers[0]) < 31
    if is_time and not re.search(_SHARES, match.string):
        return match[0]
    return "対".join(map(plain, numbers))


RULES = read_rules(__package__, "dates", vars(patterns), globals())
