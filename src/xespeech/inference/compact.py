"""Speech and voice conversion with the compact model.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import numpy as np

from xespeech.audio import Audio
from xespeech.errors import ConfigError, ModelError
from xespeech.inference import speech
from xespeech.inference.conversion import convert
from xespeech.inference.engine import Engine
from xespeech.inference.level import join_pieces, limit_peak
from xespeech.inference.live import Delay, LiveConverter, delay_named
from xespeech.inference.narration import Cast, Utterance, narrate
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.options import DEFAULT_DELAY, ConversionOptions, Recording, SpeechOptions, StyleOptions, refuse
from xespeech.inference.reference import open_recording, style_of
from xespeech.inference.timing import Sentence, time_words
from xespeech.inference.voice import AudioChunk, Voice
from xespeech.model_folder.description import NEUTRAL, Description, VoiceInfo
from xespeech.model_folder.styles import StyleBank
from xespeech.text.lexicon import Lexicon
from xespeech.text.script import Line, Reading, check_text, read_line, read_passages

_AT_ONCE = 2  # sentences synthesised in parallel; small graphs gain little from more threads each
_CHECKED_AT_ONCE = 20_000  # characters of a text that are checked before the first sentence is spoken
_Utterance: TypeAlias = "Utterance[Reading]"
_Spoken: TypeAlias = "tuple[np.ndarray, speech.Plan | None, _Utterance]"


class CompactVoice(Voice):
    """Speaks and converts with a compact model.

    Args:
        description: of the model.
        styles: of its voices.
        engine: that runs it.
    """

    architecture = "compact"
    description: Description

    def __init__(self, description: Description, styles: StyleBank, engine: Engine) -> None:
        self.description, self.styles, self.engine = description, styles, engine

    @property
    def identity(self) -> str:
        about = self.description
        return json.dumps([asdict(about.model), about.step, about.version], sort_keys=True)

    @property
    def voices(self) -> list[VoiceInfo]:
        return list(self.description.voices)

    @property
    def default_voice(self) -> str:
        return self.description.default_voice

    def with_voice(self, name: str, style: np.ndarray) -> CompactVoice:
        return CompactVoice(self.description, self.styles.with_voice(name, style), self.engine)

    def with_engine(self, engine: Engine) -> CompactVoice:
        return CompactVoice(self.description, self.styles, engine)

    def sentences(
        self, text: str | Iterable[str], options: SpeechOptions, first: int = 0, timed: bool = True
    ) -> Iterator[Sentence]:
        utterances = self._utterances(text, options, timed, first)
        return (self._sentence(*spoken) for spoken in self._speak_ahead(utterances, isinstance(text, str)))

    def chunks(self, text: str | Iterable[str], options: SpeechOptions) -> Iterator[AudioChunk]:
        return (
            AudioChunk(samples, self.sample_rate, utterance.text)
            for utterance in self._utterances(text, options)
            for samples in self._pieces(utterance, self._plan(utterance), speech.SOON)
        )

    def converted(self, source: Recording, options: ConversionOptions) -> Audio:
        refuse(options, self.architecture)
        style = self.style(options)
        samples = convert(
            open_recording(source, self.sample_rate),
            style,
            self.engine,
            self.description.model,
            options,
            self.description.phone_frequencies,
            np.random.default_rng(options.seed),
        )
        return Audio(limit_peak(samples), self.sample_rate, synthetic=True)

    def live(self, options: ConversionOptions, delay: str | Delay = DEFAULT_DELAY) -> LiveConverter:
        refuse(options, self.architecture)
        if isinstance(delay, str):
            delay = delay_named(delay, self.description.model)
        return LiveConverter(self.style(options), self.engine, self.description, options, delay, self.styles.mean)

    def style(self, options: StyleOptions) -> np.ndarray:
        mel = self.description.model.mel
        if options.reference is None:
            name = options.voice or self.description.default_voice
            style = self.styles.lookup(name, options.emotion, options.intensity)
        else:
            style = self.styles.of_reference(style_of(options.reference, self.engine, mel))
            if options.emotion is not None:
                style = self.styles.express(style, options.emotion, options.intensity)
        if options.emotion_reference is not None:
            recording = style_of(options.emotion_reference, self.engine, mel)
            style = self.styles.express_like(style, recording, options.intensity)
        return style

    def _utterances(
        self, text: str | Iterable[str], options: SpeechOptions, timed: bool = False, first: int = 0
    ) -> Iterator[_Utterance]:
        """The utterances of a text; invalid options and SSML raise at once."""
        refuse(options, self.architecture)
        self.engine.prepare("text", "text_to_content", "sound")  # while the front end of the language is loaded
        cast = Cast(options, self.style)
        passages = read_passages(text, options.markup)
        if isinstance(passages, list):
            for passage in passages:
                cast(passage)
        elif isinstance(text, str):
            check_text(text, _CHECKED_AT_ONCE, options.markup)
        lexicon = options.lexicon
        if lexicon is not None and not isinstance(lexicon, Lexicon):
            lexicon = Lexicon.load(lexicon)

        def read(line: Line) -> Reading:
            return read_line(line, options.language, lexicon, timed)

        return narrate(passages, options, cast, read, first)

    def _speak_ahead(self, utterances: Iterator[_Utterance], is_here: bool) -> Iterator[_Spoken]:
        """Synthesised utterances in order; with several threads, the next one is begun before one is finished.

        Args:
            utterances: of a text.
            is_here: whether the whole text is there; else nothing waits for the second utterance.
        """
        if self.engine.threads == 1:
            yield from map(self._synthesize, utterances)
            return
        refusals: list[Exception] = []

        def readable() -> Iterator[_Utterance]:
            try:
                yield from utterances
            except Exception as error:  # raised after the sentences before it
                refusals.append(error)

        waiting: Iterator[_Utterance] = readable()
        if is_here:
            ready = list(islice(waiting, 2))
            if len(ready) == 1 and not refusals:  # a sentence alone needs no other thread, which takes time to start
                yield self._synthesize(ready[0])
                return
            waiting = chain(ready, waiting)
        begun: deque[Future[_Spoken]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE, "speak")
        try:
            for utterance in waiting:
                begun.append(pool.submit(self._synthesize, utterance))
                while begun and (len(begun) > _AT_ONCE or begun[0].done()):
                    yield begun.popleft().result()
            for spoken in begun:
                yield spoken.result()
        finally:
            pool.shutdown(cancel_futures=True)
        if refusals:
            raise refusals[0]

    def _sentence(self, samples: np.ndarray, plan: speech.Plan | None, utterance: _Utterance) -> Sentence:
        frame = self.description.model.hop_length / self.sample_rate
        reading = utterance.reading
        words = time_words(reading, plan.durations, frame) if reading and reading.spans and plan else ()
        return Sentence(samples, self.sample_rate, utterance.text, words, utterance.pause, utterance.passage)

    def _synthesize(self, utterance: _Utterance) -> _Spoken:
        """Samples [S] of an utterance with its pause, its plan, and the utterance itself."""
        plan = self._plan(utterance)
        return join_pieces(list(self._pieces(utterance, plan, speech.MOST_FRAMES))), plan, utterance

    def _plan(self, utterance: _Utterance) -> speech.Plan | None:
        reading = utterance.reading
        if reading is None:
            return None
        pitch_range = self._pitch_range(utterance.options)
        return speech.plan(
            reading.phonemes, utterance.style, utterance.options, self.engine, reading.prosody, pitch_range
        )

    def _pitch_range(self, options: SpeechOptions) -> float:
        """Factor by which a named emotion widens the melody; styles alone hardly do."""
        range_of = self.description.pitch_ranges.get(options.emotion or NEUTRAL, 1.0)
        return float(range_of**options.intensity)

    def _pieces(self, utterance: _Utterance, plan: speech.Plan | None, at_once: int) -> Iterator[np.ndarray]:
        """Samples [S] of an utterance in pieces, then of its pause."""
        if plan is not None:
            yield from speech.stream(
                plan,
                utterance.style,
                utterance.options,
                self.engine,
                self.description.model,
                utterance.generator(),
                at_once,
            )
        rest = utterance.rest(self.sample_rate)
        if len(rest) or plan is None:
            yield rest


def open_compact(folder: Path, engine: str, threads: int | None, provider: str, precision: str | None) -> CompactVoice:
    """A voice from a folder that `xespeech export` made; arguments are those of `xespeech.load`."""
    description = Description.load(folder)
    styles = StyleBank.load(folder / "styles.safetensors")
    for voice in description.voices:
        if voice.name not in styles.voices:
            raise ModelError(
                f"{folder / 'styles.safetensors'} lacks the voice {voice.name}: export or copy the model again."
            )
    if styles.channels != description.model.style_channels:
        raise ModelError(
            f"{folder / 'styles.safetensors'} holds styles of {styles.channels} channels, the model has "
            f"{description.model.style_channels}: export or copy the model again."
        )
    if engine == "torch":
        from xespeech.inference.torch_engine import TorchEngine

        if precision not in (None, "fp32"):
            raise ConfigError(f"PyTorch runs this model in fp32, not in {precision}: leave the precision out.")
        return CompactVoice(description, styles, TorchEngine(folder, threads))
    return CompactVoice(description, styles, OnnxEngine(folder, threads, provider, precision, at_once=_AT_ONCE))
