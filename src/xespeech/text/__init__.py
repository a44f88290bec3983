"""Text → sounds, for English, Mandarin and Japanese in one inventory of IPA symbols."""

from __future__ import annotations

from xespeech.text.frontend import phonemize, split_sentences
from xespeech.text.phonemes import Phonemes
from xespeech.text.symbols import LANGUAGES, MARKS, PHONES, PUNCTUATION

__all__ = ["LANGUAGES", "MARKS", "PHONES", "PUNCTUATION", "Phonemes", "phonemize", "split_sentences"]
