"""Numbers that name something, most of them read digit by digit: telephones, codes, cards, addresses, versions."""

from __future__ import annotations

import re

from xespeech.text.english.numerals import cardinal, characters, digits, in_pairs
from xespeech.text.rules import Rule, any_of, words_of
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
        return " ".join(cardinal(int(part)) for part in match[0].split("-"))
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
    return sign.join(digits(p) if p[0] == "0" and len(p) > 1 else cardinal(int(p)) for p in number.split("."))


def _say_dotted(match: re.Match[str]) -> str:
    """Four parts of a network address have dots, those of a version points."""
    parts = match["number"].split(".")
    is_network = len(parts) == 4 and all(int(part) < 256 for part in parts) and int(parts[0]) > 9
    return ("version " if match["letter"] else "") + _parts(match["number"], " dot " if is_network else " point ")


def _say_address(match: re.Match[str]) -> str:
    number = in_pairs(match["number"]) if len(match["number"]) < 5 else digits(match["number"])
    return f"{number} {match['letter'] or ''}{' ' * bool(match['letter'])}".rstrip() + " "


def _say_month(number: str) -> str:
    return digits(number, "oh") if number[0] == "0" else cardinal(int(number))


def _say_code(match: re.Match[str]) -> str | None:
    """A code of letters and digits, changing at least twice between them: X7K9Q2."""
    changes = len(re.findall(r"\d(?=[A-Z])|[A-Z](?=\d)", match[0]))
    return characters(match[0]) if changes >= 2 and re.search(r"\d.*\d", match[0]) else None


