"""Addresses of the web and of mail, names of files and of users, hashtags."""

from __future__ import annotations

import re

from xespeech.text.english import numerals
from xespeech.text.english.numerals import DIGITS
from xespeech.text.rules import any_of, read_rules
from xespeech.text.tables import read_pairs, read_rows

_SUFFIXES = read_pairs(__package__, "suffixes.tsv")
_DOMAINS = any_of([row["suffix"] for row in read_rows(__package__, "suffixes.tsv") if row["domain"]])
_FILES = any_of(_SUFFIXES)
_WEB = re.compile(
    r"(?:https?|ftp)://[^\s一-鿿ぁ-ヺ，。、；！？（）「」]+|(?<![\w.@-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.@-])www\.[\w-]+(?:\.[\w-]+)+(?:/[A-Za-z0-9_./?=&%#~-]*)?"
    r"|(?<![\w.@-])[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*"
    rf"\.(?:{_DOMAINS})(?![A-Za-z0-9])(?:/[A-Za-z0-9_./?=&%#~-]*)?",
    re.ASCII,
)
_ELEMENT = "Na|Cl|Ca|Mg|Fe|Cu|Zn|Al|Si|Br|Li|H|C|N|O|S|P|K|F"
_SYMBOLS = read_pairs(__package__, "web_signs.tsv")


def split_web_addresses(text: str) -> list[tuple[bool, str]]:
    """The text in pieces; the pieces that were web or mail addresses (True) come as English words."""
    pieces = []
    start = 0
    for match in _WEB.finditer(text):
        address = match[0].rstrip(".,;:!?)\"'")
        pieces.append((False, text[start : match.start()]))
        pieces.append((True, say_web_address(address)))
        start = match.start() + len(address)
    pieces.append((False, text[start:]))
    return [piece for piece in pieces if piece[1]]


def say_web_address(address: str) -> str:
    """``https://example.com/a`` → ``example dot com slash a``; the scheme and a final slash are not said."""
    address = re.sub(r"^[a-z]+://", "", address, flags=re.IGNORECASE).rstrip("/")
    parts = re.findall(r"[A-Za-z]+|\d|.", address)
    return _say_parts([DIGITS[int(part)] if part.isdecimal() else part for part in parts])


def _say_parts(parts: list[str]) -> str:
    """Words, endings behind a dot and signs of an address or path."""
    return " ".join(
        _SUFFIXES[part] if before == "." and part in _SUFFIXES else _SYMBOLS.get(part, part)
        for before, part in zip(["", *parts], parts, strict=False)
    )


def _say_name(name: str) -> str:
    """A part of the name of a file: letters stay words, signs are named."""
    if name in _SUFFIXES and len(name) < 4 and name not in ("go", "so", "log", "net", "app"):
        return _SUFFIXES[name]
    name = re.sub(r"_+", " underscore ", name)
    return re.sub(r"-+", " dash ", name).strip()


def _say_path(match: re.Match[str]) -> str:
    parts = re.findall(r"[A-Za-z]+|\d+|.", match[0].rstrip("."))
    return _say_parts(parts) + "." * match[0].endswith(".")


def _say_names_of_files(match: re.Match[str]) -> str | None:
    name = match[0]
    if re.fullmatch(r"[\d.]+|(?:[A-Za-z]\.)+[A-Za-z]", name) or (name[-1].isupper() and len(name.split(".")[-1]) < 3):
        return None
    *names, last = name.split(".")
    return " dot ".join([*filter(None, map(_say_name, names)), _SUFFIXES.get(last) or _SUFFIXES[last.lower()]])


def _say_endings_alone(match: re.Match[str]) -> str:
    return "dot " + _SUFFIXES.get(match["suffix"], match["suffix"].lower())


def _say_formulas_of_chemistry(match: re.Match[str]) -> str:
    return " ".join(re.findall(r"[A-Z]|[a-z]|\d+", match[0])).upper() + " "


def _say_hashtags(match: re.Match[str]) -> str:
    return "hashtag " + re.sub(r"_|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])", " ", match["tag"])


def _say_users(match: re.Match[str]) -> str:
    return "at " + _say_path(match).removeprefix("at ")


RULES = read_rules(__package__, "web", vars(numerals), globals())
