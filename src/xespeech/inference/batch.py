"""Batch synthesis: each text of a list (CSV or JSON Lines) into one file, by parallel workers, resumable.

A manifest beside the recordings (`manifest.jsonl`) has a line for each finished one; those are skipped.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from xespeech.audio.io import SUFFIXES
from xespeech.errors import DataError, UserError
from xespeech.files import parse_json, replacing, sweep, text_encoding
from xespeech.inference.options import SpeechOptions, describe

MANIFEST = "manifest.jsonl"
_OPTIONS = describe(SpeechOptions)
COLUMNS = ("text", "output", "timestamps", *_OPTIONS)


@dataclass(frozen=True)
class Row:
    """One text and how to speak it.

    Attributes:
        number: line of the list where it begins.
        text: plain or SSML.
        output: where to write, within the folder of recordings.
        options: of this text.
        timestamps: where to write timestamps, within that folder; None for nowhere.
    """

    number: int
    text: str
    output: str
    options: SpeechOptions
    timestamps: str | None = None

    def key(self, model: Path | None) -> str:
        """Equal for rows that give the same files with a model."""
        parts = (self.text, self.output, self.timestamps, sorted(asdict(self.options).items()), str(model))
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True)
class Done:
    """Result of a row: seconds of speech, or the message of its error."""

    number: int
    key: str
    output: str
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Job:
    """Settings of all rows.

    Attributes:
        folder: of the recordings.
        model: folder of a model; None for the default voice.
        provider: as in `xespeech.load`.
    """

    folder: Path
    model: Path | None = None
    provider: str = "cpu"


def read_rows(path: Path, options: SpeechOptions, suffix: str = ".wav") -> Iterator[Row]:
    """Rows of a list, one by one.

    Args:
        path: .csv or .tsv with a header, or .jsonl with an object a line. The columns are `text`, and any of `output`,
            `timestamps` and the fields of SpeechOptions; empty cells take the value of `options`.
        options: for all rows.
        suffix: of recordings without `output`, which are called 1.wav, 2.wav, ...

    Raises:
        DataError: a row is at fault; its line is named.
    """
    count, seen = 0, set()
    for number, values in _read_table(path):
        count += 1
        where = f"{path}, line {number}"
        row = _row(number, values, options, f"{count}{suffix}", where, path.parent)
        for name in filter(None, (row.output, row.timestamps)):
            if name.lower() in seen:
                raise DataError(f"{where}: {name} is written by an earlier row too: give each row another output.")
            seen.add(name.lower())
        yield row
    if not count:
        raise DataError(f"{path} holds no texts: write one in each line.")


def _row(number: int, values: dict[str, Any], options: SpeechOptions, output: str, where: str, base: Path) -> Row:
    unknown = sorted(set(values) - set(COLUMNS))
    if unknown:
        raise DataError(f"{where}: there is no column {unknown[0]!r}: use {', '.join(COLUMNS)}.")
    given = {name: value for name, value in values.items() if value not in (None, "")}
    text = given.pop("text", "")
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"{where}: the text is empty: write at least one word.")
    output = _inside(given.pop("output", output), SUFFIXES, where)
    timestamps = _inside(given.pop("timestamps"), (".json", ".srt"), where) if "timestamps" in given else None
    for name, value in given.items():
        kind = _OPTIONS[name].kind
        if kind is Path:
            given[name] = base / str(value)
            if not given[name].is_file():
                raise DataError(f"{where}: {given[name]}: no such file.")
        elif isinstance(value, str) and kind is not str:
            given[name] = _typed(name, value, kind, where)
    for pair in (("voice", "reference"), ("emotion", "emotion_reference")):
        if given.keys() & set(pair):
            given = {**dict.fromkeys(pair), **given}
    try:
        return Row(number, text, output, replace(options, **given), timestamps)
    except UserError as error:
        raise DataError(f"{where}: {error}") from error


def _typed(name: str, value: str, kind: type, where: str) -> Any:
    """A number or a bool from a cell."""
    if kind is bool:
        if value.lower() not in ("true", "false"):
            raise DataError(f"{where}: {name} is {value!r}: write true or false.")
        return value.lower() == "true"
    try:
        return kind(value)
    except ValueError as error:
        raise DataError(f"{where}: the {name} {value!r} is not a number.") from error


def _inside(name: Any, suffixes: tuple[str, ...], where: str) -> str:
    """A path of a file within the folder."""
    path = PurePosixPath(str(name).replace("\\", "/"))
    if path.is_absolute() or PureWindowsPath(str(name)).drive or ".." in path.parts:
        raise DataError(f"{where}: {name} lies outside the folder of recordings: give a path within it.")
    if path.suffix.lower() not in suffixes:
        raise DataError(f"{where}: {name}: the suffix must be one of {', '.join(suffixes)}.")
    return str(path)


def _read_table(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and values of a list."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".tsv", ".jsonl"):
        raise DataError(f"{path}: the suffix of a list must be .csv, .tsv or .jsonl.")
    try:
        with path.open("rb") as beginning:
            encoding = text_encoding(beginning.read(4))
        with path.open(encoding=encoding, newline="") as file:
            yield from _read_json_lines(file, path) if suffix == ".jsonl" else _read_csv(file, path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text: save it as UTF-8 first.") from error


def _read_csv(file: IO[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    table = csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    try:
        if "text" not in (table.fieldnames or ()):
            raise DataError(f"{path}, line 1: there is no column text: the first line must name the columns.")
        for row in table:
            if None in row:
                raise DataError(f"{path}, line {table.line_num}: more values than columns: quote texts with commas.")
            yield table.line_num, row
    except csv.Error as error:
        raise DataError(f"{path}, line {table.line_num}: {error}.") from error


def _read_json_lines(file: IO[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError as error:
            raise DataError(f"{path}, line {number}: no JSON ({error}).") from error
        if not isinstance(row, dict):
            raise DataError(f'{path}, line {number}: write an object, such as {{"text": "Hello."}}.')
        yield number, row


@dataclass
class Manifest:
    """The finished rows, stored in a file beside the recordings."""

    path: Path
    done: dict[str, Done] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Manifest:
        """Read the manifest of a folder; a line that was cut off is dropped.

        Raises:
            DataError: the folder cannot be made or read.
        """
        manifest = cls(folder / MANIFEST)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            if manifest.path.is_file():
                whole, data = b"", manifest.path.read_bytes()
                for line in data.splitlines():
                    with suppress(ValueError, TypeError):
                        done = Done(**parse_json(line))
                        manifest.done[done.key] = done
                        whole += line + b"\n"
                if whole != data:
                    with replacing(manifest.path) as temporary:
                        temporary.write_bytes(whole)
        except OSError as error:
            raise DataError(f"cannot use the folder {folder}: {error.strerror}.") from error
        return manifest

    def has(self, row: Row, model: Path | None) -> bool:
        """Whether a row was spoken by this model and its files are there."""
        names = filter(None, (row.output, row.timestamps))
        return row.key(model) in self.done and all((self.path.parent / name).is_file() for name in names)

    def add(self, done: Done) -> None:
        """Store a finished row."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(done), ensure_ascii=False) + "\n")
        self.done[done.key] = done


def speak_row(job: Job, row: Row) -> Done:
    """Speak one row into its file."""
    from xespeech.inference.long_form import speak_to_file

    done = Done(row.number, row.key(job.model), row.output)
    output = job.folder / row.output
    timestamps = job.folder / row.timestamps if row.timestamps else None
    try:
        for path in filter(None, (output, timestamps)):
            path.parent.mkdir(parents=True, exist_ok=True)
        seconds = speak_to_file(_voice(job.model, job.provider), row.text, output, row.options, timestamps)
    except UserError as error:
        return replace(done, error=str(error))
    except OSError as error:
        return replace(done, error=f"{output}: {error.strerror}.")
    return replace(done, seconds=round(seconds, 3))


@lru_cache(maxsize=1)
def _voice(model: Path | None, provider: str) -> Any:
    """The model of this worker process, on one thread: workers share the cores."""
    import xespeech

    return xespeech.load(model, threads=1, provider=provider)
