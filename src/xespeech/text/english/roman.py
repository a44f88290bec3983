"""Roman numerals: ordinals behind names of rulers, numbers behind titles and names, years; never the pronoun I."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, cardinal, ordinal, year
from xespeech.text.roman import roman_value
from xespeech.text.rules import Rule, words_of
from xespeech.text.tables import read_words

_NUMBERED = words_of(__package__, "part")
_RULERS = words_of(__package__, "ruler")
_THE_GREAT = words_of(__package__, "title")
_SERIES = words_of(__package__, "series")
_AFTER_I = (
    r"(?=\s*[.,;:!?)\]'\"]|\s*$|\s(?:of|and|was|is|in|to|the|on|by|at|for|from|with"
    r"|ended|began|died|ruled|reigned|became|married|won|lost|led|took|had|came|made|built|founded|signed)\b)"
)
_STARTERS = read_words(__package__, "starters.txt")


def _say_ordinal(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"])
    if value is None or value > 39 or (match["name"] == "Malcolm" and match["numeral"] == "X"):
        return None
    return f"{match['before']}the {ordinal(value)}"


def _say_cardinal(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"].upper())
    letter = " " if match.string[match.end() : match.end() + 1].islower() else ""  # Type IIb
    return None if value is None else f"{match['before']}{cardinal(value)}{letter}"


def _say_numbered(match: re.Match[str]) -> str | None:
    """One letter is a numeral only where it cannot be the pronoun or another letter of a name."""
    numeral, after = match["numeral"], match.string[match.end() :]
    if numeral in ("MIX", "DIM", "mix", "ill", "D", "C", "L", "M", "l", "CD", "DC"):
        return None
    if len(numeral) == 1 and (
        re.match(rf"\s?[A-Z0-9]\b|\s(?:{'|'.join(DIGITS)})\b", after)
        or (numeral == "I" and not re.match(_AFTER_I, after))
    ):
        return None
    return _say_cardinal(match)


def _say_span(match: re.Match[str]) -> str | None:
    first, last = roman_value(match["first"]), roman_value(match["last"])
    if first is None or last is None or first >= last:
        return None
    return f"{match['before']}{cardinal(first)} to {cardinal(last)}"


def _say_several(match: re.Match[str]) -> str | None:
    """Numerals of a list grow; I, V and X alone are no list: Malcolm X or I."""
    numerals = re.findall("[IVX]+", match["numerals"])
    values = [roman_value(numeral) or 0 for numeral in numerals]
    if values != sorted(set(values)) or not values[0] or max(map(len, numerals)) < 2:
        return None
    if numerals[-1] == "I" or match["before"].strip() in _STARTERS:
        return None
    numbers = iter(values)
    said = re.sub("[IVX]+", lambda _: cardinal(next(numbers)), match["numerals"])
    return match["before"] + re.sub(r"\s?(?:&|/)\s?", " and ", re.sub(r"\s?[-–]\s?", " to ", said))


def _say_name(match: re.Match[str]) -> str | None:
    """Behind a word with a capital that begins no sentence: Gladiator II, Fantasy VII."""
    value = roman_value(match["numeral"])
    if value is None or value > 39 or match["before"].strip() in _STARTERS:
        return None
    return f"{match['before']}{cardinal(value)}"


def _say_year(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"])
    return year(value) if value and 1500 <= value <= 2100 else None


def _say_century(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"])
    return f"{ordinal(value)} century" if value else None


RULES = [
    Rule(
        "behind King, Pope and the like",
        rf"(?P<before>\b(?:{_THE_GREAT})\s(?P<name>[A-Z][\w']+(?:\s(?:[A-Z][a-z]+))?)\s)(?P<numeral>[IVX]+)\b",
        _say_ordinal,
        "King Zog I married.",
        "King Zog the first married.",
        needs="IVX",
    ),
    Rule(
        "behind the name of a ruler",
        rf"(?P<before>\b(?P<name>{_RULERS})\s)(?P<numeral>[IVX]{{2,}}|[VX]\b|I\b{_AFTER_I})(?![\w.]\w)",
        _say_ordinal,
        "Henry VIII, Elizabeth I and Louis XIV's court",
        "Henry the eighth, Elizabeth the first and Louis the fourteenth's court",
        needs="IVX",
    ),
    Rule(
        "several behind one name",
        rf"(?P<before>(?:\b(?i:{_NUMBERED})|(?<![.!?]\s)\b[A-Z][\w'-]*[a-z])\s)"
        r"(?P<numerals>[IVX]+(?:(?:,\s?|,?\s?(?:&|/|and|or|vs\.?)\s?|(?<!\w)\s?[-–]\s?)[IVX]+)+)(?![\w'-]|\.\w)",
        _say_several,
        "Rocky III & IV",
        "Rocky three and four",
        needs="IVX",
    ),
    Rule(
        "from one to another",
        rf"(?P<before>\b(?i:{_NUMBERED})\s)(?P<first>[IVXLC]+)\s?[-–]\s?(?P<last>[IVXLC]+)\b",
        _say_span,
        "chapters II-IV",
        "chapters two to four",
        needs="CILVX",
    ),
    Rule(
        "behind a word for what is numbered",
        rf"(?P<before>\b(?i:{_NUMBERED})\s)(?P<numeral>[IVXLCDM]+|(?<!form\s)(?<!class\s)[ivxl]+)(?:(?=[a-d]\b)|\b)(?!['’](?:m|ve|ll|d)\b)(?!\.\w)",
        _say_numbered,
        "World War II, Super Bowl XLIX, Act III, scene iv and Amendment XIV",
        "World War two, Super Bowl forty nine, Act three, scene four and Amendment fourteen",
        needs="",
    ),
    Rule(
        "world wars",
        r"\bWW\s?-?(?P<numeral>II?|[12])\b",
        lambda match: f"World War {'one' if match['numeral'] in 'I1' else 'two'}",
        "WWII",
        "World War two",
        needs="W",
    ),
    Rule(
        "items of a list",
        r"^\(?(?P<numeral>[ivx]+)\)(?=\s)",
        lambda match: cardinal(value) + "," if (value := roman_value(match["numeral"].upper())) else None,
        "iv) next",
        "four, next",
        needs=")",
    ),
    Rule(
        "centuries",
        r"\b(?P<numeral>[IVX]+)(?:th)?\s(?:century|c\.)",
        _say_century,
        "in the XIX century",
        "in the nineteenth century",
        needs="IVX",
    ),
    Rule(
        "years in Roman numerals",
        r"\b(?P<numeral>M[CDLXVIM]{2,})\b",
        _say_year,
        "MCMXCIX",
        "nineteen ninety nine",
        needs="M",
    ),
    Rule(
        "one letter behind a series",
        rf"(?P<before>\b(?:{_SERIES})\s)(?P<numeral>[IVX]|XL)(?![\w'])",
        _say_cardinal,
        "Rocky V",
        "Rocky five",
        needs="IVX",
    ),
    Rule(
        "behind a name",
        r"(?P<before>(?<![.!?]\s)\b[A-Z][\w'-]*[a-z]\s)(?P<numeral>[IVX]{2,})(?![\w-]|'[a-rt-z])",
        _say_name,
        "Rocky IV, Apollo XI, Final Fantasy VII",
        "Rocky four, Apollo eleven, Final Fantasy seven",
        needs="",
    ),
    Rule(
        "alone",
        r"\b(?P<before>)(?P<numeral>II|III|VI{1,3}|XI{1,3}|XIV|XVI{0,3}|XIX|XXI{0,3})\b(?![-&/])",
        _say_cardinal,
        "II. Methods",
        "two. Methods",
        needs="IVX",
    ),
]
