"""Tofugu's and WaniKani's Japanese vocabulary (CC BY-SA 4.0)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from xespeech.audio import read
from xespeech.audio.pitch import track_pitch
from xespeech.data.clips import Clip, Listing
from xespeech.data.corpora.layout import find_corpus
from xespeech.errors import AudioError

_RATE = 16_000
_HOP = 320
_BETWEEN = 170.0  # Hz: his median pitch is below, hers above
_NAME = re.compile(r"[〜～~]?(?P<word>[^【】]+?)[〜～~]?(?:【(?P<reading>[^【】]+)】)?")


def list_tofugu(folder: Path) -> Listing:
    """Recordings of Tofugu's vocabulary: `lib/ogg/WORD【READING】.ogg` (or mp3), by a man and a woman.

    The names do not give the speaker, so the median pitch of each recording decides between `tofugu-m` (Tokyo)
    and `tofugu-f` (Kansai).

    Raises:
        DataError: the folder is not Tofugu's vocabulary.
    """
    root = find_corpus(folder, "Tofugu's vocabulary", ("lib/ogg/*.ogg",), ("lib/mp3/*.mp3",), ("*【*】.ogg",))
    paths = sorted(root.glob("lib/ogg/*.ogg")) or sorted(root.glob("lib/mp3/*.mp3")) or sorted(root.glob("*.ogg"))
    listing = Listing()
    for path in paths:
        match = _NAME.fullmatch(path.stem)
        if match is None:
            listing.leave_out(path.name, "is not named WORD【READING】")
            continue
        try:
            speaker = _speaker(path)
        except AudioError as error:
            listing.leave_out(path.name, str(error))
            continue
        listing.clips.append(Clip(path.stem, path, "ja", speaker, text=match["word"], reading=match["reading"] or ""))
    return listing


def _speaker(path: Path) -> str:
    pitch = track_pitch(read(path, _RATE).samples, _RATE, _HOP)
    voiced = pitch[pitch > 0]
    return "tofugu-m" if voiced.size and np.median(voiced) < _BETWEEN else "tofugu-f"
