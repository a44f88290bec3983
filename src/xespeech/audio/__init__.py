"""Recordings: reading, writing, cleaning, spectrograms."""

from __future__ import annotations

from xespeech.audio.cleaning import clean, normalize_loudness, trim_silence
from xespeech.audio.io import Audio, read, write

__all__ = ["Audio", "clean", "normalize_loudness", "read", "trim_silence", "write"]
