"""Rules for dates, years and times of the clock, in the order in which they apply."""

from __future__ import annotations

import re

from xespeech.text.mandarin import numbers, patterns
from xespeech.text.mandarin.numbers import say_count, say_digits, say_integer
from xespeech.text.mandarin.patterns import WON
from xespeech.text.rules import read_rules, words_of

_YEAR = r"(?:1\d{3}|20\d\d|21\d\d)"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_HOUR = r"(?:[01]?\d|2[0-4])"
_SPAN_BEFORE = re.compile(rf"(?:{words_of(__package__, 'lasts')})\s*$")
_SPAN_AFTER = re.compile(rf"\s*(?:{words_of(__package__, 'lasted')})")
_RATIO_BEFORE = re.compile(r"(?:比分|比例|比率|配比|比值|赔率|画面|屏幕|比|以)(?:[为是:]|约为)?\s*$")
_RATIO_AFTER = re.compile(rf"\s*(?:的?(?:比例|比分|比率|优势)|[^,。]{{0,3}}(?:{WON}))")
_DURATION_BEFORE = re.compile(r"(?:时长|用时|成绩|耗时|片长|全长|配速|计时)(?:[为是:了]|约为)?\s*$")


def _plain(digits: str) -> str:
    return say_integer(str(int(digits)))


def _date_year_last(match: re.Match[str]) -> str | None:
    first, second = int(match[1]), int(match[3])
    if first > 12 and second > 12:
        return None
    month, day = (second, first) if first > 12 else (first, second)
    return f"{say_digits(match['year'])}年{say_integer(str(month))}月{say_integer(str(day))}日"


def _month_and_day(match: re.Match[str]) -> str:
    last = f"{match['own'] or ''}到{_plain(match['last'])}" if match["last"] else ""
    return f"{_plain(match['month'])}月{_plain(match['day'])}{last}{match['mark'] or ('' if last else '日')}"


def _year(match: re.Match[str]) -> str | None:
    digits = match["year"]
    value = int(digits)
    before, after = match.string[: match.start()], match.string[match.end() :]
    if after.startswith("代") and len(digits) == 2:
        return say_integer(digits) + "年"
    is_span = bool(_SPAN_BEFORE.search(before[-4:]) or _SPAN_AFTER.match(after))
    ad = bool(re.search(r"(?:公元前?|[ab]\.?d\.?|建于|始于|生于|卒于|死于|[于在至])\s*$", before[-4:], re.IGNORECASE))
    if re.match(r"前|后|以前|以后|之前|之后|来", after) and not ad:
        is_span = is_span or not (1900 <= value <= 2100) or value == 2000
    if digits[0] == "0":
        return say_digits(digits) + "年"
    if len(digits) == 4 and value < 3000:
        is_round = value in (1000, 3000)
        return None if is_span or (is_round and not ad) else say_digits(digits) + "年"
    if len(digits) == 3 and not is_span and (ad or (value % 10 and re.search(r"(?:^|[^\d])$", before) and value > 200)):
        return say_digits(digits) + "年"
    if len(digits) == 2 and not is_span and value >= 60 and value % 10:
        return say_digits(digits) + "年"
    return None


def _clock(match: re.Match[str]) -> str | None:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if _RATIO_BEFORE.search(before[-6:]) or _RATIO_AFTER.match(after):
        return None
    hour, minute, second = match["hour"], match["minute"], match["second"]
    if _DURATION_BEFORE.search(before[-6:]):
        units = ("小时", "分", "秒") if second else ("分", "秒")
        return "".join(say_count(str(int(part))) + unit for part, unit in zip((hour, minute, second), units))  # noqa: B905
    half = (match["half"] or "").lower().replace(".", "").strip()
    part_of_day = {"am": "上午", "pm": "晚上" if 6 <= int(hour) < 12 else "下午"}.get(half, "")
    spoken = part_of_day + say_count(str(int(hour))) + "点"
    if int(minute) or second:
        spoken += _two_digits(minute) + "分"
    return spoken + (_two_digits(second) + "秒" if second else "")


def _two_digits(digits: str) -> str:
    return ("零" if digits.startswith("0") and int(digits) else "") + say_integer(str(int(digits)))


def _half_day(match: re.Match[str]) -> str:
    is_evening = 6 <= int(match[1]) < 12
    return {"a": "上午", "p": "晚上" if is_evening else "下午"}[match[2].lower()] + say_count(match[1]) + "点"


def _say_day_with_a_name(match: re.Match[str]) -> str:
    return say_digits(match[1] + match[2]) if match[1] != "10" else "十" + say_digits(match[2])


def _say_decades_from_one_to_the_next(match: re.Match[str]) -> str:
    first, last = match["first"], match["last"]
    between = "" if int(last) == int(first) + 1 else "十到"
    return f"{say_digits(first)}{between}{say_digits(last)}十"


def _say_decades(match: re.Match[str]) -> str:
    return (say_digits(match[1]) + say_digits(match[2]) if match[1] else say_integer(match[2])) + "年代"


DATES = read_rules(__package__, "dates", vars(numbers), vars(patterns), globals())
