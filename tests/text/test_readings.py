"""How texts are read, one row of tests/text/readings/*.tsv each; see the README there."""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path

import pytest

from xespeech.text.reading import TextReading, read

FOLDER = Path(__file__).parent / "readings"


def rows() -> list[tuple[str, dict[str, str]]]:
    """Every row of every file, with a name for it."""
    found = []
    for path in sorted(FOLDER.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=2):
                found.append((f"{path.stem}-{number}-{row['kind']}", row))
    return found


@lru_cache(maxsize=1)
def _read(text: str, language: str) -> TextReading:
    return read(text, language or None)


def field(reading: TextReading, name: str) -> str:
    """A field of a reading as the files describe it."""
    sentences = reading.sentences
    if name == "left_out":
        return " ".join(f"{own.text} ({own.why})" for own in reading.left_out)
    if name in ("sentences", "text"):
        return " | ".join(own.text for own in sentences)
    if name == "pauses":
        return " | ".join(" ".join(f"{pause.after}{pause.mark}" for pause in own.pauses) for own in sentences)
    if name == "words":
        return " | ".join(" ".join(f"{word.text}={word.spoken}" for word in own.words) for own in sentences)
    assert name in ("spoken", "reading", "ipa", "language"), f"no field is called {name}"
    return " | ".join(getattr(own, name) for own in sentences)


ROWS = rows()


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[name for name, _ in ROWS])
def test_reading(row: dict[str, str]) -> None:
    assert row["must_match"] or row["must_not_match"], "a row that demands nothing cannot fail"
    text = row["input"].replace("\\n", "\n").replace("\\t", "\t")
    found = field(_read(text, row["language"]), row["field"])
    flags = re.IGNORECASE if row["field"] == "spoken" else 0
    if row["must_match"]:
        assert re.search(row["must_match"], found, flags), found
    if row["must_not_match"]:
        assert not re.search(row["must_not_match"], found, flags), found
