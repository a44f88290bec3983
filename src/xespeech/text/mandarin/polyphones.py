"""Characters with several readings: which one it is, told by the characters around it."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from xespeech.text.tables import read_rows

Found = Literal["word", "alone", "phrase"]
"""Whether a character is a word, stands alone in a longer one, or its reading is that of a phrase of the dictionary."""
_FARTHEST = 10  # characters before a character that a pattern may look at


class PolyphoneRule(NamedTuple):
    """A row of ``data/polyphones.tsv`` or ``data/yi.tsv``."""

    character: str
    reading: tuple[str, str]
    where: str
    before: re.Pattern[str]
    behind: re.Pattern[str]
    example: str

    def fits(self, clause: str, index: int, found: Found) -> bool:
        """Whether the character at an index of a clause is read so."""
        if (self.where == "alone" and found == "phrase") or (self.where == "word" and found != "word"):
            return False
        if not self.behind.match(clause, index + 1):
            return False
        return bool(self.before.search(clause, max(0, index - _FARTHEST), index))


@cache
def polyphone_rules(table: str) -> dict[str, list[PolyphoneRule]]:
    """The rules of each character in the order in which they apply."""
    rules: dict[str, list[PolyphoneRule]] = {}
    for row in read_rows(__package__, table):
        rule = PolyphoneRule(
            row["character"],
            (row["reading"][:-1], row["reading"][-1]),
            row["where"],
            re.compile(f"(?:{row['before']})$" if row["before"] else ""),
            re.compile(row["behind"]),
            row["example"],
        )
        rules.setdefault(rule.character, []).append(rule)
    return rules


def rule_for(clause: str, index: int, found: Found, table: str = "polyphones.tsv") -> PolyphoneRule | None:
    """The first rule of a table that fits the character at an index of a clause of Han characters."""
    for rule in polyphone_rules(table).get(clause[index], ()):
        if rule.fits(clause, index, found):
            return rule
    return None
