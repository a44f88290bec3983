"""Helpers of the modules of corpora: finding the corpus, and reading its text files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xespeech.errors import DataError, listed

_SHOWN = 8


def find_corpus(folder: Path, name: str, *alternatives: tuple[str, ...]) -> Path:
    """The folder that holds a corpus: the one given, or the only one inside it that does.

    Args:
        folder: what the user named.
        name: of the corpus, for the error.
        alternatives: layouts, each the names (glob patterns) that must be there, all of them.

    Raises:
        DataError: no layout is there; the message names what was looked for and found.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder.")
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    deeper = sorted(path for middle in inner[:_SHOWN] for path in middle.iterdir() if path.is_dir())
    for level in ([folder], inner, deeper if len(inner) <= _SHOWN else []):
        fitting = [path for path in level if any(_has(path, layout) for layout in alternatives)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = ", ".join(path.name for path in fitting[:_SHOWN])
            raise DataError(f"{folder} holds several folders that look like {name} ({names}): name one of them.")
    wanted = ", or ".join(" and ".join(layout) for layout in alternatives)
    raise DataError(f"{folder} does not hold {name}: looked for {wanted}, found {_contents(folder)}.")


def _has(folder: Path, layout: Iterable[str]) -> bool:
    return all(next(folder.glob(pattern), None) is not None for pattern in layout)


def _contents(folder: Path) -> str:
    names = sorted(path.name + "/" * path.is_dir() for path in folder.iterdir())
    return listed(names, _SHOWN) or "nothing"


def read_lines(path: Path, encodings: tuple[str, ...] = ("utf-8-sig",)) -> list[str]:
    """Lines of a text file that are not blank, in the first encoding that fits; UTF-16 is told by its byte order mark.

    Raises:
        DataError: the file cannot be read or decoded.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    for encoding in encodings:
        try:
            return [line for line in data.decode(encoding).splitlines() if line.strip()]
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path} is not text in {' or '.join(encodings)}: unpack it again.")
