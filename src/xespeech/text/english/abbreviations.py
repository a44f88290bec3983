"""Abbreviations, titles and initials: how they are said, and whether their period ends the sentence."""

from __future__ import annotations

import re
from functools import cache

from xespeech.text.characters import LATIN
from xespeech.text.english.quantities import unit_name
from xespeech.text.rules import any_of, read_rules, words_of
from xespeech.text.tables import read_pairs, read_rows, read_words

_LAST_WORD = re.compile(rf"(?:^|(?P<before>\S+)(?P<blank>\s+)|[^{LATIN}\d.'])(?P<word>[{LATIN}']+(?:\.[{LATIN}]+)*)\.$")
_STARTERS = read_words(__package__, "starters.txt")
_ROWS = read_rows(__package__, "abbreviations.tsv")
_AFTER_HALF = words_of(__package__, "time")
_BOOKS = read_pairs(__package__, "bible_books.tsv")
_STREETS = "Wall|Main|High|Elm|Oak|Market|Fleet|Bourbon|Oxford|Baker|Downing|Canal|Broad|State|Church|Park|Front|Water"
# "I" with a verb is no Roman numeral.
_PRONOUN = rf"I\s(?:{words_of(__package__, 'verb')})\b"
# A letter behind these is no initial: We need Plan B. Then ...
_LETTERED = read_words(__package__, "lettered.txt")
# Starters of sentences that are family names, too: Samuel L. Read.
_SURNAMES = read_words(__package__, "surname_starters.txt")
_BEHIND_TITLE = r"(?=\s+(?:[A-Z]\.|[A-Z][a-zÀ-ÿ']))"


def rows(place: str) -> dict[str, str]:
    """Abbreviations that stand in a place, and how they are said."""
    return {row["written"]: row["spoken"] for row in _ROWS if row["place"] == place}


@cache
def _ends() -> dict[tuple[str, bool], str]:
    """Whether a period behind an abbreviation may end a sentence, by its spelling and whether a number follows."""
    ends: dict[tuple[str, bool], str] = {}
    for row in _ROWS:
        written, end = row["written"], row["ends"]
        if end == "number":
            for spelling in {written, written.lower(), written.upper()} - {*_PLAIN_WORDS.split("|")}:
                ends[spelling, True] = "never"
        else:
            ends.setdefault((written, False), end)
            ends.setdefault((written, True), end)
    return ends


_MARKED_NAMES = [row["name"] for row in read_rows(__package__, "marked_names.tsv")]
_MARKED_NAME = rf"\b(?:{any_of(_MARKED_NAMES)})(?=\s+[a-z]|'s\b|’s\b|,)"


def is_marked_name(text: str, end: int) -> bool:
    """Whether the mark before an index belongs to a name that the sentence goes on behind: Yahoo! is."""
    return any(name.end() == end for name in re.compile(_MARKED_NAME).finditer(text, max(0, end - 20), end + 20))


def ends_sentence(text: str, following: str) -> bool:
    """Whether the period at the end of a text ends a sentence, where `following` comes behind it.

    Abbreviations and initials do not, unless the next word is one that sentences begin with.
    """
    following = following.lstrip("\"'“”‘’([ \t")
    first = re.match(rf"[{LATIN}]+(?:'[a-z]+)?", following)
    is_number = bool(
        re.match(rf"[#(]?\d|[A-Z]+\d+[A-Z\d]*\b|[B-HJ-Z]\b(?!['’])|(?!{_PRONOUN})[IVXLC]+\b(?!')", following)
    )
    if following.startswith((",", ";", ":", "&", "/", "+", "=", "-", "–", "—", "@")):
        return False
    if following[:1].islower() and not following.startswith(("iPhone", "iPad", "eBay")):
        return False
    found = _LAST_WORD.search(text[-60:])
    if found is None:
        return True
    if is_number and found["word"] in ("oz", "Sun"):
        return False
    if text.endswith("reg.") and following[:1] in "$€£":
        return False
    if re.search(r"\b[A-Z],? (?:and|or) [A-Z]\.$", text) and first and first[0] != "Co":
        return True
    word, before = found["word"].lstrip("'"), found["before"] or ""
    starts = first is not None and first[0] in _STARTERS
    if re.fullmatch("[AaPp]\\.[Mm]", word):
        return not (is_number or re.match(rf"(?:{_AFTER_HALF})\b", following))
    if len(word) == 1 and (word.isupper() or word in "vcpbdr") and word != "I":
        if word == "v":
            return not (first or is_number)
        if word in "cpbdr":
            return not is_number
        is_name = before[:1].isupper() and before not in _LETTERED and (first is None or first[0] in _SURNAMES)
        return starts and not is_name and (first is None or len(first[0]) > 1)
    if re.fullmatch(rf"(?:[{LATIN}]\.)+[{LATIN}]{{1,2}}|Ph|P\.S|pp|al", word):
        if word.lower() in ("e.g", "i.e", "ph"):
            return False
        if word == "pp":
            return not is_number
        return starts or not following
    if before[-1:].isdigit() and unit_name(word.lower()):
        return not is_number
    end = _ends().get((word, is_number)) or ("starter" if re.fullmatch(_MONTHS, word) else "")
    if end == "never":
        return False
    if end == "starter" or (end == "capital" and not first):
        return starts or (not first and not is_number)
    return True


_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat"


def _period(match: re.Match[str]) -> str:
    """The period that was written where it also ends the sentence."""
    if not match[0].endswith("."):
        return ""
    following = match.string[match.end() :].removeprefix(")")
    return "." if not following.strip(" \"')]”’") or ends_sentence(match.string[: match.end()], following) else ""


_NUMBERED = {written.lower(): spoken for written, spoken in rows("number").items()}
_PLAIN_WORDS = "cat|conf|app|art|arts|tab|ex|reg|div|stat"  # in small letters: Open the app. 2. Tap it.


_CHAT = {
    spelling: row["spoken"].capitalize() if spelling[0].isupper() and row["written"][0].islower() else row["spoken"]
    for row in read_rows(__package__, "chat.tsv")
    for spelling in dict.fromkeys((row["written"], row["written"][0].upper() + row["written"][1:]))
}


def _say_initials(match: re.Match[str]) -> str:
    return " ".join(char.upper() for char in match[0] if char.isalpha()) + _period(match)


def _say_names_with_a_mark(match: re.Match[str]) -> str:
    return match[0][:-1]


_lower, _capital = str.lower, str.capitalize
_OF_A_LIFE = {"b": "born", "d": "died", "r": "reigned", "c": "circa"}
_SHARES = {"w": "weight", "v": "volume"}
_LIMIT_WORDS = rows("limit")
_TITLE_WORDS = rows("title")
_NAME_WORDS = rows("name")
_STATE_WORDS = rows("state")
_BEHIND_WORDS = rows("behind")
_ALWAYS_WORDS = rows("always")
_CORNER_WORDS = rows("corner")

RULES = read_rules(__package__, "abbreviations", globals())
INITIALS = read_rules(__package__, "initials", globals())
