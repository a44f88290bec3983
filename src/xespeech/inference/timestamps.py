"""Timestamps as files: JSON with every word and sound, SubRip subtitles (.srt).

The record of a sentence, as in the JSON file::

    {"text": "It is $5.", "start": 0.0, "end": 1.24, "words": [
        {"word": "It", "start": 0.08, "end": 0.2, "first": 0, "stop": 2, "phones": [
            {"phone": "ɪ", "start": 0.08, "end": 0.12}, ...]}, ...]}

Times are seconds from the beginning of the recording; `first` and `stop` are characters of the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from xespeech.errors import UserError
from xespeech.files import replacing
from xespeech.inference.timing import Sentence

SUFFIXES = (".json", ".srt")
Record = dict[str, Any]

_WIDEST = 84  # half-width characters of a subtitle: two lines on a screen


def record(sentence: Sentence, start: float) -> Record:
    """The record of a sentence that begins at `start` seconds of the recording."""
    return {
        "text": sentence.text,
        "start": round(start, 4),
        "end": round(start + sentence.duration - sentence.pause, 4),
        "words": [
            {
                "word": word.text,
                "start": round(start + word.start, 4),
                "end": round(start + word.end, 4),
                "first": word.first,
                "stop": word.stop,
                "phones": [
                    {"phone": sound.phone, "start": round(start + sound.start, 4), "end": round(start + sound.end, 4)}
                    for sound in word.phones
                ],
            }
            for word in sentence.words
        ],
    }


def write_timestamps(path: Path, records: Iterable[Record]) -> None:
    """Write records of sentences; the suffix chooses the form. The file appears whole or not at all.

    Raises:
        UserError: unknown suffix, or the place cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: the suffix of timestamps must be one of {', '.join(SUFFIXES)}.")
    pieces = _json(records) if path.suffix.lower() == ".json" else _subtitles(records)
    try:
        with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error


def _json(records: Iterable[Record]) -> Iterator[str]:
    yield '{"sentences": ['
    for number, entry in enumerate(records):
        yield (",\n" if number else "\n") + json.dumps(entry, ensure_ascii=False)
    yield "\n]}\n"


def _subtitles(records: Iterable[Record]) -> Iterator[str]:
    number = 0
    for entry in records:
        for text, start, end in _cues(entry):
            number += 1
            yield f"{number}\n{_clock(start)} --> {_clock(end)}\n{text}\n\n"


def _cues(entry: Record) -> Iterator[tuple[str, float, float]]:
    """A sentence in subtitles of a readable width: text, start, end."""
    text, words = entry["text"], entry["words"]
    if not words:  # the model has no word times
        if text:
            yield " ".join(text.split()), entry["start"], entry["end"]
        return
    first = 0  # word that the cue begins with
    begin = 0  # its first character
    for index in range(1, len(words) + 1):
        is_last = index == len(words)
        end = len(text) if is_last else words[index]["first"]
        following = len(text) if is_last or index + 1 == len(words) else words[index + 1]["first"]
        if not is_last and _width(text[begin:following]) <= _WIDEST:
            continue
        yield " ".join(text[begin:end].split()), words[first]["start"], words[index - 1]["end"]
        first, begin = index, end


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    return (
        f"{milliseconds // 3_600_000:02d}:{milliseconds // 60_000 % 60:02d}:"
        f"{milliseconds // 1000 % 60:02d},{milliseconds % 1000:03d}"
    )
