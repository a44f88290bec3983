"""Prepare a folder of recordings with a `metadata.csv`."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from xespeech.audio.io import SUFFIXES
from xespeech.data.clips import Clip, Listing, prepare_clips
from xespeech.data.report import Report
from xespeech.errors import DataError
from xespeech.files import text_encoding
from xespeech.processes import Workers
from xespeech.text import LANGUAGES
from xespeech.text.tables import read_words

COLUMNS = ("file", "language", "speaker", "style", "text")
"""Columns of `metadata.csv`; `reading`, `phones` (as spoken) and `group` (same sentence and timing) may follow."""


def prepare_folder(
    folder: Path,
    out: Path,
    *,
    language: str | None = None,
    speaker: str | None = None,
    workers: Workers = Workers(),
) -> Report:
    """Check, clean and phonemise the recordings of a folder and write their manifests.

    Args:
        folder: holds `metadata.csv` with the columns file|language|speaker|style|text and perhaps reading, phones and
            group, or without a header line id|text|normalised and the recordings in `wavs/`; or a tar of such a folder.
            It is only read. Recordings in languages that models do not speak are kept without their text.
        out: prepared folder to be written; a run that was stopped goes on where it was.
        language, speaker: of recordings without them in the metadata.
        workers: processes or cluster; one process by default.

    Raises:
        DataError: no metadata, columns missing, recordings listed twice, nothing that can be used, or the output folder
            cannot be written.
    """
    with _unpacked(folder, out) as found:
        return prepare_clips(lambda: _read_metadata(found, language, speaker), folder, out, workers=workers)


@contextmanager
def _unpacked(folder: Path, out: Path) -> Iterator[Path]:
    """The folder; a tar of one is unpacked beside the output while it is read.

    Raises:
        DataError: the tar is damaged or holds no metadata.
    """
    if not folder.is_file():
        yield folder
        return
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.absolute().parent) as place:
            with tarfile.open(folder) as archive:
                archive.extractall(place, filter="data")
            found = sorted(Path(place).rglob("metadata.csv"), key=lambda path: len(path.parts))
            if not found:
                raise DataError(f"{folder} holds no metadata.csv: put one in, beginning with {'|'.join(COLUMNS)}.")
            yield found[0].parent
    except (tarfile.TarError, EOFError) as error:
        raise DataError(f"{folder} is neither a folder nor a tar of one ({error}).") from error


def _read_metadata(folder: Path, language: str | None, speaker: str | None) -> Listing:
    path = folder / "metadata.csv"
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder.")
    try:
        data = path.read_bytes()
        if (encoding := text_encoding(data)) != "utf-8-sig":
            data = data.decode(encoding, "replace").encode()
        lines = data.removeprefix(b"\xef\xbb\xbf").splitlines()
    except FileNotFoundError:
        raise DataError(f"{folder} holds no metadata.csv: write one, beginning with {'|'.join(COLUMNS)}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    header = lines[0].decode(errors="replace").strip().split("|") if lines else []
    given = {"language": language, "speaker": speaker}
    if set(header) & set(COLUMNS):
        missing = [name for name in COLUMNS if name not in header and not given.get(name)]
        if missing:
            hint = " or give " + " and ".join(f"--{name}" for name in missing) if set(missing) <= set(given) else ""
            raise DataError(f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}: add them{hint}.")
    elif (folder / "wavs").is_dir():
        missing = [f"--{name}" for name, value in given.items() if not value]
        if missing:
            raise DataError(f"{path} has no header line, so it does not tell: give {' and '.join(missing)}.")
        header = []
    else:
        raise DataError(f"{path} has no header line: begin it with {'|'.join(COLUMNS)}.")
    recordings = {} if header else _recordings(folder / "wavs")
    listing = Listing()
    for number, line in enumerate(lines, 1):
        if not line.strip() or (header and number == 1):
            continue
        try:
            listing.clips.append(_parse_row(folder, line, header, recordings, given))
        except ValueError as error:
            listing.leave_out(f"metadata.csv line {number}", str(error))
    return listing


def _recordings(folder: Path) -> dict[str, str]:
    """Names of the files in a folder by stem; audio files have precedence over others of the same stem."""
    names = sorted((entry.name for entry in folder.iterdir()), key=lambda name: Path(name).suffix.lower() in SUFFIXES)
    return {Path(name).stem: name for name in names}


def _parse_row(
    folder: Path, line: bytes, header: Sequence[str], recordings: dict[str, str], given: dict[str, str | None]
) -> Clip:
    """Parse a line of metadata; raises ValueError with the problem."""
    try:
        fields = [field.strip() for field in line.decode("utf-8").split("|")]
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    if header:
        if len(fields) != len(header):
            raise ValueError(f"has {len(fields)} fields, not {len(header)}")
        values = dict(zip(header, fields, strict=True))
    else:
        if len(fields) not in (2, 3):
            raise ValueError(f"has {len(fields)} fields, not id|text|normalised")
        name = recordings.get(fields[0], f"{fields[0]}.wav")
        values = {"file": f"wavs/{name}" if fields[0] else "", "text": fields[-1] or fields[1]}
    for name, value in given.items():
        values[name] = values.get(name) or value or ""
    for name in ("file", "language", "speaker"):
        if not values[name]:
            raise ValueError(f"has an empty {name}")
    file = PurePosixPath(values["file"].replace("\\", "/"))
    if not file.name.strip("."):
        raise ValueError(f"names no file: {values['file']!r}")
    if file.is_absolute() or ".." in file.parts or PureWindowsPath(values["file"]).drive:
        raise ValueError(f"names a file outside of the folder: {values['file']!r}")
    if values["language"] not in read_words("xespeech.data", "languages.txt"):
        raise ValueError(
            f"has the unknown language {values['language']!r} (models speak {', '.join(LANGUAGES)}; others by their "
            "two letters, such as de, teach sound and style)"
        )
    id, path, style = _id(values["file"]), folder / values["file"], values.get("style") or "neutral"
    others = (values.get(name, "") for name in ("text", "reading", "phones", "group"))
    return Clip(id, path, values["language"], values["speaker"], style, *others)


def _id(file: str) -> str:
    """The path without suffix and without the folder that merely says "audio", fit for a file name."""
    parts = PurePosixPath(file.replace("\\", "/")).with_suffix("").parts
    parts = tuple(part for part in parts if part not in ("/", ".", ".."))
    return "_".join(parts[1:] if len(parts) > 1 and parts[0] in ("audio", "wav", "wavs") else parts)
