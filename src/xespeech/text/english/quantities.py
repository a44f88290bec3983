"""Units of measure by their symbols: with prefixes, powers and per-units; and whether a quantity describes a noun."""

from __future__ import annotations

import re
from functools import cache

from xespeech.text.rules import any_of
from xespeech.text.tables import read_pairs, read_rows, read_words

_PREFIXES = read_pairs(__package__, "prefixes.tsv")
_CONTRACTED = {("M", "ohm"): "megohm", ("k", "ohm"): "kilohm"}
_POWERS = {"²": "square", "³": "cubic", "2": "square", "3": "cubic", "^2": "square", "^3": "cubic"}
_PER = read_pairs(__package__, "per.tsv")
# Written with a blank or a hyphen before it only: without one, the letter is part of a name (2A, 4K, 3D) or a decade.
_NEEDS_A_BLANK = frozenset("ABbHJNTKMdtF")
_FOLLOWS_A_NUMBER_ONLY_AS_ITSELF = frozenset("ABbHJNTKMFWVLC")
_DOT = re.compile(r"\s?[·⋅*]\s?|(?<=[²³])(?=[Ksh]$)")
_DETERMINERS = read_words(__package__, "determiners.txt")
NO_NOUN = read_words(__package__, "no_nouns.txt")
"""Words behind a quantity that it does not describe."""


@cache
def unit_names() -> dict[str, tuple[str, str]]:
    """Each unit by its spelling: singular and plural."""
    names: dict[str, tuple[str, str]] = {}
    for row in read_rows(__package__, "units.tsv"):
        unit, one, many = row["unit"], row["one"], row["many"]
        names.setdefault(unit, (one, many))
        for prefix in row["prefixes"]:
            name = _CONTRACTED.get((prefix, one), _PREFIXES[prefix] + one)
            names.setdefault(prefix + unit, (name, name.replace(one, many)))
    for unit in ("m", "km", "cm", "mm", "dm", "ft", "in", "mi", "yd", "nm", "μm"):
        one, many = names.get(unit, ("inch", "inches"))
        for power, word in _POWERS.items():
            names[unit + power] = (f"{word} {one}", f"{word} {many}")
    names["kb"] = names["kB"]
    names["s²"] = names["s2"] = names["s^2"] = ("second squared", "seconds squared")
    return names


@cache
def _any_case() -> dict[str, tuple[str, str]]:
    """Units of two letters and more in lower case; of two that differ in case the larger one: mb is megabytes."""
    names: dict[str, tuple[str, str]] = {}
    for unit, name in unit_names().items():
        if len(unit) > 1 and (unit.lower() not in names or unit[0] in "MG"):
            names[unit.lower()] = name
    return names | {"mb": unit_names()["MB"], "gb": unit_names()["GB"], "tb": unit_names()["TB"]}


def unit_name(unit: str) -> tuple[str, str] | None:
    """Singular and plural of a unit or of one unit per another (km/h); None where it is none."""
    unit = re.sub(r"\s+", " ", unit)
    top, slash, bottom = unit.partition("/")
    *factors, last = map(_one_unit, _DOT.split(top))
    if last is None or None in factors:
        return None
    before = "".join(f"{factor[0]} " for factor in factors if factor)
    found = before + last[0], before + last[1]
    if not slash:
        return found
    per = per_name(bottom)
    return None if per is None else (f"{found[0]} {per}", f"{found[1]} {per}")


def _one_unit(unit: str) -> tuple[str, str] | None:
    return unit_names().get(unit) or (_any_case().get(unit.lower()) if len(unit) > 1 else None)


def per_name(unit: str) -> str | None:
    """``h`` → per hour, ``m³`` → per cubic meter, ``kg·K`` → per kilogram kelvin; None where it is not a unit."""
    if unit == "ea":
        return "each"
    names = [_PER.get(part) or (_one_unit(part) or ("",))[0] for part in _DOT.split(unit.strip("()"))]
    return f"per {' '.join(names)}" if all(names) else None


_UNIT_SYMBOLS = any_of(unit_names())
_LONG_SYMBOLS = any_of([unit for unit in unit_names() if len(unit) > 1])
_PER_SYMBOLS = any_of([*_PER, *unit_names()])
_DIVISOR = rf"(?:{_PER_SYMBOLS})(?:\s?[·⋅]\s?(?:{_UNIT_SYMBOLS})|(?<=[²³])[Ksh](?![A-Za-z]))?"
UNIT = (
    rf"(?:(?i:{_LONG_SYMBOLS})|{_UNIT_SYMBOLS})(?:[·⋅](?:{_UNIT_SYMBOLS}))?"
    rf"(?:\s?/\s?(?:{_DIVISOR}|\((?:{_UNIT_SYMBOLS})(?:\s?[·⋅*]\s?(?:{_UNIT_SYMBOLS}))+\)))?"
)
"""Pattern of a unit, with or without a per-unit."""
PER = rf"\s?/\s?(?P<per>{_PER_SYMBOLS})(?![A-Za-z0-9])"
"""Pattern of a per-unit that follows a price."""


def is_unit_here(unit: str, blank: str, after: str) -> bool:
    """Whether the letters behind a number are a unit and no part of a name (2A), an address (5 N Main) or a word."""
    if (not blank and unit in _NEEDS_A_BLANK) or re.fullmatch("[A-Z]{2,}s|[A-Z][a-z]?s|GPA|HR", unit):  # HRs, Ms
        return False
    return not (len(unit) == 1 and unit in _FOLLOWS_A_NUMBER_ONLY_AS_ITSELF and re.match(r"\s(?:[A-Z]|\d)", after))


def describes_noun(before: str, after: str) -> bool:
    """Whether a quantity stands before the noun that it describes: a 12 in board → twelve inch."""
    noun = re.match(r"[\s-]([a-z]{2,})\b", after)
    if noun is None or noun[1] in NO_NOUN:
        return False
    words = re.search(r"(?:\b([A-Za-z]+)\s)?([A-Za-z]+)\s$", before)
    return words is not None and any(word and word.lower() in _DETERMINERS for word in words.groups())
