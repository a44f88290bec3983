"""Texts in files, read in blocks: a book is never held in memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xespeech.errors import TextError
from xespeech.files import text_encoding
from xespeech.text.markup.ssml import is_ssml

_BLOCK = 1 << 16  # bytes


@dataclass(frozen=True)
class TextFile:
    """A file of plain text in UTF-8; iterating gives its blocks, as often as it is asked for.

    Raises:
        TextError: it cannot be read or is not UTF-8.
    """

    path: Path

    def __iter__(self) -> Iterator[str]:
        position = 0  # bytes that have been decoded
        try:
            with self.path.open("rb") as file:
                decoder = codecs.getincrementaldecoder(text_encoding(file.read(4)))()
                file.seek(0)
                while raw := file.read(_BLOCK):
                    waiting = len(decoder.getstate()[0])
                    text = _decode(decoder, raw, position - waiting, str(self.path))
                    position += len(raw)
                    yield text.replace("\r\n", "\n")
                yield _decode(decoder, b"", position - len(decoder.getstate()[0]), str(self.path))
        except OSError as error:
            raise TextError(f"cannot read the text file {self.path}: {error.strerror}.") from error


def read_text_file(path: Path) -> str | TextFile:
    """The text of a file: whole where it is short or SSML, else to be read in blocks.

    Raises:
        TextError: it cannot be read or is not UTF-8.
    """
    text = TextFile(path)
    blocks = iter(text)
    first = next(blocks) + next(blocks, "")
    if len(first) < _BLOCK // 4 or is_ssml(first):
        return first + "".join(blocks)
    return text


def decode(raw: bytes, source: str) -> str:
    """The text of bytes from a named source.

    Raises:
        TextError: they are not UTF-8.
    """
    return _decode(codecs.getincrementaldecoder(text_encoding(raw))(), raw, 0, source, final=True)


def _decode(decoder: codecs.IncrementalDecoder, raw: bytes, offset: int, source: str, final: bool | None = None) -> str:
    try:
        return decoder.decode(raw, final=not raw if final is None else final)
    except UnicodeDecodeError as error:
        raise TextError(f"{source} is not UTF-8 text (byte {offset + error.start}): save it as UTF-8 first.") from error
