"""Signs between and before numbers and words: mathematics, comparisons, powers, ``& @ # / ~``."""

from __future__ import annotations

import re

from xespeech.text.english import numerals, quantities
from xespeech.text.english.numerals import number
from xespeech.text.english.quantities import unit_name
from xespeech.text.rules import read_rules, words_of
from xespeech.text.tables import read_pairs

_SCORED = re.compile(rf"\b(?:{words_of(__package__, 'scored')})\b", re.I)
_PER_UNIT = r"[A-Za-zµμΩ°²³]{1,5}/[A-Za-z²³]"
_OPERAND = r"[\w)\]²³%°]"
_NEXT = r"[\w(\[√π∞.+−$€£-]"
_PAIRS = words_of(__package__, "either")
_POWERS = {"²": "squared", "³": "cubed"}
_POSSESSIVE = dict.fromkeys(("s", "'s"), "'s")
_spaced = " ".join
_JOINED = {"&&": "and", "||": "or"}
_VOLUMES = frozenset(["mL", "ml", "L", "l", "dL", "dl", "kg", "hr", "h"])
NAMES = read_pairs(__package__, "signs.tsv")
"""Names of signs where no rule matches."""
_COMPARISONS = read_pairs(__package__, "comparisons.tsv")


def _say_power(match: re.Match[str]) -> str | None:
    exponent = match["exponent"]
    said = {"2": "squared", "3": "cubed"}.get(exponent)
    if said and unit_name(match["base"]) and re.search(r"\d\s?$", match.string[: match.start()]):
        return None
    if said is None or match["base"][-1:] == ")":
        is_number = exponent.lstrip("+-−").isdecimal()
        said = f"to the power of {number(exponent) if is_number else re.sub('[-−]', 'minus ', exponent)}"
    base = " ".join(match["base"]) if re.fullmatch("[a-z]{2}|[A-Z]{2,3}", match["base"]) else match["base"]
    return f"{base} {said} "


def _say_pair(match: re.Match[str]) -> str:
    first, second = match["pair"].split("/")
    if first.lower() in ("and", "either"):
        return f"{first} {second}"
    return f"{'she' if first == 's' else first} or {second}"


def _say_comparison(match: re.Match[str]) -> str | None:
    """The sign by its name, unless it is the bracket of a tag."""
    before, after = match.string[: match.start("sign") + 1], match.string[match.end("sign") :]
    if re.search(r"<[A-Za-z/!][^<>]*>?$", before) or (match["sign"] == "<" and re.match(r"[A-Za-z/!][^<>]*>", after)):
        return None
    return f" {_COMPARISONS[match['sign']]} "


def _units(unit: str) -> str | None:
    return name[1] if (name := unit_name(unit)) else None


def _say_difference(match: re.Match[str]) -> str | None:
    """Two numbers alone, or of which the first is not smaller, are a difference; a score and a range are not."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if re.search(r"\b[A-Z][a-z]+\s$", before) or re.match(r"\s[A-Z][a-z]", after) or _SCORED.search(match.string):
        return None
    is_alone = not re.search("[A-Za-z]", before + after)
    is_counted = re.match(r"\s(?!(?:is|equals|makes|gives|and|or|but|so)\b)[a-z]", after)
    falls = float(match["first"]) >= float(match["second"])
    return f"{match['first']} minus {match['second']}" if is_alone or (falls and not is_counted) else None


def _say_two_amounts_with_a_slash(match: re.Match[str]) -> str:
    return match["first"] + (" per " if match["unit"] in _VOLUMES and match["first"][-1:] == "g" else " or ")


BEFORE_DIGITS = read_rules(__package__, "signs_before_digits", vars(numerals), vars(quantities), globals())
BETWEEN_DIGITS = read_rules(__package__, "signs_between_digits", vars(numerals), vars(quantities), globals())
AFTER_NUMBERS = read_rules(__package__, "signs_after_numbers", vars(numerals), vars(quantities), globals())
