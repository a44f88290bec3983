"""audio-cmn: Mandarin words by Yue Tan and syllables by Chen Wang (Shtooka; CC BY-SA)."""

from __future__ import annotations

import re
from pathlib import Path

from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus

_QUALITIES = ("96k", "64k", "24k-abr", "18k-abr")  # the best that there is
_SYLLABLE = re.compile(r"([a-zü:]+)([1-5])?")


def list_audio_cmn(folder: Path) -> Listing:
    """Recordings of audio-cmn: `64k/hsk/cmn-WORD.mp3` and `64k/syllabs/cmn-PINYIN.mp3`, in the best quality there is.

    Words with `_` for a gap (一_就_) are read with a pause.

    Raises:
        DataError: the folder is not audio-cmn.
    """
    root = find_corpus(folder, "audio-cmn", *((f"{quality}/*/cmn-*.mp3",) for quality in _QUALITIES))
    quality = next(root / name for name in _QUALITIES if next(root.glob(f"{name}/*/cmn-*.mp3"), None))
    listing = Listing()
    for path in sorted((quality / "hsk").glob("cmn-*.mp3")):
        word = path.stem.removeprefix("cmn-")
        listing.clips.append(Clip(f"word-{word}", path, "zh", "yue-tan", text=re.sub("_+", "，", word).strip("，")))
    for path in sorted((quality / "syllabs").glob("cmn-*.mp3")):
        match = _SYLLABLE.fullmatch(path.stem.removeprefix("cmn-").lower())
        if match is None:
            listing.leave_out(path.name, "is not named after a pinyin syllable")
            continue
        syllable = match[1].replace("u:", "v").replace("ü", "v") + (match[2] or "5")
        listing.clips.append(Clip(f"syllable-{syllable}", path, "zh", "chen-wang", text=f"{{{syllable}}}"))
    return listing
