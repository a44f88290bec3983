"""Roman numerals: ordinals behind names of rulers, numbers behind titles and names, years; never the pronoun I."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import DIGITS, cardinal, ordinal, year
from xespeech.text.roman import roman_value
from xespeech.text.rules import read_rules, words_of
from xespeech.text.tables import read_words

_NUMBERED = words_of(__package__, "part")
_RULERS = words_of(__package__, "ruler")
_THE_GREAT = words_of(__package__, "title")
_SERIES = words_of(__package__, "series")
_AFTER_I = rf"(?=\s*[.,;:!?)\]'\"]|\s*$|\s(?:{words_of(__package__, 'reign')})\b)"
_upper = str.upper
_WARS = {"I": "one", "1": "one", "II": "two", "2": "two"}
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


RULES = read_rules(__package__, "roman", globals())
