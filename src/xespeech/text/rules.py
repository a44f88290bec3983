"""Rules of normalisation: a pattern, its replacement, and one example."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Rule(NamedTuple):
    """One step of writing a text out in words.

    Attributes:
        name: what it is about.
        pattern: what it matches.
        say: the words, as a template or a function of the match; a function that returns None leaves the match alone.
        written, spoken: an example: a text and how it is written out by all rules together.
    """

    name: str
    pattern: re.Pattern[str]
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
