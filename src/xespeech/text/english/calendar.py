"""Dates and years, in the orders in which people write them."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, MONTH_NAMES, cardinal, ordinal, plural, year
from xespeech.text.rules import any_of, read_rules, words_of
from xespeech.text.tables import read_words

_SHORT_MONTHS = {name[:3].lower(): name for name in MONTH_NAMES} | {"sept": "September"}
_MONTH = rf"(?P<month>(?i:{any_of(MONTH_NAMES[:4] + MONTH_NAMES[5:])}|(?:{any_of(_SHORT_MONTHS)})\.?)|May|MAY)"
_DAYS_OF_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = any_of([*MONTH_NAMES, *(name.capitalize() for name in _SHORT_MONTHS), *_DAYS_OF_WEEK])
_DAY = r"(?P<day>\d{1,2})(?i:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)"
_TO = r"\s?(?:[-–—]|to(?=\s)|through(?=\s))\s?"
_WEEKDAYS = {name[:3].lower(): name for name in _DAYS_OF_WEEK}
_WEEKDAYS |= {"tues": "Tuesday", "weds": "Wednesday", "thur": "Thursday", "thurs": "Thursday"}
_LAST_WEEKDAYS = {"F": "Friday", "Th": "Thursday", "Sa": "Saturday"}
_ERAS = r"(?P<era>B\.?\s?C\.?(?:\s?E\.?)?|A\.?\s?D\.?|C\.?\s?E\.?)(?![A-Za-z])"
_BEFORE_YEAR = words_of(__package__, "year")
BEFORE_SECONDS = (
    r"(?i:^|\b(?:for|takes?|took|about|every|after|only|waits?|is|was|under|within|last|lasts|lasted|[a-z]*time:?)"
    r"|\b(?:timeout|delay|duration|interval|latency|lag|ttl|timer|exposure)\b[^.]{0,12}"
    r"|[~<>≤≥=,:]|\d[a-z]*)\s*$"
)
# Four digits in front of these are a number of things, whatever stands before them.
_COUNTED = read_words(__package__, "counted.txt")
_NO_PLURAL = read_words(__package__, "no_plurals.txt")


def _month(written: str) -> str:
    """The whole name of a month or a day of the week."""
    written = written.rstrip(".").lower()
    return (_SHORT_MONTHS | _WEEKDAYS).get(written) or written.capitalize()


def _date(written_year: str, month: str, day: str) -> str | None:
    """Month, day and year in numbers; None where there is no such day."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    said = f"{MONTH_NAMES[int(month) - 1]} {ordinal(day)}"
    return f"{said}, {year(_full_year(written_year))}" if written_year else said


def _full_year(written: str) -> int:
    if len(written) != 2:
        return int(written)
    return int(("20" if int(written) < 50 else "19") + written)


def _say_numbers(match: re.Match[str]) -> str | None:
    """Month first where both orders are possible and a slash parts the numbers, day first with periods."""
    first, second, last = (match[part] or match[f"{part}2"] for part in ("first", "second", "year"))
    orders = [(second, first), (first, second)] if match["sign"] == "." else [(first, second), (second, first)]
    return _date(last, *orders[0]) or _date(last, *orders[1])


def _say_day_and_month(match: re.Match[str]) -> str | None:
    """The day behind the month where the pattern has room for another month behind it (until); else before it."""
    found = match.groupdict()
    if not 1 <= int(found["day"]) <= 31:
        return None
    month, days = _month(found["month"]), ordinal(found["day"])
    if found.get("last"):
        until = f"{_month(found['until'])} " if found.get("until") else ""
        days += f" to {until}{ordinal(found['last'])}"
    said = f"{month} {days}" if "until" in found else f"{found.get('the') or 'the '}{days} of {month}"
    return f"{said}, {year(_full_year(found['year']))}" if found.get("year") else said


def _say_without_year(match: re.Match[str]) -> str | None:
    if match["before"].lower().startswith("exp") and match["month"][0] == "0" and not match["to"]:
        return None  # of a card: 09/27
    first = _date("", match["month"], match["day"])
    last = _date("", match["month2"], match["day2"]) if match["to"] else ""
    if first is None or last is None:
        return None
    to = match["to"].strip(" -–") or "to" if match["to"] else ""
    return f"{match['before']}{first}{f' {to} {last}' if last else ''}"


def _say_year_range(match: re.Match[str]) -> str | None:
    first, last = match["first"], match["last"]
    last = first[: 4 - len(last)] + last
    if int(last) <= int(first):
        return None
    return f"{year(int(first))} {'to ' if match['sign'] != '/' else ''}{year(int(last))}"


def _say_decade(match: re.Match[str]) -> str | None:
    """Years or ages; 30s after "for" or "takes" are seconds."""
    decade = match["decade"]
    if len(decade) == 2 and "'" not in match[0] and re.search(BEFORE_SECONDS, match.string[: match.start()]):
        return None
    return plural(year(int(decade)) if len(decade) > 2 else cardinal(decade))


def _era(written: str) -> str:
    return " ".join(re.sub("[^A-Z]", "", written))


def _bare_year(written: str) -> str:
    number = int(written.replace(",", ""))
    return year(number) if number > 1000 and number % 1000 else cardinal(number)


def _say_year(match: re.Match[str]) -> str | None:
    """Four digits as a year, unless they count something."""
    number, after = int(match["number"]), match["after"] or ""
    word = after.strip().lower()
    before = re.search(r"([A-Za-z]+|[=+<>*/×÷^−])\s*$", match.string[: match.start()])
    leads = bool(before and re.fullmatch(_BEFORE_YEAR, before[1].lower()))
    if before and (not before[1].isalpha() or before[1].lower() in _QUANTIFIERS):
        return None
    if re.search(_BEFORE_VALUE, match.string[: match.start()]):
        return None
    if word in _COUNTED and not (leads and before and before[1].lower() in ("in", "since", "of", "the")):
        return None
    looks_plural = word.endswith("s") and not word.endswith("ss") and word not in _NO_PLURAL and after.islower()
    if looks_plural and not leads:
        return None
    return year(number) + after


_BEFORE_VALUE = rf"(?i:\b(?:{words_of(__package__, 'value')})\s(?:is|was|of|are|were|=)|equal to|equals)\s$"
_QUANTIFIERS = read_words(__package__, "quantifiers.txt")


def _say_year_month_and_day_in_numbers(match: re.Match[str]) -> str | None:
    return (said := _date(match["year"], match["month"], match["day"])) and said + (", " if match["time"] else "")


def _say_years_without_their_century(match: re.Match[str]) -> str:
    return f"oh {DIGITS[int(match['year'])]}" if match["year"][0] == "0" else cardinal(match["year"])


_CAPITAL_WEEKDAYS = [day.capitalize() for day in _WEEKDAYS]

DATES = read_rules(__package__, "dates", globals())
DECADES = read_rules(__package__, "decades", globals())
BARE_YEARS = read_rules(__package__, "years", globals())
