"""Numbers as English words, without hyphens and commas: the building blocks of every rule that writes out a number."""

from __future__ import annotations

from functools import lru_cache

from xespeech.text.tables import read_pairs

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTH_NAMES = tuple(read_pairs(__package__, "months.tsv"))
NUMBER = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|\d*\.\d+|\d+)"
"""Pattern of a number with or without thousands and decimals; thousands may be grouped as in India (1,00,000)."""
LONGEST_NUMBER = 12
"""Digits of a number without separators that is read as a quantity; a longer one is a number of something."""

_FRACTION_NAMES = {2: ("half", "halves"), 4: ("quarter", "quarters")}


@lru_cache(maxsize=4096)
def cardinal(number: int | str) -> str:
    """1234 → one thousand two hundred thirty four."""
    return _in_words(number, "cardinal")


@lru_cache(maxsize=512)
def ordinal(number: int | str) -> str:
    """21 → twenty first."""
    return _in_words(number, "ordinal")


def _in_words(number: int | str, kind: str) -> str:
    from num2words import num2words

    number = int(number.replace(",", "")) if isinstance(number, str) else number
    return str(num2words(number, to=kind)).replace(" and ", " ").replace(",", "").replace("-", " ")


def digits(text: str, zero: str = "zero") -> str:
    """Each digit of a text by its name: 007 → zero zero seven."""
    return " ".join(DIGITS[int(char)] if char != "0" else zero for char in text if char.isdecimal())


def characters(text: str) -> str:
    """Letters and digits of a code one by one: SW1A → S W one A."""
    return " ".join(DIGITS[int(char)] if char.isdecimal() else char.upper() for char in text if char.isalnum())


def year(number: int) -> str:
    """1999 → nineteen ninety nine, 2005 → two thousand five, 1905 → nineteen oh five."""
    hundreds, rest = divmod(number, 100)
    if number < 1000 or (hundreds % 10 == 0 and rest < 10) or number > 9999:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(hundreds)} hundred"
    return f"{cardinal(hundreds)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def in_pairs(text: str) -> str:
    """Digits as people read the number of a house, a room or a road: 221 → two twenty one, 101 → one oh one."""
    if len(text) == 3 and text[0] != "0" and text[1:] != "00":
        rest = f"oh {DIGITS[int(text[2])]}" if text[1] == "0" else cardinal(text[1:])
        return f"{DIGITS[int(text[0])]} {rest}"
    if len(text) == 4 and text[0] != "0" and text[1:] != "000":
        return year(int(text)) if text[1:3] != "00" else cardinal(text)
    return cardinal(text) if len(text) < 5 and text[0] != "0" else digits(text)


def number(text: str) -> str:
    """A number as it is written, with thousands, decimals or a sign: -1,234.05 → minus one thousand … point zero five.

    A number that begins with zeros, or is too long to be a quantity, is read digit by digit.
    """
    sign = "minus " if text[0] in "-−" else "plus " if text[0] == "+" else ""
    whole, point, decimals = text.lstrip("+-−").replace(",", "").partition(".")
    is_code = (whole.startswith("0") and len(whole) > 1) or (
        len(whole) > LONGEST_NUMBER and "," not in text and not whole.endswith("000000")
    )
    words = (digits(whole) if is_code else cardinal(whole)) if whole else ""
    return sign + " ".join(filter(None, (words, "point" if point else "", digits(decimals))))


def is_one(text: str) -> bool:
    """Whether a unit behind this number stands in the singular."""
    return text.lstrip("+-−") == "1"


def fraction(top: int, bottom: int) -> str:
    """3, 4 → three quarters; 10, 3 → ten thirds; 5, 37 → five over thirty seven."""
    if not 1 < bottom <= 10 and bottom not in (12, 16, 20, 32, 50, 64, 100, 1000):
        return f"{cardinal(top)} over {cardinal(bottom)}"
    one, many = _FRACTION_NAMES.get(bottom) or (ordinal(bottom), ordinal(bottom) + "s")
    return f"{cardinal(top)} {one if top == 1 else many}"


def plural(words: str) -> str:
    """The plural of a number in words, for decades: nineteen ninety → nineteen nineties."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")
