"""Signs between and before numbers and words: mathematics, comparisons, powers, ``& @ # / ~``."""

from __future__ import annotations

import re

from xespeech.text.characters import word_set
from xespeech.text.english.numerals import NUMBER, in_pairs, number
from xespeech.text.english.quantities import UNIT, unit_name
from xespeech.text.rules import Rule
from xespeech.text.tables import read_pairs

_SCORED = re.compile(
    r"\b(?:w[io]n|score[sd]?|lost|beat|le[ad]d?|dr[ae]w|goals?|final|half|match|game|set|victory|defeat|tied?)\b", re.I
)
_PER_UNIT = r"[A-Za-zµμΩ°²³]{1,5}/[A-Za-z²³]"
_OPERAND = r"[\w)\]²³%°]"
_NEXT = r"[\w(\[√π∞.+−$€£-]"
_PAIRS = (
    r"he/she|she/he|his/her|him/her|her/his|his/hers|himself/herself|s/he|yes/no|true/false|and/or|either/or|on/off"
)
_VOLUMES = word_set("mL ml L l dL dl kg hr h")
NAMES = read_pairs(__package__, "signs.tsv")
"""Names of signs where no rule matches."""
_COMPARISONS = read_pairs(__package__, "comparisons.tsv")


def _say_power(match: re.Match[str]) -> str | None:
    exponent = match["exponent"]
    is_unit = (
        exponent in ("2", "3") and unit_name(match["base"]) and re.search(r"\d\s?$", match.string[: match.start()])
    )
    if is_unit:
        return None
    if exponent in ("2", "3") and match["base"][-1:] != ")":
        said = "squared" if exponent == "2" else "cubed"
    else:
        said = "to the power of " + (
            number(exponent)
            if exponent.lstrip("+-−").isdecimal()
            else exponent.replace("-", "minus ").replace("−", "minus ")
        )
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


def _say_scientific(match: re.Match[str]) -> str:
    times = f"{number(match['factor'])} times " if match["factor"] else ""
    unit = unit_name(match["unit"]) if match["unit"] else None
    return f"{times}ten to the power of {number(match['exponent'])} {unit[1] if unit else ''} "


