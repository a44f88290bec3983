"""LibriSpeech: read English books (OpenSLR 12; CC BY 4.0)."""

from __future__ import annotations

from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines


def list_librispeech(folder: Path) -> Listing:
    """Recordings of LibriSpeech: `PART/SPEAKER/CHAPTER/NAME.flac` with `SPEAKER-CHAPTER.trans.txt` beside them.

    A recording without a line in the transcripts is listed without text.

    Raises:
        DataError: the folder is not LibriSpeech.
    """
    root = find_corpus(folder, "LibriSpeech", ("*/*/*/*.flac",), ("*/*/*.flac",))
    lines = (line for transcript in sorted(root.rglob("*.trans.txt")) for line in read_lines(transcript))
    texts = {name: text.lower() for name, _, text in (line.strip().partition(" ") for line in lines)}
    clips = [
        Clip(path.stem, path, "en", f"libri-{path.stem.split('-')[0]}", text=texts.get(path.stem, ""))
        for path in sorted(root.rglob("*.flac"))
    ]
    return Listing(clips)
