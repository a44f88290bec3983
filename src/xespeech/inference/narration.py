"""From a text to what the model is to say: sentence by sentence, with voice, prosody and pauses decided.

Shapes: N symbols, G style channels, S samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from xespeech.errors import UserError
from xespeech.inference.options import SpeechOptions
from xespeech.text.lexicon import Lexicon
from xespeech.text.script import Line, Passage, Reading, lines, read_line

SENTENCE_PAUSE = 0.15
"""Seconds of silence between sentences, besides the silence that each begins and ends with."""
PARAGRAPH_PAUSE = 0.6
"""Seconds of silence between paragraphs."""


@dataclass(frozen=True, eq=False)
class Utterance:
    """A sentence that is ready to be spoken, or a pause.

    Attributes:
        reading: None where there is only a pause.
        style: [G].
        options: with the sentence's own voice and emotion.
        pause: seconds of silence behind it.
        passage: that it belongs to, counted from 0.
        number: in its passage, counted from 0.
    """

    reading: Reading | None
    style: np.ndarray
    options: SpeechOptions
    pause: float
    passage: int
    number: int

    @property
    def text(self) -> str:
        """As it was written; empty where there is only a pause."""
        return self.reading.text if self.reading else ""

    def generator(self) -> np.random.Generator:
        """Of all its noise: the same for the same seed and place, whatever was spoken before."""
        return np.random.default_rng((self.options.seed, self.passage, self.number))


class Cast:
    """Who says each passage: its own voice and emotion, or those of the options.

    Args:
        options: for passages that name nobody.
        style_of: style [G] of options.
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
    lexicon: Lexicon | None = None,
    with_spans: bool = False,
    first: int = 0,
) -> Iterator[Utterance]:
    """Utterances of passages, in order.

    Args:
        passages: of a text.
        options: how it is spoken.
        cast: who says each passage.
        lexicon: of the user's own pronunciations.
        with_spans: whether to find where each word stands in the text.
        first: passage to begin with; those before are left out.

    Raises:
        TextError: a sentence cannot be read (when it comes).
    """
    waiting: tuple[Line, int, int] | None = None  # the pause behind it depends on what follows
    for number, passage in enumerate(passages):
        if number < first:
            continue
        for index, line in enumerate(lines(passage)):
            if waiting:
                yield _utterance(*waiting, line, options, cast, lexicon, with_spans)
            waiting = line, number, index
    if waiting:
        yield _utterance(*waiting, None, options, cast, lexicon, with_spans)


def _utterance(
    line: Line,
    passage: int,
    number: int,
    following: Line | None,
    options: SpeechOptions,
    cast: Cast,
    lexicon: Lexicon | None,
    with_spans: bool,
) -> Utterance:
    own, style = cast(line.passage)
    reading = read_line(line, options.language, lexicon, with_spans) if line.text else None
    if line.passage.pause is not None:
        pause = line.passage.pause
    elif following is None:
        pause = 0.0
    else:
        is_last = following.passage.paragraph != line.passage.paragraph
        pause = (PARAGRAPH_PAUSE if is_last else SENTENCE_PAUSE) * options.pause / options.speed
    return Utterance(reading, style, own, pause, passage, number)
