"""Sums of money: signs and codes of currencies before and behind the number, ranges, magnitudes, prices per unit."""

from __future__ import annotations

import re

from xespeech.text.english import quantities
from xespeech.text.english.numerals import NUMBER, cardinal, is_one, number
from xespeech.text.english.quantities import describes_noun, per_name
from xespeech.text.rules import any_of, read_rules
from xespeech.text.tables import read_pairs, read_rows

MAGNITUDES = read_pairs(__package__, "magnitudes.tsv")
_MAGNITUDE = rf"\s?(?i:{any_of(MAGNITUDES)})\b"
_EUROPEAN = r"\d{1,3}(?:\.\d{3})+,\d{2}(?!\d)|\d+,\d{2}(?![\d,])"
_GROUPED = r"\d{1,3}(?:\.\d{3}){2,}(?![\d,])|\d{1,3}\.000(?![\d,])"
_AMOUNT = rf"(?:{_EUROPEAN}|{_GROUPED}|{NUMBER})"
_CURRENCIES = {row["sign"]: row for row in read_rows(__package__, "currencies.tsv")}
_CODES = [sign for sign in _CURRENCIES if sign[-1].isalpha() or sign[-1] == "."]
_CODES_BEHIND = [code for code in _CODES if code not in ("RM", "Ft")]  # rooms and forts
_SIGNS = [sign for sign in _CURRENCIES if sign not in _CODES]
_BEFORE = (
    rf"(?:(?<![A-Za-z])(?:{any_of([sign for sign in _SIGNS if sign != '¢'])})|\b(?:{any_of(_CODES)})(?=[\s-]?[\d.]))"
)
_SIGN = r"(?:(?<![\w.)\]])(?P<sign>[-−+±])\s?)?"


def _say(match: re.Match[str]) -> str | None:
    found = match.groupdict()
    currency = _CURRENCIES[found["currency"] or found["code"]]
    one, many, *hundredths = (currency[name] for name in ("one", "many", "hundredth", "hundredths"))
    sign = {"-": "minus ", "−": "minus ", "+": "plus ", "±": "plus or minus "}.get(
        found.get("sign") or found.get("inner") or "", ""
    )
    low, high = _plain(found["low"]), _plain(found.get("high") or "")
    magnitude, last = _magnitude(found.get("magnitude")), _magnitude(found.get("last"))
    before, after = match.string[: match.start()], match.string[match.end() :]
    per = "".join(f" {per_name(found[name])}" for name in ("per", "again") if found.get(name))
    names = (one, one if describes_noun(before, after) and not per else many, *hundredths)
    if high:
        if (_has_hundredths(low) or _has_hundredths(high)) and not last:
            said = f"{_sum(low, magnitude, names)} to {_sum(high, last, names)}"
        else:
            said = f"{number(low)}{magnitude if magnitude != last else ''} to {number(high)}{last} {names[1]}"
    else:
        said = _sum(low, magnitude, names)
    return f" {sign}{said}{per}{' plus' if found.get('more') else ''} "


def _magnitude(written: str | None) -> str:
    return f" {MAGNITUDES[written.strip().lower()]}" if written else ""


def _has_hundredths(amount: str) -> bool:
    return len(amount.partition(".")[2]) == 2


def _plain(amount: str) -> str:
    """1.234,56 → 1234.56, and 1,234.56 too."""
    if re.fullmatch(_EUROPEAN, amount):
        amount = amount.replace(".", "").replace(",", ".")
    if re.fullmatch(_GROUPED, amount):
        amount = amount.replace(".", "")
    return amount.replace(",", "")


def _sum(amount: str, magnitude: str, names: tuple[str, ...]) -> str:
    one, many, hundredth, hundredths = names
    whole, _, cents = amount.partition(".")
    if magnitude or not hundredth or len(cents) != 2:
        return f"{number(amount)}{magnitude} {one if is_one(amount) and not magnitude else many}"
    pieces = []
    if int(whole or 0) or not int(cents):
        pieces.append(f"{cardinal(whole or 0)} {one if whole == '1' else many}")
    if int(cents):
        pieces.append(f"{cardinal(cents)} {hundredth if cents == '01' else hundredths}")
    return " and ".join(pieces)


RULES = read_rules(__package__, "money", vars(quantities), globals())
