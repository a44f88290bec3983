"""Marks within a line: how they are written, what is meant, and an example of each, in the order of their use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xespeech.text.rules import Rule
from xespeech.text.tables import read_rows


@dataclass(frozen=True)
class Mark(Rule):
    """A rule for a mark within a line; the group `left` of its pattern holds what is left out.

    Attributes:
        why: `left` is left out; empty where nothing is.
    """

    why: str = ""


# Where a mark may not stand beside: within a word or number of the Latin script.
_EDGE = r"[A-Za-z0-9*]"
_SAME_PARAGRAPH = r"(?:(?!\n\s*\n).)+?"
_TARGET = r"\((?P<left>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\"|\s+'[^'\n]*')?\)"


def _marks(table: str) -> tuple[Mark, ...]:
    return tuple(Mark(**row, names=globals()) for row in read_rows(__package__, f"rules/{table}.tsv"))


# What is looked at no further.
KEPT = _marks("kept")
LINKS = _marks("links")
EMPHASES = _marks("emphases")
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
