"""VCTK: 110 English speakers (CSTR, University of Edinburgh; CC BY 4.0)."""

from __future__ import annotations

from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines
from xespeech.errors import DataError

_NEW = "wav48_silence_trimmed"  # version 0.92: SPEAKER/SPEAKER_NUMBER_micN.flac
_OLD = "wav48"  # version 0.80: SPEAKER/SPEAKER_NUMBER.wav
_MICROPHONES = ("_mic2", "_mic1", "")  # the first that there is; p280 and p315 have no second one


def list_vctk(folder: Path) -> Listing:
    """Recordings of VCTK 0.92 (`wav48_silence_trimmed/`, `txt/`) or 0.80 (`wav48/`, `txt/`).

    Of the two microphones of 0.92 the second is taken, which hears less of the room, and the first where it is missing.
    p315 has lost its texts: its recordings are listed without.

    Raises:
        DataError: the folder is not VCTK.
    """
    root = find_corpus(folder, "VCTK", (_NEW, "txt"), (_OLD, "txt"))
    recordings: dict[str, Path] = {}
    for path in sorted((root / (_NEW if (root / _NEW).is_dir() else _OLD)).glob("*/*")):
        if path.suffix.lower() in (".flac", ".wav"):
            stem, microphone = (path.stem[:-5], path.stem[-5:]) if path.stem[-5:-1] == "_mic" else (path.stem, "")
            known = recordings.get(stem)
            if known is None or _rank(microphone) < _rank(known.stem.removeprefix(stem)):
                recordings[stem] = path
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


def _rank(microphone: str) -> int:
    return _MICROPHONES.index(microphone) if microphone in _MICROPHONES else len(_MICROPHONES)
