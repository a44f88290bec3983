"""Fractions, quantities with units, ordinals, ranges and plain numbers: what dates, sums and codes leave."""

from __future__ import annotations

import re

from xespeech.text.english.calendar import BEFORE_SECONDS
from xespeech.text.english.money import MAGNITUDES
from xespeech.text.english.numerals import NUMBER, cardinal, fraction, in_pairs, is_one, number, ordinal, plural
from xespeech.text.english.quantities import NO_NOUN, UNIT, describes_noun, is_unit_here, unit_name
from xespeech.text.rules import Rule

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
_WON = re.compile(
    r"\b(?:w[io]ns?|winning|lost|los[es]+|losing|beat|le[da]ds?|score[ds]?|defeat(?:s|ed)?|down|up|ahead)\b[^.;]*$",
    re.I,
)
_RATES = re.compile(
    r"\b(?:rates?|yields?|basis|hikes?|cuts?|hiked|Fed|ECB|spreads?|margins?|bonds?|fees?|interest|inflation|growth)\b",
    re.I,
)  # of bps
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
    return f"{cardinal(int(found['whole']))} and {part}"


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
    is_single = is_one(match["number"]) or is_noun
    amount = match["number"]
    return f"{number(amount)} {'inch' if is_single else 'inches'}" + (
        "." if match["period"] and not after.strip() else ""
    )


def _say_magnitude(match: re.Match[str]) -> str | None:
    letter = match["letter"].lower()
    if match["noun"] is not None:
        return f"{number(match['number'])} {MAGNITUDES[letter]}"
    return (
        f"{number(match['number'])} {'million' if letter == 'm' else match['letter'].upper()}"
        if letter != "b"
        else None
    )


def _say_angle(match: re.Match[str]) -> str:
    seconds = f" {number(match['seconds'])} seconds" if match["seconds"] else ""
    return f"{number(match['degrees'])} degrees {number(match['minutes'])} minutes{seconds} "


def _say_ordinal(match: re.Match[str]) -> str:
    return ordinal(int(match["number"].replace(",", "")))


def _say_quoted_inches(match: re.Match[str]) -> str | None:
    """24" is inches unless the sign closes a quotation."""
    if len(re.findall(r'(?<!\d)"', match.string[: match.start()])) % 2:
        return None
    after = match.string[match.end() :]
    noun = re.match(r"[\s-]([a-z]{3,})\b", after)
    is_single = is_one(match["number"]) or (noun is not None and noun[1] not in NO_NOUN)
    return f"{number(match['number'])} {'inch' if is_single else 'inches'} "


