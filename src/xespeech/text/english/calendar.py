"""Dates and years, in the orders in which people write them."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, MONTH_NAMES, cardinal, ordinal, plural, year
from xespeech.text.rules import Rule, any_of, words_of
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
    written = written.rstrip(".").lower()
    return _SHORT_MONTHS.get(written) or written.capitalize()


def _date(written_year: str, month: str, day: str) -> str | None:
    """Month, day and year in numbers; None where there is no such day."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    said = f"{MONTH_NAMES[int(month) - 1]} {ordinal(int(day))}"
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


def _say_month_day(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    if not 1 <= int(found["day"]) <= 31:
        return None
    said = f"{_month(found['month'])} {ordinal(int(found['day']))}"
    if found.get("last"):
        until = f"{_month(found['until'])} " if found.get("until") else ""
        said += f" to {until}{ordinal(int(found['last']))}"
    return f"{said}, {year(int(found['year']))}" if found.get("year") else said


def _say_without_year(match: re.Match[str]) -> str | None:
    if match["before"].lower().startswith("exp") and match["month"][0] == "0" and not match["to"]:
        return None  # of a card: 09/27
    first = _date("", match["month"], match["day"])
    last = _date("", match["month2"], match["day2"]) if match["to"] else ""
    if first is None or last is None:
        return None
    to = match["to"].strip(" -–") or "to" if match["to"] else ""
    return f"{match['before']}{first}{f' {to} {last}' if last else ''}"


def _say_day_month(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    if not 1 <= int(found["day"]) <= 31:
        return None
    days = ordinal(int(found["day"])) + (f" to {ordinal(int(found['last']))}" if found.get("last") else "")
    said = f"{found.get('the') or 'the '}{days} of {_month(found['month'])}"
    return f"{said}, {year(_full_year(found['year']))}" if found.get("year") else said


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
    return plural(year(int(decade)) if len(decade) > 2 else cardinal(int(decade)))


def _say_era(match: re.Match[str]) -> str:
    number = int(match["number"].replace(",", ""))
    era = " ".join(re.sub("[^A-Z]", "", match["era"]))
    until = f" to {_bare_year(int(match['until']))}" if match["until"] else ""
    return f"{_bare_year(number)}{until} {era} "


def _bare_year(number: int) -> str:
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

DATES = [
    Rule(
        "days of the week, shortened",
        rf"(?<!\b[Tt]he )\b(?P<first>{any_of([day.capitalize() for day in _WEEKDAYS])})"
        rf"(?:(?P<to>\.?\s?[-–]\s?(?P<last>{any_of([day.capitalize() for day in _WEEKDAYS])})\b\.?)|(?P<period>\.)"
        r"|(?=,?\s(?:\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z.]*\s\d)))",
        lambda match: (
            _WEEKDAYS[match["first"].lower()] + (f" to {_WEEKDAYS[match['last'].lower()]}" if match["last"] else "")
        ),
        "Open Mon-Fri; closed Sat. and Sun.",
        "Open Monday to Friday; closed Saturday and Sunday",
        needs="FMSTW",
    ),
    Rule(
        "weekdays in letters",
        r"\bM\s?[-–]\s?(?P<last>F|Th|Sa)\b",
        lambda m: "Monday to " + _WEEKDAYS[{"F": "fri", "Th": "thu", "Sa": "sat"}[m["last"]]],
        "open M-F",
        "open Monday to Friday",
        needs="M",
    ),
    Rule(
        "from one day of the week or month to another",
        rf"\b(?P<first>{_NAMED})\.?\s?[-–]\s?(?P<last>{_NAMED})\b(?!\.?\s\d{{1,2}}\b)(?:\.(?=\s[a-z\d]))?",
        lambda match: f"{_month(match['first'])} to {_month(match['last'])}",
        "Jan-Mar and Monday–Friday",
        "January to March and Monday to Friday",
        needs="ADFJMNOSTW",
    ),
    Rule(
        "year, month and day in numbers",
        r"(?<![\d./-])(?P<year>1[5-9]\d\d|20\d\d)(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
        r"(?![\d/-]|\.\d)(?P<time>T(?=\d\d:))?",
        lambda match: (
            (said := _date(match["year"], match["month"], match["day"])) and said + (", " if match["time"] else "")
        ),
        "2024-03-14 and 2024/3/4",
        "March fourteenth, twenty twenty four and March fourth, twenty twenty four",
        needs="12",
    ),
    Rule(
        "day and month, or month and day, and year in numbers",
        r"(?<![\d./-])(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second>\d{1,2})(?P=sign)(?P<year>1[5-9]\d\d|20\d\d)"
        r"(?![\d/-]|\.\d)|"
        r"(?<![\d./-])(?P<first2>\d{1,2})(?P<sign2>/)(?P<second2>\d{1,2})(?P=sign2)(?P<year2>\d\d)(?![\d/-]|\.\d)",
        _say_numbers,
        "03/14/2024, 14/03/2024, 15.03.2024 and 3/14/24",
        "March fourteenth, twenty twenty four, March fourteenth, twenty twenty four, "
        "March fifteenth, twenty twenty four and March fourteenth, twenty twenty four",
        needs="/12",
    ),
    Rule(
        "day, name of the month and year joined by hyphens",
        rf"(?<![\d-])(?P<day>\d{{1,2}})-{_MONTH}-(?P<year>\d{{4}}|\d\d)(?![\d-])",
        _say_day_month,
        "on 14-Mar-2024",
        "on the fourteenth of March, twenty twenty four",
    ),
    Rule(
        "name of the month, day and year",
        rf"\b{_MONTH}\s?{_DAY}(?:{_TO}(?:(?P<until>{any_of(MONTH_NAMES)}|(?i:{any_of(_SHORT_MONTHS)})\.?)\s)?"
        rf"(?P<last>\d{{1,2}})(?i:st|nd|rd|th)?)?\b(?![:\d%]|,\d|\.\d|\s?(?i:[ap]\.?m\b))(?:,?\s{_YEAR}\b(?![:%]|\.\d))?",
        _say_month_day,
        "On March 3rd, 2024, Jan. 5, May 3-5 and July 4th.",
        "On March third, twenty twenty four, January fifth, May third to fifth and July fourth.",
    ),
    Rule(
        "day, name of the month and year",
        rf"(?P<the>\b[Tt]he )?(?<![\d.:/-]){_DAY}(?:{_TO}(?P<last>\d{{1,2}})(?i:st|nd|rd|th)?)?(?:\sof)?\s{_MONTH}"
        rf"(?![A-Za-z])(?:,?\s{_YEAR}\b)?",
        _say_day_month,
        "on 4 July 1776, the 3rd of May and 3-5 Sept. 2024",
        "on the fourth of July, seventeen seventy six, the third of May and the third to fifth of September, "
        "twenty twenty four",
    ),
    Rule(
        "name of the month and year",
        rf"\b(?P<month>(?i:{any_of(_SHORT_MONTHS)})\.?)\s(?=[12]\d{{3}}\b|')",
        lambda match: f"{_month(match['month'])} ",
        "in Sept. 2024",
        "in September twenty twenty four",
        needs="'12",
    ),
    Rule(
        "months, shortened",
        r"\b(?P<month>Jan|Feb|Aug|Sept?|Oct|Nov|Dec)(?:\.(?=\s[a-z]|[,)])|(?=\.\s*$))",
        lambda match: _month(match["month"]),
        "Dec. is cold.",
        "December is cold.",
        needs="ADFJNOS",
    ),
    Rule(
        "month and day without a year",
        r"(?P<before>\b(?i:on|by|until|till|before|after|since|due|dated|through|thru|ends?|ending|expires?|starts?|starting"
        r"|begins?|beginning|effective|from|as of|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?)\s)"
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})(?![\d/])"
        r"(?:(?P<to>\s?[-–]\s?|\s(?:to|through|thru|until)\s)(?P<month2>\d{1,2})/(?P<day2>\d{1,2})(?![\d/]))?",
        _say_without_year,
        "Due on 3/14, open from 5/1 to 5/14.",
        "Due on March fourteenth, open from May first to May fourteenth.",
        needs="/",
    ),
    Rule(
        "eras",
        rf"(?:\b(?P<number>[\d,]*\d)(?:\s?[-–]\s?(?P<until>\d+))?\s?{_ERAS})|\bA\.?D\.?\s(?P<anno>\d{{1,4}})\b",
        lambda match: f"A D {_bare_year(int(match['anno']))}" if match["anno"] else _say_era(match),
        "in 44 BC, AD 79 and 1066 A.D.",
        "in forty four B C, A D seventy nine and ten sixty six A D",
        needs="0123456789A",
    ),
    Rule(
        "spans of years and seasons",
        r"(?<![\d.,/$-])(?P<first>1[1-9]\d\d|20\d\d)\s?(?P<sign>[-–—/])\s?(?P<last>1[1-9]\d\d|20\d\d|\d\d)(?![\d/%-]|[.,]\d)",
        _say_year_range,
        "from 1990-95 and in the 2023/24 season",
        "from nineteen ninety to nineteen ninety five and in the twenty twenty three twenty twenty four season",
        needs="12",
    ),
]

DECADES = [
    Rule(
        "decades",
        r"(?<![\d.,$])'?(?P<decade>[12]\d\d0|[1-9]0)'?s\b",
        _say_decade,
        "the 1990s, the '80s and 1800s",
        "the nineteen nineties, the eighties and eighteen hundreds",
    ),
    Rule(
        "years without their century",
        r"(?<!\w)'(?P<year>\d\d)(?!\d|')",
        lambda match: f"oh {DIGITS[int(match['year'])]}" if match["year"][0] == "0" else cardinal(int(match["year"])),
        "the class of '99",
        "the class of ninety nine",
    ),
]

BARE_YEARS = [
    Rule(
        "years",
        r"(?<![\w,.:/$#-])(?P<number>1[1-9]\d\d|20[1-9]\d|200[1-9])(?![\d,]\d|[.:/%]\d|[%\w])(?P<after>\s[A-Za-z]+)?",
        _say_year,
        "In 1999, 2005 and 2024 there were 1234 votes.",
        "In nineteen ninety nine, two thousand five and twenty twenty four there were "
        "one thousand two hundred thirty four votes.",
    ),
]
