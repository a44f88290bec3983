"""Japanese: from what is written to what Open JTalk reads, and its readings as sounds with pitch accent."""

from __future__ import annotations

from xespeech.text.japanese.normalization import normalize_japanese
from xespeech.text.japanese.reading import read_japanese

__all__ = ["normalize_japanese", "read_japanese"]