def _say_difference(match: re.Match[str]) -> str | None:
    """Two numbers alone, or of which the first is not smaller, are a difference; a score and a range are not."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if re.search(r"\b[A-Z][a-z]+\s$", before) or re.match(r"\s[A-Z][a-z]", after) or _SCORED.search(match.string):
        return None
    is_alone = not re.search("[A-Za-z]", before + after)
    is_counted = re.match(r"\s(?!(?:is|equals|makes|gives|and|or|but|so)\b)[a-z]", after)
    falls = float(match["first"]) >= float(match["second"])
    return f"{match['first']} minus {match['second']}" if is_alone or (falls and not is_counted) else None


BEFORE_DIGITS = [
    Rule(
        "signs before a letter",
        r"(?<![\w)-])[-−](?=[a-z]\s?[<>=+*/^²³≤≥])",
        "minus ",
        "-x < 0",
        "minus x less than zero",
        needs="*+/<=>^²³≤≥",
    ),
    Rule("several signs of money", r"\${2,}(?![\w{$])", "dollars", "Save $$$ now", "Save dollars now", needs="$"),
    Rule("powers in code", r"(?<=[\w)])\s?\*\*\s?(?=[\w(-])", "^", "x**2", "x squared", needs="*"),
    Rule(
        "logarithms joined to letters",
        r"\b(?P<first>[nkm]?)log(?P<last>[nkm])\b",
        r"\g<first> log \g<last>",
        "nlogn",
        "n log n",
        needs="",
    ),
    Rule("one letter over another", r"(?<=\b[a-z])/(?=[a-z]\b)(?<![nwcbyqm]/)", " over ", "a/b", "a over b", needs="/"),
    Rule(
        "per in words",
        r"(?<=[a-z])/(?=(?:night|person|day|week|month|year|hour|head|pax)\b)",
        " per ",
        "tax/night",
        "tax per night",
        needs="/",
    ),
    Rule(
        "units for each other without a number",
        rf"(?P<before>\b(?:in|as|units?(?:\sis|\sof)?)\s)(?P<unit>(?={_PER_UNIT}){UNIT}[²³]?)(?![A-Za-z0-9²³])",
        lambda match: match["before"] + name[1] if (name := unit_name(match["unit"])) else None,
        "a in m/s²",
        "a in meters per second squared",
        needs="/",
    ),
    Rule(
        "powers of ten",
        rf"(?<![\w.,])(?P<factor>[-−]?{NUMBER})(?:\s?[×x*·]\s?10\s?\^\s?\(?|[eE](?=[-−+]?\d))(?P<exponent>[-−+]?\d+)\)?(?![\w.])"
        rf"(?:\s(?P<unit>{UNIT})(?![A-Za-z0-9²³]))?",
        _say_scientific,
        "6.02×10^23 and 1.5e-3",
        "six point zero two times ten to the power of twenty three and "
        "one point five times ten to the power of minus three",
    ),
    Rule(
        "powers",
        r"(?P<base>[A-Za-z]+|[\d.,]*\d|\)|(?=\^))\s?\^\s?[({]?(?P<exponent>[-−+]?(?:\d+|[A-Za-z]))[)}]?",
        _say_power,
        "10^6 cells, x^2 and 2^n",
        "ten to the power of six cells, x squared and two to the power of n",
        needs="^",
    ),
    Rule(
        "squares and cubes of letters",
        r"(?<!\d)(?<!\d\s)(?<!/)\b(?P<base>[A-Za-z]{1,3})(?P<exponent>[²³])",
        lambda match: " ".join(match["base"]) + (" squared " if match["exponent"] == "²" else " cubed "),
        "E = mc²",
        "E equals m c squared",
        needs="²³",
    ),
    Rule(
        "comparisons",
        rf"(?:(?<={_OPERAND})|(?<={_OPERAND}\s)|^|(?<=[\s(]))\s?"
        rf"(?P<sign>>=|<=|==|!=|:=|>>|<<|[≥≤⩾⩽≠≈]|(?<![-=])[<>](?![-<>]))\s?(?={_NEXT})",
        _say_comparison,
        "a >= b, x < 5, n != 0 and p<0.05",
        "a greater than or equal to b, x less than five, n is not equal to zero and p less than zero point zero five",
        needs="!:<=>≈≠≤≥⩽⩾",
    ),
    Rule(
        "factorials",
        r"(?<![\w.])(?P<number>\d{1,3}|[nkmr])!(?=\s?[-+=×÷*/<>≈)]|\s(?:is|equals|times|divided|over|ways|permutations)\b)",
        r"\g<number> factorial",
        "3! = 6",
        "three factorial equals six",
        needs="!",
    ),
    Rule(
        "variables of a shell",
        r"(?<![\w$])\$\s?(?P<name>[A-Za-z_]\w*)",
        r"dollar \g<name>",
        "echo $HOME",
        "echo dollar HOME",
        needs="$",
    ),
    Rule(
        "two amounts with a slash",
        rf"(?P<first>(?<![\w.,/])[-−]?{NUMBER}\s?(?:{UNIT})|[$€£¥]{NUMBER})\s?/\s?(?!100\s?km)(?=[-−]?{NUMBER}\s?(?P<unit>{UNIT})(?![A-Za-z0-9²³])|[$€£¥]\d)",
        lambda match: (
            match["first"] + (" per " if match["unit"] in _VOLUMES and match["first"][-1:] == "g" else " or ")
        ),
        "20 °C/68 °F and 250 mg/5 mL",
        "twenty degrees Celsius or sixty eight degrees Fahrenheit and two hundred fifty milligrams "
        "per five milliliters",
        needs="/",
    ),
    Rule(
        "both and either in code",
        r"\s(?P<sign>&&|\|\|)\s",
        lambda m: " and " if m["sign"] == "&&" else " or ",
        "a && b || c",
        "a and b or c",
        needs="&|",
    ),
    Rule("cube roots", r"∛\s?", " cube root of ", "∛8", "cube root of eight", needs="∛"),
    Rule(
        "tolerances",
        r"\s?(?:±|\+/-|\+-)\s?(?=\d)",
        " plus or minus ",
        "5 +/- 0.1",
        "five plus or minus zero point one",
        needs="+±",
    ),
    Rule("about a number", r"(?<![\w~])[~≈∼]\s?(?=[$€£]?\d)", "about ", "~5 km", "about five kilometers", needs="~∼≈"),
]

BETWEEN_DIGITS = [
    Rule(
        "by between two lengths",
        r"(?:(?<=\d'|\d\")\s?|(?<=\s(?:ft|in|cm|mm)\s)|(?<=\d(?:ft|in|cm|mm)\s))[x×]\s?(?=\d)",
        " by ",
        "6 ft x 4 ft",
        "six feet by four feet",
    ),
    Rule(
        "by, where a unit follows",
        rf"(?<=[\d\"'])\s?[x×*]\s?(?={NUMBER}(?:\s?[x×]\s?{NUMBER})?\s?"
        rf"(?:\"|''|(?:{UNIT}|in|inches|feet|yards|meters|metres|centimeters|pixels)\b))",
        " by ",
        "10 × 15 cm",
        "ten by fifteen centimeters",
    ),
    Rule(
        "times",
        r"(?<=[\d)])\s?[*×·]\s?(?=[\d(])(?<!\d{3}×)(?<!\d{3}\s×)|(?<=\d)\s[xX]\s(?=\d)|(?<=\b[A-Za-z]\s)[*×]\s(?=[A-Za-z]\b)",
        " times ",
        "3 x 4 and 5*6",
        "three times four and five times six",
    ),
    Rule(
        "by",
        r"(?<![\w.,])(?P<first>\d+)[xX×](?P<second>\d+)(?![\w.])",
        lambda match: f"{in_pairs(match['first'])} by {in_pairs(match['second'])}",
        "a 2x4 and 1920×1080",
        "a two by four and nineteen twenty by ten eighty",
    ),
    Rule(
        "times as much",
        rf"(?<![\w.])(?<![=+])(?<![=+]\s)(?:(?P<low>{NUMBER})\s?[-–]\s?)?(?P<number>{NUMBER})\s?[x×X](?![A-Za-z0-9-]|\s?[-+=−])",
        lambda m: (f"{number(m['low'])} to " if m["low"] else "") + f"{number(m['number'])} times",
        "2-3x faster",
        "two to three times faster",
    ),
    Rule(
        "differences",
        r"(?<=[\d)])\s?[-−]\s?(?=\(?\d+(?:\.\d+)?\)?\s?=)|(?<=[\d)])\s?−\s?(?=[\d(])|(?<=\b[A-Za-z]\s)[-−]\s(?=(?:\d|[A-Za-z]\b))|(?<=\d\s)[-−]\s(?=[A-Za-z]\b)|(?<=\d[A-Za-z]\s)[-−]\s(?=\d)|(?<=\b[ijkmnxyz])-(?=\d\b)",
        " minus ",
        "5-3=2 and 7 − 4",
        "five minus three equals two and seven minus four",
    ),
    Rule(
        "a hyphen between blanks",
        r"(?<![\w.,:/-])(?P<first>\d+(?:\.\d+)?)\s[-–]\s(?P<second>\d+(?:\.\d+)?)(?!\w|[.,:/-]\d|\s?[%°]|\s[-–])",
        _say_difference,
        "5 - 3",
        "five minus three",
    ),
    Rule(
        "over",
        r"(?:(?<=\b\d)|(?<=\b\d\d))/(?=[a-z](?![A-Za-z])|\()"
        r"|(?:(?<=[²³)])|(?<= pi )|(?<=squared )|(?<=cubed ))/(?=[a-z(\d])",
        " over ",
        "1/n",
        "one over n",
    ),
    Rule("hash before a number", r"#\s?(?=\d)", "number ", "#1", "number one"),
]

AFTER_NUMBERS = [
    Rule(
        "letters joined by and",
        r"\b(?P<first>[A-Z]{1,3})\s?&\s?(?P<second>[A-Z]{1,3})(?P<end>'?s)?\b(?!\w)",
        lambda match: (
            f"{' '.join(match['first'])} and {' '.join(match['second'])}{chr(39) + 's' if match['end'] else ''}"
        ),
        "AT&T's offices and M&Ms",
        "A T and T's offices and M and M's",
        needs="&",
    ),
    Rule(
        "one or the other", rf"\b(?P<pair>{_PAIRS})\b", _say_pair, "he/she", "he or she", flags=re.IGNORECASE, needs="/"
    ),
    Rule(
        "the WHO",
        r"(?:(?<=\b[Tt]he )|(?<=[A-Z]{2}, )|(?<=[A-Z]{2}, and )|(?<=[A-Z]{2} and ))WHO\b",
        "W H O",
        "the WHO says",
        "the W H O says",
        needs="W",
    ),
    Rule("a shortened and", r"(?<=\w )'?[nN]'(?= \w)", "and", "rock 'n' roll", "rock and roll", needs=""),
    Rule("letters with a slash", r"(?<=\b[A-Z])/(?=[A-Z]\b)", " ", "I/O", "I O", needs="/"),
    Rule("a hash alone", r"(?<!\w)#(?!\w)", " hash ", "Press # now", "Press hash now", needs="#"),
]
