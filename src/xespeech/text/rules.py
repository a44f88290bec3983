"""Rules of normalisation: a pattern, its replacement, and one example."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple


class LatePattern:
    """A pattern that is compiled when it is first used: most texts need few rules, and all take a third of a second.

    Args:
        source, flags: as for `re.compile`.
        needs: characters, one of which is in every match; without any in a text nothing is compiled or searched.
    """

    def __init__(self, source: str, flags: int = 0, needs: str = "") -> None:
        self.source, self.flags, self.needs = source, flags, needs

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern."""
        return re.compile(self.source, self.flags)

    def sub(self, say: str | Callable[[re.Match[str]], str], text: str) -> str:
        """As of a compiled pattern."""
        if self.needs and not any(character in text for character in self.needs):
            return text
        return self.compiled.sub(say, text)


class Rule(NamedTuple):
    """One step of writing a text out in words.

    Attributes:
        name: what it is about.
        pattern: what it matches.
        say: the words, as a template or a function of the match; a function that returns None leaves the match alone.
        written, spoken: an example: a text and how it is written out by all rules together.
    """

    name: str
    pattern: re.Pattern[str] | LatePattern
    say: str | Callable[[re.Match[str]], str | None]
    written: str
    spoken: str

    def apply(self, text: str) -> str:
        """The text with each match written out."""
        if isinstance(self.say, str):
            return self.pattern.sub(self.say, text)
        say = self.say
        return self.pattern.sub(lambda match: match[0] if (said := say(match)) is None else said, text)


def apply_rules(rules: Sequence[Rule], text: str) -> str:
    """The text after all rules, in their order."""
    for rule in rules:
        text = rule.apply(text)
    return text


def any_of(words: Sequence[str] | frozenset[str]) -> str:
    """A pattern of any of these words, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
