"""Times of the words and sounds of a sentence.

Shapes: N symbols, S samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from xespeech.text.script import Reading


@dataclass(frozen=True)
class TimedPhone:
    """A sound in IPA, with its stress, tone or pitch as in `Phonemes.ipa`; seconds."""

    phone: str
    start: float
    end: float


@dataclass(frozen=True)
class TimedWord:
    """A written word with its sounds and their times.

    Attributes:
        text: "$5", even though it is read as two words.
        start, end: seconds.
        first, stop: slice of its characters in the sentence.
        phones: in order.
    """

    text: str
    start: float
    end: float
    first: int
    stop: int
    phones: tuple[TimedPhone, ...]


@dataclass(frozen=True, eq=False)
class Sentence:
    """A spoken sentence.

    Attributes:
        samples: float32 [S], with the pause after the sentence.
        sample_rate: Hz.
        text: as written; empty for a mere pause.
        words: in order; their times count from the first sample.
        pause: seconds of silence at the end of the samples.
        passage: that it belongs to, counted from 0.
    """

    samples: np.ndarray
    sample_rate: int
    text: str
    words: tuple[TimedWord, ...]
    pause: float
    passage: int

    @property
    def duration(self) -> float:
        """Seconds, with the pause."""
        return len(self.samples) / self.sample_rate


def time_words(reading: Reading, durations: np.ndarray, frame: float) -> tuple[TimedWord, ...]:
    """Words of a sentence with their times.

    Args:
        reading: of the sentence, with spans.
        durations: frames of each of the reading's tokens and of a silence before and after them, int64 [N + 2].
        frame: seconds of a frame.
    """
    ends = np.cumsum(durations)[:-1] * frame  # where the silence and each token end
    ipa = reading.phonemes.ipa.split(" ")
    words = []
    for (first, stop), group in groupby(
        zip(reading.phonemes.words, reading.spans, strict=True), key=lambda pair: pair[1]
    ):
        of_group = [word for word, _ in group]
        phones = tuple(
            TimedPhone(ipa[token], round(float(ends[token]), 4), round(float(ends[token + 1]), 4))
            for word in of_group
            for token in range(word.first, word.stop)
        )
        words.append(TimedWord(reading.text[first:stop], phones[0].start, phones[-1].end, first, stop, phones))
    return tuple(words)
