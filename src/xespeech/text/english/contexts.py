"""Words before a number that tell how it is read."""

from __future__ import annotations

from xespeech.text.rules import any_of
from xespeech.text.tables import read_rows


def words_before(kind: str) -> str:
    """A pattern of the words of a kind that tell how a number is read (data/contexts.tsv)."""
    return any_of([row["word"] for row in read_rows(__package__, "contexts.tsv") if row["kind"] == kind])
