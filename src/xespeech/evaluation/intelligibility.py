"""Intelligibility: word errors in English, phone errors in every language, tone errors in Mandarin.

Words are recognised by pocketsphinx with its general English model, an old recogniser that misses a quarter of the
words of a clear reading: its figures are to be compared with natural recordings of the same texts. So are those of
phones and Mandarin tones, which are recognised by a content encoder that the synthesizer was trained with.

Whisper is judged by words of English, characters of Mandarin and phones of Japanese. Mandarin is compared in simplified
characters with numbers as words, Japanese as phones of the recognised text, so that another spelling of the same sounds
is not an error.

Shapes: S samples.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xespeech.audio import Audio
from xespeech.errors import UserError
from xespeech.evaluation._extra import extra
from xespeech.text import PUNCTUATION, Phonemes, phonemize

if TYPE_CHECKING:
    from xespeech.content.recognizer import PhoneRecognizer

_SAMPLE_RATE = 16_000
_FEWEST_WORDS = 4
_LETTERS_ALLOWED = 1 / 3
_TONES = frozenset("12345")
_NOT_A_WORD = re.compile(r"[^a-z' ]+")
_FEWEST_UNITS = {"zh": 4, "ja": 8}  # characters, phones: single words are recognised badly however well they are said
_HAN_OR_LATIN = re.compile(r"[㐀-鿿]|[a-z]+")
_PLAIN_VOWEL = str.maketrans("", "", "̥")  # a vowel is the same one voiced and devoiced


@dataclass(frozen=True)
class Errors:
    """Number of substitutions, insertions and deletions, and length of the reference."""

    errors: int
    length: int

    @property
    def rate(self) -> float:
        """Errors per item of the reference; above 1 with many insertions."""
        return self.errors / max(self.length, 1)

    @classmethod
    def total(cls, parts: Iterable[Errors]) -> Errors:
        """Sum over a set, weighted by words, not by utterances."""
        parts = list(parts)
        return cls(sum(part.errors for part in parts), sum(part.length for part in parts))


def count_errors(expected: Sequence[Hashable], found: Sequence[Hashable]) -> Errors:
    """Edit distance between two sequences of words or phones."""
    return Errors(int(extra("rapidfuzz.distance").Levenshtein.distance(expected, found)), len(expected))


def english_words(text: str) -> list[str]:
    """The words of an English text as a recogniser would write them: spelled out, lower case, no punctuation.

    Numbers, money, dates and titles become words; hyphens part words; accents and possessive marks at the end go.
    """
    from xespeech.text.english.normalization import normalize_english

    spoken = normalize_english(text.replace("’", "'"))
    ascii_only = unicodedata.normalize("NFKD", spoken).encode("ascii", "ignore").decode()
    words = (word.strip("'") for word in _NOT_A_WORD.sub(" ", ascii_only.lower()).split())
    return [word for word in words if word]


def is_judged_by_words(text: str, language: str) -> bool:
    """Whether pocketsphinx can judge a text: English of at least four words, at most a third of them spelled letters.

    Its language model expects sentences; single words and spellings are recognised badly however well they are said.
    """
    if language != "en":
        return False
    words = english_words(text)
    letters = sum(len(word) == 1 and word not in ("a", "i") for word in words)
    return len(words) >= _FEWEST_WORDS and letters <= _LETTERS_ALLOWED * len(words)


def is_judged_by_whisper(text: str, language: str) -> bool:
    """Whether a text is long enough for reliable recognition."""
    if language == "en":
        return is_judged_by_words(text, language)
    return language in _FEWEST_UNITS and len(content_units(text, language)) >= _FEWEST_UNITS[language]


def content_units(text: str, language: str) -> list[str]:
    """Units of a written or recognised text: English words, Mandarin characters or Japanese phones.

    Unreadable text has none.
    """
    if language == "en":
        return english_words(text)
    if language == "zh":
        from xespeech.text.mandarin import normalize_mandarin

        return _HAN_OR_LATIN.findall(normalize_mandarin(text).lower())
    try:
        return plain_phones(phonemize(text, language).sounds)
    except UserError:
        return []


def plain_phones(phones: Sequence[str]) -> list[str]:
    """Japanese phones without the ring of devoiced vowels, which depends on what stands beside them."""
    return [phone.translate(_PLAIN_VOWEL) for phone in phones]


class WordRecognizer:
    """English words by pocketsphinx; the model is loaded once and does not adapt.

    Raises:
        UserError: pocketsphinx is not installed.
    """

    def __init__(self) -> None:
        # Cepstral means of the recording itself: the default adapts from one recording to the next. Fewer hypotheses
        # at once than the default 30,000: clear speech loses nothing, garbled speech takes less than half as long.
        self._decoder = extra("pocketsphinx").Decoder(
            samprate=_SAMPLE_RATE, cmn="batch", maxhmmpf=3000, loglevel="FATAL"
        )

    def transcribe(self, audio: Audio) -> list[str]:
        """Recognised words, lower case."""
        samples = audio.resample(_SAMPLE_RATE).samples
        samples = samples * (0.7 / max(float(np.abs(samples).max()), 1e-4))
        self._decoder.start_utt()
        self._decoder.process_raw((samples * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return [] if hypothesis is None else english_words(hypothesis.hypstr)


def tones(phonemes: Phonemes) -> tuple[str, ...]:
    """Reference of a tone recogniser: the tones "1" to "5" of the Mandarin in a text."""
    return tuple(mark for mark in phonemes.marks if mark in _TONES)


def phone_errors(audio: Audio, phones: Sequence[str], recognizer: PhoneRecognizer) -> Errors:
    """Phone errors of a recording of these phones, without pauses."""
    return count_errors(phones, [phone for phone in recognizer.transcribe(audio) if phone not in PUNCTUATION])
