"""Pronunciation lexicons of users: words and their readings, for each language.

Two file formats. Tab-separated lines, with ``#`` for comments::

    GIF     [[dʒɪf]]
    SQL     sequel      en
    行长    {hang2 zhang3}  zh

and the W3C's Pronunciation Lexicon Specification (``.pls``, ``.xml``): lexeme, grapheme, phoneme, alias.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xespeech.errors import TextError, UnknownNameError
from xespeech.text.characters import LATIN
from xespeech.text.files import decode
from xespeech.text.ipa import INLINE, parse_ipa
from xespeech.text.symbols import LANGUAGES

_SLASHED = re.compile(r"/([^/]+)/$")
_KEPT = re.compile(r"\[\[.*?\]\]|\{[^{}]*\}")
_PLS = "{http://www.w3.org/2005/01/pronunciation-lexicon}"
_LATIN_EDGE = re.compile(f"[{LATIN}0-9]")
_BEFORE = re.compile(f"[{LATIN}0-9']")
_BEHIND = re.compile(f"[{LATIN}0-9]|'[{LATIN}]")


@dataclass(frozen=True)
class Entry:
    """A word and how it is read: a respelling, ``[[IPA]]`` or ``{pinyin}``; language None is any."""

    word: str
    spoken: str
    language: str | None = None


@dataclass
class Lexicon:
    """A pronunciation lexicon.

    A word in lower case stands for any case of it, one with capitals only for itself; the longest match wins. Latin
    words match as whole words, Chinese and Japanese ones anywhere. A later entry replaces an earlier one.
    """

    entries: tuple[Entry, ...] = ()
    _words: dict[str, _Words] = field(default_factory=dict, repr=False, compare=False)

    def find(self, text: str, language: str) -> list[tuple[int, int, str]]:
        """Where listed words stand in a text (start, stop) and how they are read; not within ``[[…]]`` and ``{…}``."""
        if language not in self._words:
            self._words[language] = _Words(self.entries, language)
        words = self._words[language]
        found, place = [], 0
        while words.readings and place < len(text):
            kept = _KEPT.match(text, place) if text[place] in "[{" else None
            found_word = None if kept else words.longest(text, place)
            if found_word is not None:
                found.append(found_word)
            place = kept.end() if kept else found_word[1] if found_word else place + 1
        return found

    @classmethod
    def load(cls, path: str | Path) -> Lexicon:
        """Read a lexicon file.

        Raises:
            TextError: it cannot be read, or a line of it is at fault (its number is named).
        """
        path = Path(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise TextError(f"cannot read the lexicon {path}: {error.strerror}.") from error
        text = decode(data, f"the lexicon {path}")
        is_pls = path.suffix.lower() in (".pls", ".xml")
        return cls(tuple(_read_pls(text, path) if is_pls else _read_lines(text, path)))


class _Words:
    """The entries of a language, by what they begin with: a text is looked at once, however many there are."""

    def __init__(self, entries: Iterable[Entry], language: str) -> None:
        self.readings = {entry.word: entry.spoken for entry in entries if entry.language in (None, language)}
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for word in self.readings:
            lengths[word[0].lower()].add(len(word))
        self._lengths = {first: sorted(sizes, reverse=True) for first, sizes in lengths.items()}

    def longest(self, text: str, start: int) -> tuple[int, int, str] | None:
        """The longest word that stands at a place: start, stop and how it is read."""
        begins = not _LATIN_EDGE.match(text[start]) or start == 0 or not _BEFORE.match(text[start - 1])
        for length in self._lengths.get(text[start].lower(), ()) if begins else ():
            written, stop = text[start : start + length], start + length
            spoken = self.readings.get(written) or self.readings.get(written.lower())
            if spoken and len(written) == length and not (_LATIN_EDGE.match(written[-1]) and _BEHIND.match(text, stop)):
                return start, stop, spoken
        return None


def _read_lines(text: str, path: Path) -> Iterator[Entry]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [column.strip() for column in line.rstrip().split("\t")]
        if len(fields) not in (2, 3) or not all(fields[:2]):
            raise TextError(
                f"{path}, line {number}: {line.strip()[:40]!r} is not an entry: write a word, a tab, its reading, "
                "and for one language only another tab and en, zh or ja."
            )
        language = fields[2] if len(fields) == 3 and fields[2] else None
        yield _entry(fields[0], _SLASHED.sub(r"[[\1]]", fields[1]), language, f"{path}, line {number}")


def _read_pls(text: str, path: Path) -> Iterator[Entry]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(text.encode("utf-8"), forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise TextError(f"{path}, line {line}, column {column + 1}: {str(error).partition(':')[0]}.") from error
    except DefusedXmlException as error:
        raise TextError(f"{path} has a document type with declarations, which is refused.") from error
    if root.tag.removeprefix(_PLS) != "lexicon":
        raise TextError(f"{path} is not a pronunciation lexicon: its root is {root.tag}.")
    tag = root.get("{http://www.w3.org/XML/1998/namespace}lang", "")
    language = tag.split("-")[0].lower().replace("cmn", "zh") or None
    if root.get("alphabet", "ipa") != "ipa":
        raise TextError(f"{path} is written in the alphabet {root.get('alphabet')}: only ipa can be read.")
    for number, lexeme in enumerate(root.iter(f"{_PLS}lexeme" if root.tag.startswith(_PLS) else "lexeme"), start=1):
        texts: defaultdict[str, list[str]] = defaultdict(list)
        for child in lexeme:
            texts[child.tag.removeprefix(_PLS)].append(child.text or "")
        if not texts["grapheme"] or not (texts["phoneme"] or texts["alias"]):
            raise TextError(f"{path}, lexeme {number}: it needs a grapheme and a phoneme or an alias.")
        spoken = f"[[{texts['phoneme'][0].strip()}]]" if texts["phoneme"] else texts["alias"][0].strip()
        for word in texts["grapheme"]:
            yield _entry(word.strip(), spoken, language, f"{path}, lexeme {number}")


def _entry(word: str, spoken: str, language: str | None, where: str) -> Entry:
    """An entry whose reading is known to be sound."""
    if not word:
        raise TextError(f"{where}: the word is empty.")
    if language is not None and language not in LANGUAGES:
        raise TextError(f"{where}: {UnknownNameError('language', language, LANGUAGES)}")
    try:
        for ipa in INLINE.findall(spoken):
            parse_ipa(ipa, language or LANGUAGES[0])
    except TextError as error:
        raise TextError(f"{where}: {error}") from error
    return Entry(word, spoken, language)
