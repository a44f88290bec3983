"""English: from what is written to words, and from words to sounds."""

from __future__ import annotations

from xespeech.text.english.normalization import normalize_english
from xespeech.text.english.reading import read_english, read_latin_in_mandarin
from xespeech.text.english.web import split_web_addresses

__all__ = ["normalize_english", "read_english", "read_latin_in_mandarin", "split_web_addresses"]
