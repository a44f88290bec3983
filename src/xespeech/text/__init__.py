"""Text → sounds, for English, Mandarin and Japanese in one inventory of IPA symbols.

`phonemize` reads a sentence; `split_sentences` cuts a longer text for it. The libraries of a language load when its
first text comes.
"""

from __future__ import annotations

from xespeech.text.characters import detect_language
from xespeech.text.frontend import LONGEST_TEXT, phonemize
from xespeech.text.phonemes import Phonemes
from xespeech.text.sentences import split_sentences
from xespeech.text.symbols import LANGUAGES, MARKS, PHONES, PUNCTUATION

__all__ = [
    "LANGUAGES",
    "LONGEST_TEXT",
    "MARKS",
    "PHONES",
    "PUNCTUATION",
    "Phonemes",
    "detect_language",
    "phonemize",
    "split_sentences",
]
