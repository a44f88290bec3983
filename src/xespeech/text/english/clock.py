"""Times of the day, durations, ratios and everything else that is written with a colon between numbers."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, cardinal, digits, number
from xespeech.text.rules import read_rules, words_of

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
    return f"{cardinal(digits)} {unit}{'s' * (int(digits) != 1)}"


def _say_hours(match: re.Match[str]) -> str | None:
    if not 0 < int(match["hour"]) <= 12:
        return None
    start = f"{cardinal(match['first'])} to " if match["first"] else ""
    return f"{start}{cardinal(match['hour'])} {_half(match['half'])}" + _period(
        match["half"], match.string[match.end() :]
    )


def _say_elapsed(match: re.Match[str]) -> str:
    parts = [("hour", match["hours"]), ("minute", match["minutes"]), ("second", match["seconds"])]
    said = [_count(written, unit) for unit, written in parts if written and int(written)]
    if match["part"]:
        said[-1:] = [f"{cardinal(match['seconds'])} point {digits(match['part'])} seconds"]
    return " ".join(said)


def _say_duration(match: re.Match[str]) -> str:
    pieces = re.findall(r"(\d+)\s?([a-z]+)", match[0])
    return " ".join(_count(written, _DURATION_UNITS[unit]) for written, unit in pieces)


def _say_ratio(match: re.Match[str]) -> str:
    return " to ".join(map(number, re.split(r"\s?[:–-]\s?", match[0])))


def _say_military(match: re.Match[str]) -> str:
    hour, minute = match["hour"], match["minute"]
    said = f"oh {DIGITS[int(hour)]}" if hour[0] == "0" and hour != "00" else cardinal(hour)
    return f"{said} {'hundred' if minute == '00' else _minute(int(minute))} hours"


_TIME = r"(?<![\d:.,$-])(?P<hour>\d{1,2})"


RULES = read_rules(__package__, "clock", globals())
