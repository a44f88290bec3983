"""Numbers in digits as Mandarin words."""

from __future__ import annotations

import re

DIGITS = "零一二三四五六七八九"
SIGN_WORDS = {"-": "负", "−": "负", "+": "正", "±": "正负"}
_PLACES = ("", "十", "百", "千")
LONGEST_COUNT = 16
"""Digits; a longer number is read digit by digit."""


def say_digits(digits: str, one: str = "一") -> str:
    """Digit by digit: ``"2010"`` → 二零一零. `one` is 幺 in telephone numbers."""
    return "".join(one if digit == "1" else DIGITS[int(digit)] for digit in digits)


def say_integer(digits: str) -> str:
    """A count: ``"2200"`` → 两千二百. Digit by digit where it begins with 0 or is longer than `LONGEST_COUNT`."""
    if len(digits) > LONGEST_COUNT or (len(digits) > 1 and digits[0] == "0"):
        return say_digits(digits)
    spoken = _say_parts(digits) or "零"
    spoken = spoken[1:] if spoken.startswith("一十") else spoken
    return "两" + spoken[1:] if spoken[:1] == "二" and spoken[1:2] in ("百", "万", "亿") else spoken


def _say_parts(digits: str) -> str:
    """Groups of digits before 亿, before 万 and behind it; 零 fills a gap between them."""
    for size, unit in ((8, "亿"), (4, "万")):
        if len(digits) > size:
            high, low = digits[:-size], digits[-size:]
            rest = _say_parts(low.lstrip("0"))
            has_gap = bool(rest) and low[0] == "0"
            high_spoken = _say_parts(high)
            return ("两" if high_spoken == "二" else high_spoken) + unit + "零" * has_gap + rest
    spoken = ""
    for index, digit in enumerate(digits):
        place = len(digits) - 1 - index
        if digit != "0":
            spoken += ("两" if digit == "2" and place == 3 else DIGITS[int(digit)]) + _PLACES[place]
        elif digits[index:].strip("0") and not spoken.endswith("零"):
            spoken += "零"
    return spoken


def say_number(number: str) -> str:
    """An integer or a decimal number, also with a sign: ``"-0.05"`` → 负零点零五."""
    whole, _, decimals = number.lstrip("+-−").partition(".")
    return SIGN_WORDS.get(number[0], "") + say_integer(whole or "0") + ("点" + say_digits(decimals) if decimals else "")


def say_count(number: str) -> str:
    """A number of things: like `say_number`, but 2 is 两."""
    return re.sub("^(负?)二$", r"\1两", say_number(number))
