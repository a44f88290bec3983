"""ESD: ten Mandarin and ten English speakers, five emotions (Zhou et al.; research only)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines

_NAMES = ("neutral 中立", "angry 生气 愤怒", "happy 快乐 开心", "sad 伤心 难过", "surprise 惊喜 惊讶")
_EMOTIONS = {name: names.split()[0] for names in _NAMES for name in names.split()}
_LAST_MANDARIN = 10
_LINE = re.compile(r"(\d{4}_\d{6})\s+(.*?)(?:\s+(\S+))?\s*")


def list_esd(folder: Path) -> Listing:
    """Recordings of ESD: `0001/0001.txt` and `0001/Angry/0001_000351.wav`, or with train, evaluation and test inside.

    A line of the transcripts is NAME, text and emotion between tabs. Speakers 0001 to 0010 speak Mandarin, the others
    English. The files are in several encodings, and some lines have blanks for tabs. The emotion is that of the folder.

    Raises:
        DataError: the folder is not ESD.
    """
    root = find_corpus(folder, "ESD", ("00[0-2][0-9]/00*.txt", "00[0-2][0-9]/Neutral"))
    listing = Listing()
    for place in sorted(path for path in root.glob("00[0-2][0-9]") if path.is_dir()):
        transcript = place / f"{place.name}.txt"
        texts: dict[str, str] = {}
        if transcript.exists():
            texts = _read_transcript(transcript, listing)
        else:
            listing.leave_out(place.name, f"has no {transcript.name}: its recordings stay without text")
        language = "zh" if int(place.name) <= _LAST_MANDARIN else "en"
        found = set()
        for emotion in sorted(path for path in place.iterdir() if path.is_dir()):
            style = _EMOTIONS.get(emotion.name.lower())
            if style is None:
                listing.leave_out(f"{place.name}/{emotion.name}", "is not an emotion of ESD")
                continue
            for path in sorted(emotion.rglob("*.wav")):
                found.add(path.stem)
                listing.clips.append(Clip(path.stem, path, language, place.name, style, texts.get(path.stem, "")))
        listing.leave_out_texts(texts.keys() - found)
    return listing


def _read_transcript(path: Path, listing: Listing) -> dict[str, str]:
    texts = {}
    for number, line in enumerate(read_lines(path, ("utf-8-sig", "gb18030")), 1):
        fields = [field.strip() for field in line.strip().split("\t") if field.strip()]
        if len(fields) == 3:
            texts[fields[0]] = fields[1]
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            listing.leave_out(f"{path.name} line {number}", "is not NAME, text and emotion between tabs")
            continue
        name, text, last = match.groups()
        known = (last or "").lower() in _EMOTIONS
        texts[name] = text if known or not last else f"{text} {last}"
    return texts
