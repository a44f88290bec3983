"""Fractions, quantities with units, ordinals, ranges and plain numbers: what dates, sums and codes leave."""

from __future__ import annotations

import re

from xespeech.text.english import numerals, quantities
from xespeech.text.english.calendar import BEFORE_SECONDS
from xespeech.text.english.money import MAGNITUDES
from xespeech.text.english.numerals import cardinal, fraction, in_pairs, is_one, number, plural
from xespeech.text.english.quantities import NO_NOUN, describes_noun, is_unit_here, unit_name
from xespeech.text.rules import read_rules, words_of

_TO = r"(?:\s?[-–—~]\s?|\sto\s)"
_SIGN = r"(?:(?<![\w.)\]%°])(?P<sign>[-−]))?"
_START = r"(?<![\w.,/])(?<![A-Za-z][-–])(?<![A-Za-z]\d-)"
_OUT_OF = r"(?P<top>\d{1,3}\.\d)/(?P<bottom>10|5|100)"
_FRACTION = r"(?P<top>\d{1,4})/(?P<bottom>\d{1,4})"
_MIXED = rf"(?:(?P<whole>\d+)(?:\s|-))?{_FRACTION}"
_PAIRS = (
    r"24/7|50/50|20/20|9/11|60/40|70/30|80/20|90/10|4/4|7/11|40/40|50-50|24-7(?!\s(?:win|loss|lead|victory|defeat))"
)
_SHARED = r"(?=\s(?:split|rule|chance|mix|blend|ratio|odds|deal|partnership|principle|shot|share|custody))"
_WON = re.compile(rf"\b(?:{words_of(__package__, 'won')})\b[^.;]*$", re.I)
_RATES = re.compile(rf"\b(?:{words_of(__package__, 'rate')})\b", re.I)  # of bps
_ROUND = {"00": "hundreds", "000": "thousands", ",000": "thousands"}
_RATED = re.compile(r"\b(?:star|rat(?:ed|ing|e)|scored?|grade[ds]?|gave|review|points?|mark(?:s|ed)?)", re.IGNORECASE)


def _say_fraction(match: re.Match[str]) -> str:
    found = match.groupdict()
    top, bottom = int(found["top"]), int(found["bottom"])
    if not found.get("whole") and bottom in (5, 10, 20, 100) and (top == bottom == 10 or _RATED.search(match.string)):
        return f"{cardinal(top)} out of {cardinal(bottom)}"
    if bottom == 0 or top == 0:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    if not found.get("whole"):
        return fraction(top, bottom)
    part = "a half" if (top, bottom) == (1, 2) else "a quarter" if (top, bottom) == (1, 4) else fraction(top, bottom)
    return f"{cardinal(found['whole'])} and {part}"


def _say_fraction_of_unit(match: re.Match[str]) -> str | None:
    unit = match["unit"] if match["unit"][0].isalpha() else "in."
    name = unit_name(unit) or unit_name(unit + ".")
    if name is None or not is_unit_here(unit, match["blank"], match.string[match.end() :]):
        return None
    is_many = (match["whole"] or int(match["top"]) > int(match["bottom"])) and not describes_noun(
        match.string[: match.start()], match.string[match.end() :]
    )
    return f"{_say_fraction(match)} {name[1] if is_many and match['blank'] != '-' else name[0]}"


