"""Mandarin: from what is written to Han characters, and from those to syllables with their spoken tones."""

from __future__ import annotations

from xespeech.text.mandarin.normalization import normalize_mandarin
from xespeech.text.mandarin.reading import read_mandarin

__all__ = ["normalize_mandarin", "read_mandarin"]