RULES = [
    Rule(
        "pairs with names of their own",
        rf"{_START}(?:{_PAIRS}|\d0[-–/]\d0{_SHARED})(?![\d/-])",
        lambda match: (
            None
            if "-" in match[0] and _WON.search(match.string[: match.start()])
            else " ".join(cardinal(int(part)) for part in re.split("[-–/]", match[0]))
        ),
        "open 24/7, a 50-50 chance",
        "open twenty four seven, a fifty fifty chance",
    ),
    Rule(
        "hundreds and thousands of things",
        r"(?<![\w.,])1(?P<zeros>00|,?000)s(?= of\b)",
        lambda match: "hundreds" if match["zeros"] == "00" else "thousands",
        "100s of people",
        "hundreds of people",
    ),
    Rule(
        "cups",
        rf"{_START}(?P<amount>(?:\d+\s)?\d+(?:/\d+)?)\s?[cC]\b\.?(?=\s(?!(?:and|or|is|in|to)\b)[a-z]{{3}})",
        lambda match: (
            f"{match['amount']} {'cup' if match['amount'] in ('1', '1/2', '1/4', '3/4', '1/3', '2/3') else 'cups'}"
        ),
        "1/4 c. sugar",
        "one quarter cup sugar",
    ),
    Rule(
        "spoons",
        rf"{_START}(?P<amount>(?:\d+\s)?\d+(?:/\d+)?)\s(?P<spoon>[Tt])\b\.?(?=\s(?!(?:and|or|is|in|to)\b)[a-z]{{3}})",
        _say_spoons,
        "2 T olive oil",
        "two tablespoons olive oil",
    ),
    Rule(
        "temperatures without their sign",
        r"(?<![\w.,$])(?P<number>[1-9]\d{2})\s?F\b(?![-/])",
        lambda match: f"{number(match['number'])} degrees Fahrenheit",
        "Roast at 425F.",
        "Roast at four hundred twenty five degrees Fahrenheit.",
    ),
    Rule(
        "minutes of a match",
        r"(?<![\w.])(?P<number>\d{1,3})(?:'(?=\s(?:mark|minute|goal|sub))|(?i:st|nd|rd|th)\smin\b)",
        lambda match: f"{ordinal(int(match['number']))} minute",
        "by the 60' mark",
        "by the sixtieth minute mark",
    ),
    Rule(
        "several of one model",
        r"(?<=[A-Za-z])-(?P<number>\d+)s\b",
        lambda match: " " + plural(cardinal(int(match["number"]))),
        "two B-52s and omega-3s",
        "two B fifty twos and omega threes",
    ),
    Rule(
        "several things that a number names",
        r"(?<![\w.,$€£'-])(?P<number>[1-9]\d{2})s\b(?!\s(?:of|timeout|delay|exposure|timer)\b)",
        lambda match: (
            None if re.search(BEFORE_SECONDS, match.string[: match.start()]) else plural(in_pairs(match["number"]))
        ),
        "two 747s",
        "two seven forty sevens",
    ),
    Rule(
        "lines of a picture",
        r"(?<![\w.,])(?P<number>240|360|480|540|720|1080|1440|2160|4320)(?=[pi]\b)",
        lambda match: in_pairs(match["number"]) + " ",
        "in 1080p",
        "in ten eighty p",
    ),
    Rule(
        "pence",
        r"(?<![\w.,])(?P<number>\d{1,2})p\b(?!\s(?:video|stream|footage|resolution|movie|film|at|[Hh][Dd]))",
        lambda match: f"{number(match['number'])} {'penny' if match['number'] == '1' else 'pence'}",
        "It costs 50p.",
        "It costs fifty pence.",
    ),
    Rule(
        "marks with a decimal",
        rf"{_START}{_OUT_OF}(?![\d/])",
        lambda match: f"{number(match['top'])} out of {cardinal(int(match['bottom']))}",
        "He scored 9.5/10.",
        "He scored nine point five out of ten.",
    ),
    Rule(
        "decimals with a comma before a unit",
        rf"{_START}(?P<whole>\d{{1,3}}),(?P<decimals>\d{{1,2}})(?=\s?(?:{UNIT})(?![A-Za-z0-9]))",
        lambda match: f"{match['whole']}.{match['decimals']}",
        "1,5 km",
        "one point five kilometers",
    ),
    Rule(
        "fractions of a unit",
        rf"{_START}{_MIXED}(?P<blank>[\s-]?)(?P<unit>in\b|\"|''|{UNIT})(?![A-Za-z²³0-9])\.?(?=\W|$)",
        _say_fraction_of_unit,
        "1/4 tsp salt and 2 1/2 lb",
        "one quarter teaspoon salt and two and a half pounds",
    ),
    Rule(
        "fractions",
        rf"{_START}{_MIXED}(?:(?:nd|rd|th)s?\b)?(?!/?\d)",
        _say_fraction,
        "10/3, 1/2, 2 1/2 cups and 120/80",
        "ten thirds, one half, two and a half cups and one hundred twenty over eighty",
    ),
    Rule(
        "feet and inches",
        r"(?<![\w.])(?P<feet>\d)'\s?(?P<inches>\d{1,2})(?:\"|''|(?=\s(?:tall|and)\b|$|[.,]))",
        lambda match: f"{cardinal(int(match['feet']))} foot {cardinal(int(match['inches']))} ",
        "6'2\" tall",
        "six foot two tall",
    ),
    Rule(
        "degrees, minutes and seconds",
        r"(?P<degrees>\d+)°\s?(?P<minutes>\d{1,2}(?:\.\d+)?)'(?:\s?(?P<seconds>\d{1,2}(?:\.\d+)?)(?:\"|''))?\s?",
        _say_angle,
        "45°30'15\" N",
        "forty five degrees thirty minutes fifteen seconds N",
    ),
    Rule(
        "feet",
        r"(?<![\w.])(?P<number>\d+)'(?=\s|$|[.,])(?<!s')",
        lambda m: f"{number(m['number'])} feet",
        "10' high",
        "ten feet high",
    ),
    Rule(
        "inches by their sign",
        rf"(?<![\w.])(?P<number>{NUMBER})(?:\"|'')",
        _say_quoted_inches,
        'a 24" screen',
        "a twenty four inch screen",
    ),
    Rule(
        "quantities with a unit",
        rf"{_START}{_SIGN}(?P<low>{NUMBER})(?:(?:\s?(?P<first>{UNIT}))?{_TO}(?!{NUMBER}\s?%?\s?[-–]\s?\d)(?P<minus>[-−])?(?P<high>{NUMBER}))?"
        rf"(?P<blank>[\s-]?)(?P<unit>{UNIT})(?![A-Za-z²³0-9]|'[a-z])(?:\.(?=\s[a-z(\d]|[,;:)]))?",
        _say_unit,
        "10.02 km, 20%-30%, 5-10 °C, a 6 ft wall and a 5000mAh battery",
        "ten point zero two kilometers, twenty to thirty percent, five to ten degrees Celsius, a six foot wall and "
        "a five thousand milliamp hours battery",
    ),
    Rule(
        "inches",
        rf"{_START}(?P<number>{NUMBER})[\s-]in(?P<period>\.)?(?!\w)",
        _say_inches,
        "a 12 in board, 5 in. wide",
        "a twelve inch board, five inches wide",
    ),
    Rule(
        "thousands, millions and billions by their letter",
        rf"{_START}(?P<number>{NUMBER})(?P<letter>[kKMmBb])\b(?P<noun>(?=\s[a-z]*(?:s|people|men|women|children|data)\b))?",
        _say_magnitude,
        "50k people, a 10K run, 5M",
        "fifty thousand people, a ten K run, five million",
    ),
    Rule(
        "ranges of ordinals",
        r"(?<=\d(?:st|nd|rd|th))\s?[-–]\s?(?=\d+(?:st|nd|rd|th)\b)",
        " to ",
        "1st-3rd",
        "first to third",
    ),
    Rule(
        "ordinals",
        r"(?<![\w.])(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?i:st|nd|rd|th)(?![A-Za-z])",
        _say_ordinal,
        "1ST, 2nd and 1,000th",
        "first, second and one thousandth",
    ),
]

