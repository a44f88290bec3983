"""Rules of normalisation: a pattern, its replacement, and one example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from xespeech.text.tables import read_rows

ANY_DIGIT = "0123456789"


@dataclass(frozen=True)
class Rule:
    """One step of writing a text out in words.

    Attributes:
        name: what it is about.
        pattern: what it matches; compiled when it is first used: most texts need few rules, all take .3 s.
        say: the words, as a template or a function of the match; a function that returns None leaves the match alone.
        written, spoken: an example: a text and how it is written out by all rules together.
        flags: of the pattern.
        needs: characters, one of which is in every match; a text without any of them is not searched. Most rules are
            about numbers; one that may match any text names none ("").
    """

    name: str
    pattern: str | re.Pattern[str]
    say: str | Callable[[re.Match[str]], str | None]
    written: str
    spoken: str
    flags: int = 0
    needs: str = ANY_DIGIT

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern."""
        return re.compile(self.pattern, self.flags)

    @cached_property
    def needed(self) -> frozenset[str]:
        """The characters that it needs."""
        return frozenset(self.needs)

    def apply(self, text: str) -> str:
        """The text with each match written out."""
        say = self.say
        if isinstance(say, str):
            return self.compiled.sub(say, text)
        return self.compiled.sub(lambda match: match[0] if (said := say(match)) is None else said, text)


def apply_rules(rules: Sequence[Rule], text: str) -> str:
    """The text after all rules, in their order."""
    there = frozenset(text)
    for rule in rules:
        if rule.needs and rule.needed.isdisjoint(there):
            continue
        before, text = text, rule.apply(text)
        if text != before:
            there = frozenset(text)
    return text


def any_of(words: Iterable[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


def words_of(package: str, kind: str) -> str:
    """A pattern of the words of a kind that tell how a number beside them is read (data/contexts.tsv)."""
    rows = read_rows(package, "contexts.tsv")
    return any_of(word for row in rows if row["kind"] == kind for word in row["words"].split("|"))
