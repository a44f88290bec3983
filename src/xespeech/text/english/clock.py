"""Times of the day, durations, ratios and everything else that is written with a colon between numbers."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, cardinal, digits, number
from xespeech.text.rules import Rule, any_of, words_of

_HALF = r"(?P<half>\s?(?:[AaPp]\.\s?[Mm]\.?|[AP]M|[ap]m)(?![A-Za-z]))"
_BOOKS = words_of(__package__, "scripture")
_RATIO_WORDS = re.compile(r"\b(?:ratio|ratios|odds|scale|aspect|score|scored|mix|proportion|mixture|diluted)\b", re.I)
_DURATION_UNITS = {"d": "day", "h": "hour", "hr": "hour", "hrs": "hour", "m": "minute", "min": "minute", "s": "second"}


def _half(written: str | None) -> str:
    """a.m. → A M."""
    return " ".join(char.upper() for char in written if char.isalpha()) if written else ""


def _minute(minute: int) -> str:
    return cardinal(minute) if minute > 9 else f"oh {DIGITS[minute]}"


def _period(written: str | None, after: str) -> str:
    """The period of p.m. where it also ends the text."""
    return "." if written and written.endswith(".") and not after.strip() else ""


def _say_time(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 24 or minute > 59 or (_RATIO_WORDS.search(match.string) and not found["half"]):
        return None
    words = [cardinal(hour)]
    if minute:
        words.append(_minute(minute))
    elif not found["half"]:
        words.append("o'clock" if 0 < hour <= 12 and not found["second"] else "hundred hours")
    if found["second"] and int(found["second"]):
        words.append(f"and {_count(found['second'], 'second')}")
    said = " ".join(filter(None, (*words, _half(found["half"]))))
    return said + _period(found["half"], match.string[match.end() :]) + " "


def _count(digits: str, unit: str) -> str:
    """05, minute → five minutes."""
    return f"{cardinal(int(digits))} {unit}{'s' * (int(digits) != 1)}"


def _say_hours(match: re.Match[str]) -> str | None:
    if not 0 < int(match["hour"]) <= 12:
        return None
    start = f"{cardinal(int(match['first']))} to " if match["first"] else ""
    return f"{start}{cardinal(int(match['hour']))} {_half(match['half'])}" + _period(
        match["half"], match.string[match.end() :]
    )


def _say_elapsed(match: re.Match[str]) -> str:
    parts = [("hour", match["hours"]), ("minute", match["minutes"]), ("second", match["seconds"])]
    said = [_count(written, unit) for unit, written in parts if written and int(written)]
    if match["part"]:
        said[-1:] = [f"{cardinal(int(match['seconds']))} point {digits(match['part'])} seconds"]
    return " ".join(said)


def _say_duration(match: re.Match[str]) -> str:
    pieces = re.findall(r"(\d+)\s?([a-z]+)", match[0])
    return " ".join(_count(written, _DURATION_UNITS[unit]) for written, unit in pieces)


def _say_ratio(match: re.Match[str]) -> str:
    return " to ".join(map(number, re.split(r"\s?[:–-]\s?", match[0])))


def _say_verse(match: re.Match[str]) -> str:
    last = f" to {cardinal(int(match['last']))}" if match["last"] else ""
    return f"{match['book']} {cardinal(int(match['chapter']))} {cardinal(int(match['verse']))}{last}"


def _say_military(match: re.Match[str]) -> str:
    hour, minute = match["hour"], match["minute"]
    said = f"oh {DIGITS[int(hour)]}" if hour[0] == "0" and hour != "00" else cardinal(int(hour))
    return f"{said} {'hundred' if minute == '00' else _minute(int(minute))} hours"


_TIME = r"(?<![\d:.,$-])(?P<hour>\d{1,2})"
RULES = [
    Rule(
        "verses",
        rf"\b(?P<book>{_BOOKS})\s(?P<chapter>\d{{1,3}}):(?P<verse>\d{{1,3}})(?:\s?[-–]\s?(?P<last>\d{{1,3}}))?",
        _say_verse,
        "John 3:16 and Psalm 23:1-3",
        "John three sixteen and Psalm twenty three one to three",
    ),
    Rule(
        "minutes and seconds with a fraction, and hours behind a colon too many",
        r"(?<![\d:.])(?:(?P<hours>\d{1,2}):(?=\d\d:\d\d\.))?(?P<minutes>\d{1,2}):(?P<seconds>\d\d)\.(?P<part>\d{1,3})(?![\d:])",
        _say_elapsed,
        "a time of 3:45.67",
        "a time of three minutes forty five point six seven seconds",
    ),
    Rule(
        "spans of time: the half of the day is said where it is written",
        r"(?<=\d)(?P<half>\s?(?:[AaPp]\.\s?[Mm]\.?|[AP]M|[ap]m))?\s?[-–—]\s?"
        r"(?=\d{1,2}(?::\d\d)?\s?(?:[AaPp]\.\s?[Mm]|[AP]M|[ap]m)(?![A-Za-z]))",
        lambda match: (f" {_half(match['half'])}" if match["half"] else "") + " to ",
        "10am-5pm, 9-11 a.m. and 1:30-2:15pm",
        "ten A M to five P M, nine to eleven A M and one thirty to two fifteen P M",
    ),
    Rule(
        "from noon or midnight on",
        r"(?:(?<=\b[Nn]oon)|(?<=night))\s?[-–—]\s?(?=\d)",
        " to ",
        "noon-5 p.m. daily",
        "noon to five P M daily",
    ),
    Rule(
        "spans between two clock times",
        r"(?<=\d:\d\d)\s?[-–—]\s?(?=\d{1,2}:\d\d)",
        " to ",
        "10:30-11:00",
        "ten thirty to eleven o'clock",
    ),
    Rule(
        "clock times",
        rf"{_TIME}:(?P<minute>\d\d)(?::(?P<second>\d\d))?{_HALF}?(?![\d:]|\.\d|/)",
        _say_time,
        "at 3:30pm, 9:05, 12:00, 10:15:20 and 16:45",
        "at three thirty P M, nine oh five, twelve o'clock, ten fifteen and twenty seconds and sixteen forty five",
    ),
    Rule(
        "clock times with a period",
        rf"{_TIME}\.(?P<minute>[0-5]\d)(?P<second>)(?:{_HALF})",
        _say_time,
        "at 3.30pm",
        "at three thirty P M",
    ),
    Rule(
        "full hours",
        rf"(?<![\d:.,$])(?:(?P<first>\d{{1,2}})\sto\s)?(?P<hour>\d{{1,2}}){_HALF}",
        _say_hours,
        "from 3 p.m. on, 5AM",
        "from three P M on, five A M",
    ),
    Rule(
        "four digits and hours",
        r"(?<![\d.,])(?P<hour>[01]\d|2[0-4])(?P<minute>[0-5]\d)(?:\s?hours|\s?hrs\.?|h)\b",
        _say_military,
        "at 0800 hours and 1430 hrs",
        "at oh eight hundred hours and fourteen thirty hours",
    ),
    Rule(
        "hours, minutes and seconds",
        rf"(?<![\w.])\d+\s?(?:{any_of(_DURATION_UNITS)})(?:\s?\d+\s?(?:{any_of(_DURATION_UNITS)}))+\b",
        _say_duration,
        "2h30m, 1h 5min",
        "two hours thirty minutes, one hour five minutes",
    ),
    Rule(
        "what else has a colon: ratios, odds and scales",
        r"(?<![\d:.])\d{1,7}(?:\.\d+)?(?:\s?:\s?\d{1,7}(?:\.\d+)?)+(?![\d:])(?:[-–](?P<last>\d+))?",
        _say_ratio,
        "16:9 screens, odds of 3:1 and a scale of 1:1000",
        "sixteen to nine screens, odds of three to one and a scale of one to one thousand",
    ),
]
