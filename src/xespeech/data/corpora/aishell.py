"""AISHELL-1 and AISHELL-3: Mandarin of 400 and 218 speakers (Beijing Shell Shell Technology; Apache-2.0)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus, read_lines

_TRANSCRIPT = "transcript/aishell_transcript_v0.8.txt"


def list_aishell3(folder: Path) -> Listing:
    """Recordings of AISHELL-3: `train/` and `test/` with `content.txt` and `wav/SPEAKER/NAME.wav`.

    A line of content.txt is NAME.wav, a tab, and characters each followed by its pinyin. The pinyin tells the sounds of
    characters that are read in several ways.

    Raises:
        DataError: the folder is not AISHELL-3.
    """
    root = find_corpus(folder, "AISHELL-3", ("train/content.txt",), ("test/content.txt",))
    listing = Listing()
    for part in ("train", "test"):
        content = root / part / "content.txt"
        if not content.exists():
            listing.leave_out(f"{part}/content.txt", "is missing: that part is left out")
            continue
        for number, line in enumerate(read_lines(content), 1):
            name, tab, words = line.strip().partition("\t")
            symbols = words.split()
            if not tab or not symbols or not name.endswith(".wav"):
                listing.leave_out(f"{part}/content.txt line {number}", "is not NAME.wav, tab, text and pinyin")
                continue
            stem = name.removesuffix(".wav")
            text, reading = _text_and_pinyin(symbols)
            path = root / part / "wav" / stem[:7] / name
            listing.clips.append(Clip(stem, path, "zh", stem[:7], text=text, reading=reading))
    return listing


def _text_and_pinyin(symbols: list[str]) -> tuple[str, str]:
    """Characters, and their pinyin in braces where every character has one."""
    characters = [symbol for symbol in symbols if not symbol.isascii()]
    pinyin = [symbol for symbol in symbols if re.fullmatch(r"[a-z]+[1-5]", symbol)]
    if len(characters) == len(pinyin) and len(symbols) == 2 * len(pinyin):
        return "".join(characters), f"{{{' '.join(pinyin)}}}"
    return "".join(characters), ""


def list_aishell(folder: Path) -> Listing:
    """Recordings of AISHELL-1: `wav/{train,dev,test}/SPEAKER/NAME.wav` and `transcript/aishell_transcript_v0.8.txt`.

    Raises:
        DataError: the folder is not AISHELL-1, or its speakers' archives in `wav/` have not been unpacked.
    """
    root = find_corpus(folder, "AISHELL-1 with its speakers' archives unpacked", (_TRANSCRIPT, "wav/*/*/*.wav"))
    named = (line.split() for line in read_lines(root / _TRANSCRIPT))
    texts = {name: "".join(words) for name, *words in named}
    clips = [
        Clip(path.stem, path, "zh", f"aishell-{path.parent.name}", text=texts.get(path.stem, ""))
        for path in sorted((root / "wav").glob("*/*/*.wav"))
    ]
    return Listing(clips)