NUMBERS = [
    Rule(
        "a hyphen before a group with zeros",
        r"(?<=\d)-(?=0\d)",
        " ",
        "INV-2024-0042",
        "INV twenty twenty four zero zero four two",
    ),
    Rule(
        "parts of a name with a letter and digits",
        r"(?P<start>(?<![\w-])(?P<letters>[A-Za-z]{1,4})\d{1,4})\s?(?P<sign>[-–—])\s?(?=(?P<same>(?P=letters))?\d)",
        lambda match: match["start"] + (" to " if match["same"] else " "),
        "an x86-64 machine, Q1-Q3",
        "an x eighty six sixty four machine, Q one to Q three",
    ),
    Rule(
        "ranges and scores",
        r"(?<=\d)\s?[-–—~]\s?(?=\d)|(?<=\d)\s?[–—]\s?(?=[-−]\d)",
        " to ",
        "pages 10-20",
        "pages ten to twenty",
    ),
    Rule(
        "four digits in a name",
        r"(?<=[A-Za-z])-?(?P<number>[1-9]\d{3})(?![\d,.])",
        lambda match: f" {in_pairs(match['number'])}",
        "the WH-1000 and XM4500",
        "the WH one thousand and XM forty five hundred",
    ),
    Rule(
        "a hyphen between letters and digits",
        r"(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])",
        " ",
        "COVID-19",
        "COVID nineteen",
    ),
    Rule(
        "numbers",
        r"(?:(?<![\w)])(?P<sign>[-−+]))?(?P<number>\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|\d*\.\d+|\d+)",
        lambda match: f" {number((match['sign'] or '') + match['number'])} ",
        "1,234 votes, 0.05 and -3",
        "one thousand two hundred thirty four votes, zero point zero five and minus three",
    ),
]
THOUSANDS = [
    Rule(
        "thousands parted by blanks or apostrophes",
        r"(?<![\w.,])(?P<number>\d{1,3}(?:(?:'\d{3})+|(?:_\d{3})+|(?: \d{3})* 000(?: 000)*"
        r"|(?: \d{3}){2,}|(?: \d{3})+(?=\s?[€£%])))"
        r"(?![\w'-]|[ ,.]\d)",
        lambda match: None if match["number"][0] == "0" else re.sub(r"\D", "", match["number"]),
        "10 000 people, 1'250'000",
        "ten thousand people, one million two hundred fifty thousand",
    ),
    Rule(
        "thousands parted by periods",
        r"(?<![\w.,$€£])(?<![vV]ersion )"
        r"(?P<number>[1-9]\d{0,1}(?:\.\d{3}){2}|[1-9]\d{0,2}(?:\.\d{3})+(?<=\.000)(?<=\d\.\d{3}\.\d{3}))"
        r"(?P<decimals>,\d{1,2})?(?![\w]|[.,-]\d)",
        lambda match: match["number"].replace(".", "") + (match["decimals"] or "").replace(",", "."),
        "1.000.000 people",
        "one million people",
    ),
]
