"""Rules of normalisation: a pattern, what is said for it, and one example, in tables: ``data/rules/*.tsv``."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xespeech.text.tables import read_rows

_NAME = re.compile(r"\{(_?[A-Z][A-Z_]+)\}")
_SLOT = re.compile(r"\{([^{}]+)\}")
_OPTIONAL = re.compile(r"\[([^][]*)\]")


@dataclass(frozen=True)
class Rule:
    """One step of writing a text out in words.

    Attributes:
        name: what it is about.
        pattern: what it matches; `{NAME}` is a pattern or a word list of the module that reads the table. Compiled when
            it is first used: most texts need few rules, all take .3 s.
        say: the words. `{number}` and `{1}` are groups of the match, empty where they are not in it; `{a|b|day}` is the
            first of several that is not empty, or else the text behind the last bar; `{UNITS unit}` is a group's entry
            in a table of the module; `{digits number}` what a function makes of the group, `{plural cardinal number}`
            what two do, the right one first, and `{_date}` what one makes of the match. A part in brackets,
            `[ to {last}]`, is said where none of its slots is empty. A function that returns None leaves the match
            alone.
        written, spoken: an example: a text and how it is written out by all rules together.
        needs: characters, one of which is in every match; a text without any of them is not searched.
        why: the group `left` of the pattern is left out of what is spoken, for this reason; empty where there is none.
        names: what patterns and words name: the globals of the module that reads the table.
    """

    name: str
    pattern: str
    say: str
    written: str
    spoken: str
    needs: str = ""
    why: str = ""
    names: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern."""
        return re.compile(_NAME.sub(lambda name: _as_pattern(self.names[name[1]]), self.pattern))

    @cached_property
    def _parts(self) -> list[list[str]]:
        """The words, with the optional parts at odd places; in each part the slots are at odd places."""
        return [_SLOT.split(part) for part in _OPTIONAL.split(self.say)]

    def words(self, match: re.Match[str]) -> str | None:
        """What is said for a match; None where it stays as it is."""
        said = []
        for place, part in enumerate(self._parts):
            filled = [self._fill(piece, match) if at % 2 else piece for at, piece in enumerate(part)]
            if None in filled:
                return None
            if place % 2 == 0 or all(filled[1::2]):
                said += filled
        return "".join(said)  # type: ignore[arg-type]

    def _fill(self, slot: str, match: re.Match[str]) -> str | None:
        *makers, choice = slot.split(" ")
        groups = [int(name) if name.isdecimal() else name for name in choice.split("|")]
        known = [name for name in groups if isinstance(name, int) or name in match.re.groupindex]
        if not known:
            return self.names[slot](match)
        default = "" if len(known) == len(groups) else str(groups[-1])
        text = next(filter(None, map(match.group, known)), default)
        for maker in map(self.names.__getitem__, reversed(makers)) if text else ():
            made = maker[text] if isinstance(maker, Mapping) else maker(text)
            if made is None:
                return None
            text = str(made)
        return text

    def apply(self, text: str) -> str:
        """The text with each match written out."""
        return self.compiled.sub(lambda match: match[0] if (said := self.words(match)) is None else said, text)


class Rules(tuple[Rule, ...]):
    """Rules in the order in which they apply.

    The rules that a text may need are looked up by its characters: most need few, and asking all takes longer.
    """

    def apply(self, text: str) -> str:
        """The text after all rules."""
        left = self._needed_by(text)
        while left:
            lowest = left & -left
            before, text = text, self[lowest.bit_length() - 1].apply(text)
            left ^= lowest
            if text != before:
                left = self._needed_by(text) & -(lowest << 1)  # of the rules behind this one
        return text

    def _needed_by(self, text: str) -> int:
        """The rules that need one of its characters, or none: a bit for each, the first rule's the lowest."""
        by_character = self._by_character
        found = by_character[""]
        for character in set(text):
            found |= by_character.get(character, 0)
        return found

    @cached_property
    def _by_character(self) -> dict[str, int]:
        """Bits of the rules that need a character; of those that need none, by ""."""
        bits = {"": 0}
        for place, rule in enumerate(self):
            for character in rule.needs or ("",):
                bits[character] = bits.get(character, 0) | 1 << place
        return bits


def read_rules(package: str, name: str, *names: dict[str, Any]) -> Rules:
    """The rules of a table, in its order.

    Args:
        package: that the table belongs to.
        name: of the table in `data/rules`, without its ending.
        names: the globals of modules, the last that of the module that asks: the patterns, tables and functions that
            the rules name.
    """
    known = ChainMap(*reversed(names))
    return Rules(Rule(**row, names=known) for row in read_rows(package, f"rules/{name}.tsv"))


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


def words_of(package: str, kind: str) -> str:
    """A pattern of the words of a kind that tell how a number beside them is read (data/contexts.tsv)."""
    rows = read_rows(package, "contexts.tsv")
    return any_of(word for row in rows if row["kind"] == kind for word in row["words"].split("|"))


def _as_pattern(named: str | Iterable[str]) -> str:
    return named if isinstance(named, str) else any_of(named)
