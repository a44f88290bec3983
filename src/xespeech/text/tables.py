"""Word lists and tables that come with the package, as files in the folder ``data`` beside their rules.

Lines that begin with ``# `` say what a file is. A ``.tsv`` has a line with the names of its columns and a row for each
entry; a ``.txt`` has words with blanks between them. Files are read when they are first asked for.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_rows(package: str, name: str) -> tuple[dict[str, str], ...]:
    """Rows of a table by the names of its columns; cells that are missing at the end of a row are empty.

    Args:
        package: that the file belongs to, such as "xespeech.text.english".
        name: of the file in its folder ``data``.
    """
    header, *rows = (line.split("\t") for line in _lines(package, name))
    return tuple(dict(zip(header, row + [""] * (len(header) - len(row)), strict=True)) for row in rows)


@cache
def read_pairs(package: str, name: str) -> dict[str, str]:
    """The first two columns of a table as a dictionary."""
    _, *rows = (line.split("\t") for line in _lines(package, name))
    return {row[0]: row[1] for row in rows}


@cache
def read_words(package: str, name: str) -> frozenset[str]:
    """Words of a list."""
    return frozenset(word for line in _lines(package, name) for word in line.split())


def _lines(package: str, name: str) -> list[str]:
    text = (files(package) / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]
