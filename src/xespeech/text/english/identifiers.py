"""Numbers that name something, most of them read digit by digit: telephones, codes, cards, addresses, versions."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import cardinal, characters, digits, in_pairs
from xespeech.text.rules import read_rules, words_of
from xespeech.text.tables import read_pairs

_STATES = read_pairs(__package__, "states.tsv")
_PROVINCES = read_pairs(__package__, "provinces.tsv")
_AMBIGUOUS_STATES = "HI|IN|ME|OH|OK|OR|ID|PA|MA|LA|AL|MS|MD|CO|DE"
_EXTENSION = r"(?:,?\s?(?:ext\.?|extension|x)\s?(?P<extension>\d{1,6}))?"
_CALLED = r"(?:^|[:(]|\b(?:call|phone|tel|text|dial|fax|mobile|whatsapp|contact|at|on|to|number(?: is)?|sms|me))\W*$"
# What a number behind these words names; it is not a quantity.
_SPELLED = words_of(__package__, "code")
_IN_PAIRS = words_of(__package__, "pairs")
_STREETS = words_of(__package__, "street")
_HASH = {"#": "hash"}
_VERSIONED = words_of(__package__, "version")


def _say_groups(match: re.Match[str]) -> str:
    """Groups of digits with a short pause between them; letters of 1-800-FLOWERS stay a word."""
    number = match[0]
    extension = match.groupdict().get("extension")
    if extension:
        number = number[: match.start("extension") - match.start()]
    groups = re.findall(r"\d+|[A-Z]{2,}", number)
    said = ", ".join(digits(group) if group[0].isdecimal() else group.capitalize() for group in groups)
    said += f", extension {digits(extension)}" if extension else ""
    return f"{'plus ' if number.lstrip('(')[0] == '+' else ''}{said} "


def _say_hyphened(match: re.Match[str]) -> str:
    """Digits in groups; a few short groups are numbers: a 30-60-90 triangle."""
    if sum(map(str.isdecimal, match[0])) < 7 and max(map(len, match[0].split("-"))) < 3 and match[0][0] != "0":
        return " ".join(cardinal(part) for part in match[0].split("-"))
    return _say_groups(match)


def _say_international(match: re.Match[str]) -> str | None:
    """Seven digits at least; without any gap they are a number, unless the words before speak of a telephone."""
    if sum(map(str.isdecimal, match[0])) < 7:
        return None
    is_called = re.search(_CALLED, match.string[: match.start()], re.IGNORECASE)
    return _say_groups(match) if is_called or not match[0][1:].isdecimal() else None


def _say_spelled(match: re.Match[str]) -> str | None:
    after = re.match(r"\s([a-z]+)", match.string[match.end() :])
    if (after and after[1].endswith("s") and after[1] not in ("is", "was", "as", "has")) or len(match["number"]) < 3:
        return None
    return match["word"] + ", ".join(map(digits, match["number"].split("-")))


def _say_version(match: re.Match[str]) -> str:
    return match["name"] + _parts(match["number"], " point ")


def _parts(number: str, sign: str) -> str:
    """Parts of a version: 3.11 → three point eleven, 3.01 → three point zero one."""
    return sign.join(digits(p) if p[0] == "0" and len(p) > 1 else cardinal(p) for p in number.split("."))


def _say_dotted(match: re.Match[str]) -> str:
    """Four parts of a network address have dots, those of a version points."""
    parts = match["number"].split(".")
    is_network = len(parts) == 4 and all(int(part) < 256 for part in parts) and int(parts[0]) > 9
    return ("version " if match["letter"] else "") + _parts(match["number"], " dot " if is_network else " point ")


def _say_address(match: re.Match[str]) -> str:
    number = in_pairs(match["number"]) if len(match["number"]) < 5 else digits(match["number"])
    return f"{number} {match['letter'] or ''}{' ' * bool(match['letter'])}".rstrip() + " "


def _say_month(number: str) -> str:
    return digits(number, "oh") if number[0] == "0" else cardinal(number)


def _say_code(match: re.Match[str]) -> str | None:
    """A code of letters and digits, changing at least twice between them: X7K9Q2."""
    changes = len(re.findall(r"\d(?=[A-Z])|[A-Z](?=\d)", match[0]))
    return characters(match[0]) if changes >= 2 and re.search(r"\d.*\d", match[0]) else None


def _say_telephone_with_a_zero(match: re.Match[str]) -> str | None:
    return _say_groups(match) if sum(map(str.isdecimal, match[0])) >= 8 else None


def _say_groups_of_characters(match: re.Match[str]) -> str:
    return ", ".join(characters(group) for group in match[0].split())


def _say_states_and_their_postal_codes(match: re.Match[str]) -> str | None:
    before = match.string[: match.start()]
    is_behind_a_town = re.search(r"(?:^|[\s(])[A-Z][a-z][\w.'’-]*,\s$", before)
    if not match["zip"] and (not is_behind_a_town or re.fullmatch(_AMBIGUOUS_STATES, match["state"])):
        return None
    said = f"{_STATES[match['state']]} {digits(match['zip'] or '')}".rstrip()
    return said + (f", {digits(match['more'])}" if match["more"] else "")


def _say_a_version_compared_with_another(match: re.Match[str]) -> str | None:
    before = match.string[: match.start()]
    is_like = re.search(rf"\b(?:{_VERSIONED})\s\w+ point", before) and f" {cardinal(match['major'])} point" in before
    return _say_version(match) if is_like else None


_STATES_AND_CODES = {*_STATES, *_STATES.values()}

PLACES = read_rules(__package__, "places", globals())
RULES = read_rules(__package__, "identifiers", globals())