RULES = [
    Rule(
        "numbers of accounts with the letters of a country",
        r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b",
        lambda match: ", ".join(characters(group) for group in match[0].split()),
        "DE89 3704 0044 0532",
        "D E eight nine, three seven zero four, zero zero four four, zero five three two",
    ),
    Rule(
        "telephone numbers with the code of a country",
        r"(?<![\w.])\+\(?\d{1,3}\)?(?:[\s.-]?\(?\d{1,4}\)?){2,6}(?!\d)" + _EXTENSION,
        _say_international,
        "+44 20 7946 0958",
        "plus four four, two zero, seven nine four six, zero nine five eight",
    ),
    Rule(
        "telephone numbers of North America",
        r"(?<![\w.+$€£-])(?:1[\s.-])?(?:\(\d{3}\)\s?|\d{3}(?P<sign>[\s.-]))\d{3}(?(sign)(?P=sign)|[\s.-])\d{4}(?![\d-]|\.\d)"
        + _EXTENSION,
        _say_groups,
        "(555) 010-0199, 555.010.0199 or 1-800-555-0199 ext. 12",
        "five five five, zero one zero, zero one nine nine, five five five, zero one zero, zero one nine nine or "
        "one, eight zero zero, five five five, zero one nine nine, extension one two",
    ),
    Rule(
        "telephone numbers that spell a word",
        r"(?<![\w-])1[\s.-]8\d\d[\s.-](?:\d{1,3}[\s.-])?[A-Z]{2,}(?:-[A-Z]+)*\b",
        _say_groups,
        "1-800-FLOWERS",
        "one, eight zero zero, Flowers",
    ),
    Rule(
        "telephone numbers that begin with a zero",
        r"(?<![\w.,+-])(?<![A-Z]{2}\s)\(?0\d{1,4}\)?(?:[\s-]\d{2,6}){1,4}(?![\d-])" + _EXTENSION,
        lambda match: _say_groups(match) if sum(map(str.isdecimal, match[0])) >= 8 else None,
        "020 7946 0958",
        "zero two zero, seven nine four six, zero nine five eight",
    ),
    Rule(
        "short telephone numbers",
        r"(?<![\w.$€£-])\d{3}-\d{4}(?![\d-]|\.\d)" + _EXTENSION,
        _say_groups,
        "555-0199",
        "five five five, zero one nine nine",
    ),
    Rule(
        "numbers that are called",
        r"(?P<word>\b(?i:call|dial|dialed|phone|text|called|calling)\s)(?P<number>911|999|112|988|411|311|111|101|000)\b",
        lambda match: match["word"] + digits(match["number"]),
        "Call 112!",
        "Call one one two!",
    ),
    Rule(
        "numbers to the base of sixteen",
        r"(?<!\w)0[xX](?P<code>[0-9A-Fa-f]{2,16})(?!\w)",
        lambda match: "zero X " + characters(match["code"]),
        "error 0x8007",
        "error zero X eight zero zero seven",
    ),
    Rule(
        "numbers behind a star",
        r"(?P<before>\b(?i:dial|press|call|enter)\s)\*(?P<number>\d{1,4})(?P<end>#)?(?![\w*])",
        lambda match: f"{match['before']}star {digits(match['number'])}{' hash' if match['end'] else ''}",
        "Dial *67.",
        "Dial star six seven.",
    ),
    Rule(
        "numbers that a word is sent to",
        r"(?P<before>\b(?i:text|send|sms)\s['\"]?[A-Za-z]+['\"]?\sto\s)(?P<number>\d{4,6})(?![\d,]|\.\d)",
        lambda match: match["before"] + digits(match["number"]),
        "Text STOP to 88022.",
        "Text STOP to eight eight zero two two.",
    ),
    Rule(
        "until when a card is valid",
        r"(?P<before>\b(?i:expires|expiry|expiration|valid thru|good thru)(?:\sdate)?:?\s)"
        r"(?P<month>0[1-9]|1[0-2])/(?P<year>\d\d)(?![\d/])",
        lambda match: f"{match['before']}{_say_month(match['month'])}, {cardinal(int(match['year']))}",
        "exp. 09/27",
        "expires oh nine, twenty seven",
    ),
    Rule(
        "the emergency call",
        r"(?<![\w.,$€£:/-])911(?=[.!?,;]?(?:\s*$)|\s(?:call|calls|operator|dispatcher|emergency)\b)",
        "nine one one",
        "a 911 call",
        "a nine one one call",
    ),
    Rule(
        "numbers of cards",
        r"(?<![\w.,-])\d{4}(?:(?:[ -]\d{4}){2,4}|[ -]\d{6}[ -]\d{4,5})(?![\d.,-])",
        _say_groups,
        "4111 1111 1111 1111",
        "four one one one, one one one one, one one one one, one one one one",
    ),
    Rule(
        "groups joined by hyphens: identity numbers, books, postal codes",
        r"(?<![\w.$€£%-])(?<![A-Z]{2}\s)(?:\d+(?:-\d+){2,}(?:-?X)?|\d{2}-\d{7}|\d{5}-\d{4})(?![\w%-]|\.\d)",
        _say_hyphened,
        "078-05-1120 and 978-3-16-148410-0",
        "zero seven eight, zero five, one one two zero and "
        "nine seven eight, three, one six, one four eight four one zero, zero",
    ),
    Rule(
        "provinces of Canada",
        r"(?<=,\s)(?P<code>ON|BC|QC|AB|MB|NS|NB|SK|PE|NL)(?=\s[A-Z]\d[A-Z])",
        lambda match: _PROVINCES[match["code"]],
        "Toronto, ON M5J 2J5",
        "Toronto, Ontario M five J, two J five",
    ),
    Rule(
        "postal codes of Britain and Canada",
        r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)\b",
        lambda match: ", ".join(characters(group) for group in match[0].split()),
        "London SW1A 1AA",
        "London S W one A, one A A",
    ),
    Rule(
        "states and their postal codes",
        rf"(?<=,\s)(?P<state>{any_of(_STATES)})(?:\s(?P<zip>\d{{5}})(?:-(?P<more>\d{{4}}))?)?(?![\w-])",
        lambda match: (
            None
            if not match["zip"] and re.fullmatch(_AMBIGUOUS_STATES, match["state"])
            else f"{_STATES[match['state']]} {digits(match['zip'] or '')}".rstrip()
            + (f", {digits(match['more'])}" if match["more"] else "")
        ),
        "Chicago, IL 60614",
        "Chicago, Illinois six zero six one four",
        needs="",
    ),
    Rule(
        "five digits behind the name of a state",
        rf"(?P<state>\b(?:{any_of(sorted(set(_STATES.values()) | set(_STATES)))})\s)(?P<zip>\d{{5}})(?![\d,.]\d)",
        lambda match: match["state"] + digits(match["zip"]),
        "Springfield, Illinois 62704",
        "Springfield, Illinois six two seven zero four",
    ),
    Rule(
        "numbers that a word names",
        rf"(?P<word>\b(?i:{_SPELLED})(?:\s(?i:number|no\.?|num\.?|code|id))?(?:\s(?:is|was|of|it's)|'s)?\s?[:#=]?\s?(?:#|no\.\s)?(?:[A-Z]{{1,3}}-)?)"
        r"(?P<number>\d+(?:-\d+)*)(?![\d:/]|[.,-]\d)",
        _say_spelled,
        "The zip code is 60614, order #48291.",
        "The zip code is six zero six one four, order number four eight two nine one.",
    ),
    Rule(
        "addresses",
        rf"(?<![\d.,$#-])(?P<number>\d{{3,5}})(?P<letter>[A-Z])?\s(?=(?:(?:North|South|East|West|[NSEW]\.?)\s)?"
        rf"(?:[A-Z][a-z']+\s|\d+(?:st|nd|rd|th)\s){{1,3}}(?i:{_STREETS})\b|Broadway\b)",
        _say_address,
        "221B Baker Street and 1600 Pennsylvania Avenue",
        "two twenty one B Baker Street and sixteen hundred Pennsylvania Avenue",
    ),
    Rule(
        "rooms, roads, flights, errors",
        rf"(?P<word>\b(?:{_IN_PAIRS})(?:\s(?:No\.?|number|code))?[\s-]#?(?:(?<=light\s)[A-Z]{{2}}\s)?)(?P<number>\d{{3,4}})(?P<letter>[A-Z]?)(?![\d%:]|[.,]\d|\s?[a-z]*(?:people|seats))",
        lambda match: f"{match['word']}{in_pairs(match['number'])} {match['letter']}".rstrip(),
        "Room 101, Highway 405 and error 404",
        "Room one oh one, Highway four oh five and error four oh four",
    ),
    Rule(
        "versions",
        rf"(?P<name>\b(?:{_VERSIONED})\s)(?P<number>\d+\.\d+)(?![\d%])(?!\.\d)(?!\s?(?:percent|million|billion))",
        _say_version,
        "Version 3.01, Python 3.11",
        "Version three point zero one, Python three point eleven",
    ),
    Rule(
        "a version compared with another",
        r"(?P<name>\b(?:than|to|from|with|and|or|vs\.?)\s)(?P<number>(?P<major>\d+)\.\d{1,3})(?![\d%]|\.\d|\s?(?:percent|million|billion|[a-zA-Z]*[^\W\d]s\b))",
        lambda match: (
            _say_version(match)
            if re.search(rf"\b(?:{_VERSIONED})\s\w+ point", match.string[: match.start()])
            and f" {cardinal(int(match['major']))} point" in match.string[: match.start()]
            else None
        ),
        "Python 3.12 is faster than 3.11.",
        "Python three point twelve is faster than three point eleven.",
    ),
    Rule(
        "versions of three parts and network addresses",
        r"(?<![\w.])(?P<letter>[vV](?:\.\s?)?)?(?P<number>\d+(?:\.\d+){2,})(?![\d])",
        _say_dotted,
        "version 3.11.2 and 192.168.1.10",
        "version three point eleven point two and one hundred ninety two dot one hundred sixty eight dot one dot ten",
    ),
    Rule("versions with a letter", r"(?<![\w.])[vV](?:\.\s?)?(?=\d)", "version ", "v2.0", "version two point zero"),
    Rule(
        "versions of what letters name",
        r"(?<![\w-])(?P<name>[A-Z]{2,5})v(?=\d)",
        lambda match: f"{match['name']} V ",
        "IPv6 and GPLv3",
        "IP V six and GPL V three",
    ),
    Rule(
        "codes of letters and digits",
        r"(?<![\w.-])(?=[A-Z0-9]*\d)[A-Z0-9]{5,}(?![\w-])",
        _say_code,
        "licence plate K74X9Q",
        "licence plate K seven four X nine Q",
    ),
    Rule(
        "a letter and three digits",
        r"(?<![\w-])(?P<letter>[A-Z]{1,2})-?(?P<number>\d{3})(?![\d.,])",
        lambda match: f"{match['letter']} {in_pairs(match['number'])}",
        "an A380",
        "an A three eighty",
    ),
]
