"""Recordings of one speaker, each with its text in a file of the same name, such as dataset-voice-kathleen."""

from __future__ import annotations

from pathlib import Path

from xespeech.audio.io import SUFFIXES
from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import read_lines
from xespeech.errors import DataError, UnknownNameError
from xespeech.text import LANGUAGES


def list_pairs(folder: Path, language: str, speaker: str) -> Listing:
    """Recordings at any depth (`NAME.wav`, flac, …) with `NAME.txt` beside them.

    Raises:
        UnknownNameError: there is no such language.
        DataError: no recording has its text beside it.
    """
    UnknownNameError.check("language", language, LANGUAGES)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder.")
    recordings = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    listing = Listing()
    for path in recordings:
        name = "_".join(path.relative_to(folder).with_suffix("").parts)
        text = path.with_suffix(".txt")
        if not text.exists():
            listing.leave_out(name, f"has no {text.name} beside it")
            continue
        try:
            listing.clips.append(Clip(name, path, language, speaker, text=" ".join(read_lines(text)).strip()))
        except DataError as error:
            listing.leave_out(name, str(error))
    if not listing.clips:
        raise DataError(
            f"{folder} holds no pairs: looked for NAME.wav with NAME.txt beside it, found {len(recordings)} recordings "
            f"and {sum(1 for _ in folder.rglob('*.txt'))} text files."
        )
    return listing
