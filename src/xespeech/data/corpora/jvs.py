"""JVS: 100 Japanese speakers (Takamichi et al.; research and private use, texts CC BY-SA 4.0 and others)."""

from __future__ import annotations

from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines

_PARTS = ("parallel100", "nonpara30")
_TRANSCRIPT = "transcripts_utf8.txt"
_AUDIO = "wav24kHz16bit"


def list_jvs(folder: Path) -> Listing:
    """Ordinary speech of JVS: `jvs001/{parallel100,nonpara30}/` with `transcripts_utf8.txt` and `wav24kHz16bit/`.

    A line of the transcripts is NAME:TEXT. The whispered and falsetto parts are left out.

    Raises:
        DataError: the folder is not JVS.
    """
    root = find_corpus(folder, "JVS", *((f"jvs*/{part}/{_TRANSCRIPT}",) for part in _PARTS))
    listing = Listing()
    for speaker in sorted(path for path in root.glob("jvs[0-9][0-9][0-9]") if path.is_dir()):
        for part in _PARTS:
            transcript = speaker / part / _TRANSCRIPT
            if not transcript.exists():
                listing.leave_out(f"{speaker.name}/{part}", f"has no {_TRANSCRIPT}")
                continue
            for number, line in enumerate(read_lines(transcript), 1):
                name, colon, text = line.strip().partition(":")
                if not colon or not name or not text:
                    listing.leave_out(f"{speaker.name}/{part}/{_TRANSCRIPT} line {number}", "is not NAME:TEXT")
                    continue
                path = speaker / part / _AUDIO / f"{name}.wav"
                listing.clips.append(Clip(f"{speaker.name}_{name}", path, "ja", speaker.name, text=text))
    return listing