def _say_unit(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    unit = found["unit"]
    before, after = match.string[: match.start()], match.string[match.end() :]
    name = unit_name(unit) or unit_name(unit + ".")
    if unit == "bps" and _RATES.search(match.string):
        name = ("basis point", "basis points")
    if name is None or not is_unit_here(unit, found["blank"], after):
        return None
    low = ("minus " if found["sign"] else "") + number(found["low"])
    if found["high"]:
        first = unit_name(found["first"]) if found["first"] else None
        low += f" {first[1]} to " if first and found["first"] != unit else " to "
        low += ("minus " if found["minus"] else "") + number(found["high"])
    is_plain = " " not in name[0] or name[0].startswith(("square", "cubic", "fluid", "degree"))
    is_single = is_one(found["high"] or found["low"]) or (
        is_plain and unit[0] != "%" and (found["blank"] == "-" or describes_noun(before, after))
    )
    return f" {low} {name[0] if is_single else name[1]} "


def _say_spoons(match: re.Match[str]) -> str:
    spoon = "tablespoon" if match["spoon"] == "T" else "teaspoon"
    is_one_or_less = "/" in match["amount"] or match["amount"] == "1"
    return f"{match['amount']} {spoon}{'' if is_one_or_less else 's'}"


def _say_inches(match: re.Match[str]) -> str | None:
    before, after = match.string[: match.start()], match.string[match.end() :]
    follows = re.match(
        r"\s?(?:[x×]|by\b)|\s(?:wide|long|tall|high|deep|thick|across|in diameter|longer|wider|and)\b|\s*$|\s?[),;]",
        after,
    )
    is_noun = bool(re.search(r"\b(?:a|an)\s$", before)) and describes_noun(before, after)
    is_inches = match["period"] or follows or is_noun or re.search(r"(?:feet|foot|by|x)\s*$", before)
    if not is_inches or (match["period"] and re.match(r"\s[A-Z]", after)):
        return None
    inches = "inch" if is_one(match["number"]) or is_noun else "inches"
    return f"{number(match['number'])} {inches}{'.' if match['period'] and not after.strip() else ''}"


def _say_magnitude(match: re.Match[str]) -> str | None:
    letter = match["letter"].lower()
    if match["noun"] is None and letter == "b":
        return None
    said = MAGNITUDES[letter] if match["noun"] is not None or letter == "m" else letter.upper()
    return f"{number(match['number'])} {said}"


def _say_quoted_inches(match: re.Match[str]) -> str | None:
    """24" is inches unless the sign closes a quotation."""
    if len(re.findall(r'(?<!\d)"', match.string[: match.start()])) % 2:
        return None
    after = match.string[match.end() :]
    noun = re.match(r"[\s-]([a-z]{3,})\b", after)
    is_single = is_one(match["number"]) or (noun is not None and noun[1] not in NO_NOUN)
    return f"{number(match['number'])} {'inch' if is_single else 'inches'} "


def _say_named_pairs(match: re.Match[str]) -> str | None:
    if "-" in match[0] and _WON.search(match.string[: match.start()]):
        return None
    return " ".join(map(cardinal, re.split("[-–/]", match[0])))


def _say_cups(match: re.Match[str]) -> str:
    return f"{match['amount']} {'cup' if match['amount'] in ('1', '1/2', '1/4', '3/4', '1/3', '2/3') else 'cups'}"


def _say_several_of_a_number(match: re.Match[str]) -> str | None:
    return None if re.search(BEFORE_SECONDS, match.string[: match.start()]) else plural(in_pairs(match["number"]))


def _say_pence(match: re.Match[str]) -> str:
    return f"{number(match['number'])} {'penny' if match['number'] == '1' else 'pence'}"


def _say_parts_of_a_name(match: re.Match[str]) -> str:
    return match["start"] + (" to " if match["same"] else " ")


def _say_thousands_parted_by_blanks(match: re.Match[str]) -> str | None:
    return None if match["number"][0] == "0" else re.sub(r"\D", "", match["number"])


def _say_thousands_parted_by_periods(match: re.Match[str]) -> str:
    return match["number"].replace(".", "") + (match["decimals"] or "").replace(",", ".")


RULES = read_rules(__package__, "amounts", vars(numerals), vars(quantities), globals())
NUMBERS = read_rules(__package__, "numbers", vars(numerals), vars(quantities), globals())
THOUSANDS = read_rules(__package__, "thousands", vars(numerals), vars(quantities), globals())
