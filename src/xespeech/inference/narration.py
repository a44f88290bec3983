"""From passages of a text to utterances: sentences with their voice, prosody and pause.

Shapes: N symbols, G style channels, S samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from xespeech.errors import UserError
from xespeech.inference.options import SpeechOptions
from xespeech.text.passages import Passage
from xespeech.text.script import Line, lines

R = TypeVar("R")

SENTENCE_PAUSE = 0.15
"""Seconds of silence between sentences, besides the silence that each begins and ends with."""
PARAGRAPH_PAUSE = 0.6
"""Seconds of silence between paragraphs."""


@dataclass(frozen=True, eq=False)
class Utterance(Generic[R]):
    """A sentence that is ready to be spoken, or a pause.

    Attributes:
        text: as written; empty for a mere pause.
        reading: what the model speaks; None for a mere pause.
        style: [G].
        options: with the voice and emotion of the sentence.
        pause: seconds of silence after it.
        passage: that it belongs to, counted from 0.
        number: in its passage, counted from 0.
    """

    text: str
    reading: R | None
    style: np.ndarray
    options: SpeechOptions
    pause: float
    passage: int
    number: int

    def generator(self) -> np.random.Generator:
        """Generator of all its noise; it depends on the seed and the place of the sentence alone."""
        return np.random.default_rng((self.options.seed, self.passage, self.number))

    def rest(self, sample_rate: int) -> np.ndarray:
        """Silence after the sentence, float32 [S]."""
        return np.zeros(round(self.pause * sample_rate), np.float32)


class Cast:
    """Voice and emotion of each passage: those that its markup names, else those of the options.

    Args:
        options: for passages that name no voice.
        style_of: gives the style [G] of options.
    """

    def __init__(self, options: SpeechOptions, style_of: Callable[[SpeechOptions], np.ndarray]) -> None:
        self._options, self._style_of = options, style_of
        self._known: dict[tuple[str | None, str | None, float | None], tuple[SpeechOptions, np.ndarray]] = {}
        self._known[None, None, None] = options, style_of(options)

    def __call__(self, passage: Passage) -> tuple[SpeechOptions, np.ndarray]:
        """Options and style of a passage.

        Raises:
            UserError: there is no such voice or emotion.
        """
        key = passage.voice, passage.emotion, passage.intensity
        if key not in self._known:
            try:
                options = self._options_of(passage)
                self._known[key] = options, self._style_of(options)
            except UserError as error:
                raise UserError(f"SSML, {passage.where}: {error}") from error
        return self._known[key]

    def _options_of(self, passage: Passage) -> SpeechOptions:
        options = self._options
        if passage.voice is not None:
            options = replace(options, voice=passage.voice, reference=None, emotion=None, emotion_reference=None)
        if passage.emotion is not None:
            options = replace(options, emotion=passage.emotion, emotion_reference=None, intensity=1.0)
        return options if passage.intensity is None else replace(options, intensity=passage.intensity)


def narrate(
    passages: Iterable[Passage],
    options: SpeechOptions,
    cast: Cast,
    read: Callable[[Line], R],
    first: int = 0,
) -> Iterator[Utterance[R]]:
    """Utterances of passages, in order.

    Args:
        passages: of a text.
        options: how it is spoken.
        cast: gives the voice of each passage.
        read: gives the reading of a sentence.
        first: passage to begin with; those before are left out.

    Raises:
        TextError: a sentence cannot be read; raised when it is reached.
    """

    def utterance(line: Line, passage: int, number: int, following: Line | None) -> Utterance[R]:
        settings, style = cast(line.passage)
        reading = read(line) if line.text else None
        return Utterance(line.text, reading, style, settings, _pause(line, following, options), passage, number)

    waiting: tuple[Line, int, int] | None = None  # its pause depends on the next line
    for number, passage in enumerate(passages):
        if number < first:
            continue
        for index, line in enumerate(lines(passage)):
            if waiting:
                yield utterance(*waiting, line)
            waiting = line, number, index
    if waiting:
        yield utterance(*waiting, None)


def _pause(line: Line, following: Line | None, options: SpeechOptions) -> float:
    """Seconds of silence after a line."""
    if line.passage.pause is not None:
        return line.passage.pause
    if following is None:
        return 0.0
    is_last = following.passage.paragraph != line.passage.paragraph
    return (PARAGRAPH_PAUSE if is_last else SENTENCE_PAUSE) * options.pause / options.speed
