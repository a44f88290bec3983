"""AN4: spelling, numbers and commands by 84 English speakers (Carnegie Mellon University; BSD-like)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines

_LINE = re.compile(r"(?:<s>)?\s*(.*?)\s*(?:</s>)?\s*\(([^()\s]+)\)")


def list_an4(folder: Path) -> Listing:
    """Recordings of AN4 in NIST SPHERE form: `etc/an4_{train,test}.transcription` and `wav/*/SPEAKER/NAME.sph`.

    A line of the transcriptions is `<s> TEXT </s> (NAME)`.

    Raises:
        DataError: the folder is not AN4.
    """
    root = find_corpus(
        folder, "AN4", ("etc/*.transcription", "wav/*/*/*.sph"), ("etc/*.transcription", "wav/*/*/*.wav")
    )
    texts: dict[str, str] = {}
    listing = Listing()
    for transcription in sorted((root / "etc").glob("*.transcription")):
        for number, line in enumerate(read_lines(transcription), 1):
            match = _LINE.fullmatch(line.strip())
            if match is None:
                listing.leave_out(f"{transcription.name} line {number}", "is not <s> TEXT </s> (NAME)")
            else:
                texts[match[2]] = match[1].lower()
    paths = sorted(path for path in (root / "wav").rglob("*") if path.suffix.lower() in (".sph", ".wav"))
    listing.clips.extend(
        Clip(path.stem, path, "en", f"an4-{path.parent.name}", text=texts.get(path.stem, "")) for path in paths
    )
    listing.leave_out_texts(texts.keys() - {path.stem for path in paths})
    return listing
