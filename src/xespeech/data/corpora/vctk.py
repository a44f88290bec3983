"""VCTK: 110 English speakers (CSTR, University of Edinburgh; CC BY 4.0)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines
from xespeech.errors import DataError

_NEW = "wav48_silence_trimmed"  # version 0.92: SPEAKER/SPEAKER_NUMBER_micN.flac
_OLD = "wav48"  # version 0.80: SPEAKER/SPEAKER_NUMBER.wav


def list_vctk(folder: Path) -> Listing:
    """Recordings of VCTK 0.92 (`wav48_silence_trimmed/`, `txt/`) or 0.80 (`wav48/`, `txt/`).

    Of the two microphones of 0.92 the second is taken, which hears less of the room, and the first where it is missing,
    as of p280 and p315. p315 has lost its texts: its recordings are listed without.

    Raises:
        DataError: the folder is not VCTK.
    """
    root = find_corpus(folder, "VCTK", (_NEW, "txt"), (_OLD, "txt"))
    recordings: dict[str, Path] = {}
    found = sorted((root / (_NEW if (root / _NEW).is_dir() else _OLD)).glob("*/*"))
    for path in sorted(found, key=lambda path: re.findall("_mic[12]$", path.stem), reverse=True):
        if path.suffix.lower() in (".flac", ".wav"):
            recordings.setdefault(re.sub("_mic.$", "", path.stem), path)
    listing, texts = Listing(), dict[str, str]()
    for text in sorted((root / "txt").glob("*/*.txt")):
        try:
            texts[text.stem] = " ".join(read_lines(text, ("utf-8-sig", "latin-1"))).strip()
        except DataError as error:
            listing.leave_out(text.name, str(error))
    listing.leave_out_texts(texts.keys() - recordings.keys())
    listing.clips.extend(
        Clip(stem, path, "en", path.parent.name, text=texts.get(stem, "")) for stem, path in sorted(recordings.items())
    )
    return listing
