"""A trained model that speaks and converts.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import soxr

from xespeech.audio import Audio
from xespeech.errors import ConfigError, ModelError, UnknownNameError
from xespeech.inference import speech
from xespeech.inference.conversion import convert
from xespeech.inference.engine import Engine
from xespeech.inference.hub import find_model
from xespeech.inference.level import limit_peak
from xespeech.inference.live import LiveConverter
from xespeech.inference.narration import Cast, Utterance, narrate
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.options import (
    ConversionKeywords,
    ConversionOptions,
    Recording,
    SpeechKeywords,
    SpeechOptions,
    StyleOptions,
    merge,
    refuse,
)
from xespeech.inference.reference import open_recording, style_of
from xespeech.inference.timing import Sentence, time_words
from xespeech.model_folder.description import Description, VoiceInfo
from xespeech.model_folder.graph_files import check_file
from xespeech.model_folder.styles import StyleBank
from xespeech.original.folder.description import is_original
from xespeech.text.lexicon import Lexicon
from xespeech.text.markup.ssml import read_passages
from xespeech.text.script import check_text
from xespeech.text.sentences import nothing_to_speak

if TYPE_CHECKING:
    from typing_extensions import Unpack

DEFAULT_FOLDER = Path(__file__).parents[1] / "voices" / "default"
"""The model that comes with the package."""
_OTHERS = "only the original model has {}: leave it out."
_AT_ONCE = 2  # sentences, where there are several threads: small graphs gain little from sharing them
_Said: TypeAlias = "tuple[np.ndarray, speech.Plan | None, Utterance]"
_CHECKED_AT_ONCE = 20_000  # characters of a text that are looked through before the first is spoken


@dataclass(frozen=True, eq=False)
class AudioChunk:
    """A piece of a stream.

    Attributes:
        samples: float32 [S]: of a sentence, or of the pause behind it.
        sample_rate: Hz.
        text: the sentence that it is a piece of.
    """

    samples: np.ndarray
    sample_rate: int
    text: str


def load(
    model: str | Path | None = None,
    *,
    engine: Literal["onnx", "torch"] = "onnx",
    threads: int | None = None,
    provider: str = "cpu",
    precision: str | None = None,
) -> Voice:
    """Open a model.

    Args:
        model: a folder made by `xespeech export` or `xespeech import`, or the id of a Hugging Face repository that
            holds one ("owner/name"); None for the default voice.
        engine: "onnx" needs no PyTorch; "torch" runs the safetensors.
        threads: of the engine; None for as many as suit the machine.
        provider: what ONNX Runtime computes on: "cpu", "cuda", "coreml" or "directml".
        precision: "int8", twice as fast on a CPU and 1 % off, or "fp32"; for the original model in PyTorch "fp32" or
            "bf16". None for int8 where the model and the engine have it, else fp32.

    Raises:
        ModelError: the folder is missing, incomplete or damaged.
        UserError: the engine cannot work like that on this machine.
    """
    folder = DEFAULT_FOLDER if model is None else find_model(model)
    if not folder.is_dir():
        raise ModelError(f"the default voice is not installed ({folder} is missing): name a model folder of your own.")
    for path in (*folder.glob("*.json"), *folder.glob("*.safetensors")):
        check_file(path)
    if is_original(folder):
        from xespeech.original.voice.voice import open_original

        return open_original(folder, engine, threads, provider, precision or "fp32")
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
        return Voice(description, styles, TorchEngine(folder, threads))
    if engine != "onnx":
        raise UnknownNameError("engine", engine, ("onnx", "torch"))
    return Voice(description, styles, OnnxEngine(folder, threads, provider, precision, at_once=_AT_ONCE))


class Voice:
    """Speaks and converts in the voices of one model, or in the voice of any recording.

    Args:
        description: of the model.
        styles: of its voices.
        engine: that runs it.
    """

    def __init__(self, description: Description, styles: StyleBank, engine: Engine) -> None:
        self.description, self.styles, self.engine = description, styles, engine

    @property
    def voices(self) -> list[VoiceInfo]:
        """Who can speak, the most recorded first."""
        return list(self.description.voices)

    @property
    def sample_rate(self) -> int:
        """Hz of everything that is spoken."""
        return self.description.model.mel.sample_rate

    def speak(self, text: str, options: SpeechOptions | None = None, **keywords: Unpack[SpeechKeywords]) -> Audio:
        """Speak a text of any length.

        Args:
            text: in English, Mandarin, Japanese or a mixture; or an SSML document (`<speak>…</speak>`).
            options: how; None for the defaults.
            keywords: fields of `SpeechOptions` that differ from `options`.

        Raises:
            UserError: one of the arguments cannot be used; its kind tells which (`xespeech.errors`).
        """
        options = merge(SpeechOptions, options, keywords)
        chunks = [samples for samples, _, _ in self._all(self._utterances(text, options))]
        if not chunks:
            raise nothing_to_speak(text)
        return Audio(np.concatenate(chunks), self.sample_rate, synthetic=True)

    def stream(
        self, text: str | Iterable[str], options: SpeechOptions | None = None, **keywords: Unpack[SpeechKeywords]
    ) -> Iterator[AudioChunk]:
        """Speak a text while it is being read; joined, the chunks are what `speak` returns, but for rounding.

        The first chunk of a sentence is a quarter of a second, the later ones grow: the first sound is there at once,
        however long the sentence or the text.

        Arguments and errors are those of `speak`. Mistakes in the arguments raise at once, a text that cannot be read
        when its sentence comes.
        """
        options = merge(SpeechOptions, options, keywords)
        return self._chunks(self._utterances(text, options))

    def narrate(
        self,
        text: str | Iterable[str],
        options: SpeechOptions | None = None,
        *,
        first: int = 0,
        **keywords: Unpack[SpeechKeywords],
    ) -> Iterator[Sentence]:
        """Speak a text sentence by sentence, and tell when each word is heard.

        Memory does not grow with the text: it may be given in blocks, as a book is read from a file.

        Args:
            text: as in `speak`, or any number of blocks of a plain text.
            options: as in `speak`.
            keywords: as in `speak`.
            first: passage (paragraph, or part of one that one voice says) to begin with; a passage sounds the same
                whatever was spoken before.

        Raises:
            UserError: as in `stream`.
        """
        utterances = self._utterances(text, merge(SpeechOptions, options, keywords), with_spans=True, first=first)
        return (self._sentence(*said) for said in self._all(utterances))

    def convert(
        self, source: Recording, options: ConversionOptions | None = None, **keywords: Unpack[ConversionKeywords]
    ) -> Audio:
        """Say a recording again: same words, same timing, another voice or emotion.

        Args:
            source: what to convert, in any language.
            options: how; a voice or a reference must be named.
            keywords: fields of `ConversionOptions` that differ from `options`.

        Raises:
            UserError: one of the arguments cannot be used; its kind tells which (`xespeech.errors`).
        """
        options = merge(ConversionOptions, options, keywords)
        refuse(options, ("noise", "content"), _OTHERS)
        style = self.style(options)
        samples = convert(
            open_recording(source, self.sample_rate),
            style,
            self.engine,
            self.description.model.mel,
            options,
            self.description.phone_frequencies,
            np.random.default_rng(options.seed),
        )
        return Audio(limit_peak(samples), self.sample_rate, synthetic=True)

    def convert_stream(
        self,
        chunks: Iterable[np.ndarray],
        options: ConversionOptions | None = None,
        *,
        sample_rate: int | None = None,
        **keywords: Unpack[ConversionKeywords],
    ) -> Iterator[Audio]:
        """Say a recording again while it is being made: what comes out is 0.2 s behind what goes in.

        In all, as many seconds come out as went in; how the chunks were cut makes no difference.

        Args:
            chunks: of the recording, float [S] of any length.
            options: as in `convert`.
            keywords: as in `convert`.
            sample_rate: Hz of the chunks; None for the model's own.

        Raises:
            UserError: one of the arguments cannot be used; at once.
        """
        converter = self.live(merge(ConversionOptions, options, keywords))
        resampler = None
        if sample_rate is not None and sample_rate != self.sample_rate:
            resampler = soxr.ResampleStream(sample_rate, self.sample_rate, 1, dtype="float32")

        def convert_all() -> Iterator[Audio]:
            for chunk in chunks:
                samples = np.asarray(chunk, np.float32)
                samples = converter.push(samples if resampler is None else resampler.resample_chunk(samples))
                if len(samples):
                    yield Audio(samples, self.sample_rate, synthetic=True)
            samples = np.zeros(0, np.float32)
            if resampler is not None:
                samples = converter.push(resampler.resample_chunk(samples, last=True))
            yield Audio(np.concatenate([samples, converter.finish()]), self.sample_rate, synthetic=True)

        return convert_all()

    def live(self, options: ConversionOptions) -> LiveConverter:
        """A converter of samples as they come, at the model's rate."""
        return LiveConverter(self.style(options), self.engine, self.description, options)

    def style(self, options: StyleOptions) -> np.ndarray:
        """Style float32 [G] of whoever is asked for, in the emotion asked for.

        Raises:
            UnknownNameError: there is no such voice or emotion.
            AudioError: a reference cannot be read or no speech can be heard in it.
        """
        mel = self.description.model.mel
        if options.reference is None:
            name = options.voice or self.description.default_voice
            style = self.styles.lookup(name, options.emotion, options.intensity)
        else:
            style = style_of(options.reference, self.engine, mel)
            if options.emotion is not None:
                style = self.styles.express(style, options.emotion, options.intensity)
        if options.emotion_reference is not None:
            recording = style_of(options.emotion_reference, self.engine, mel)
            style = self.styles.express_like(style, recording, options.intensity)
        return style

    def _utterances(
        self, text: str | Iterable[str], options: SpeechOptions, with_spans: bool = False, first: int = 0
    ) -> Iterator[Utterance]:
        """What is to be said, sentence by sentence; mistakes in the options and in SSML raise at once."""
        refuse(options, ("duration_noise", "symbols"), _OTHERS)
        self.engine.prepare("text", "text_to_content", "sound")  # while the front end of the language is loaded
        cast = Cast(options, self.style)
        passages = read_passages(text)
        if isinstance(passages, list):
            for passage in passages:
                cast(passage)
        elif isinstance(text, str):
            check_text(text, _CHECKED_AT_ONCE)
        lexicon = options.lexicon
        if lexicon is not None and not isinstance(lexicon, Lexicon):
            lexicon = Lexicon.load(lexicon)
        return narrate(passages, options, cast, lexicon, with_spans, first)

    def _chunks(self, utterances: Iterator[Utterance]) -> Iterator[AudioChunk]:
        for utterance in utterances:
            for samples in self._pieces(utterance, self._plan(utterance), speech.SOON):
                yield AudioChunk(samples, self.sample_rate, utterance.text)

    def _all(self, utterances: Iterator[Utterance]) -> Iterator[_Said]:
        """What is said, in order; with several threads, the next sentence is begun before one is finished."""
        if self.engine.threads == 1:
            yield from map(self._say, utterances)
            return
        begun: deque[Future[_Said]] = deque()
        failure: Exception | None = None
        pool = ThreadPoolExecutor(_AT_ONCE, "speak")
        try:
            while failure is None:
                try:
                    begun.append(pool.submit(self._say, next(utterances)))
                except StopIteration:
                    break
                except Exception as error:  # it comes after the sentences before it
                    failure = error
                while begun and (len(begun) > _AT_ONCE or begun[0].done()):
                    yield begun.popleft().result()
            for said in begun:
                yield said.result()
        finally:
            pool.shutdown(cancel_futures=True)
        if failure is not None:
            raise failure

    def _sentence(self, samples: np.ndarray, plan: speech.Plan | None, utterance: Utterance) -> Sentence:
        frame = self.description.model.mel.hop_length / self.sample_rate
        words = time_words(utterance.reading, plan.durations, frame) if utterance.reading and plan else ()
        return Sentence(samples, self.sample_rate, utterance.text, words, utterance.pause, utterance.passage)

    def _say(self, utterance: Utterance) -> _Said:
        """Samples [S] of an utterance, with its pause; when its symbols are heard; the utterance."""
        plan = self._plan(utterance)
        return np.concatenate(list(self._pieces(utterance, plan, speech.MOST_FRAMES))), plan, utterance

    def _plan(self, utterance: Utterance) -> speech.Plan | None:
        reading = utterance.reading
        if reading is None:
            return None
        return speech.plan(reading.phonemes, utterance.style, utterance.options, self.engine, reading.prosody)

    def _pieces(self, utterance: Utterance, plan: speech.Plan | None, at_once: int) -> Iterator[np.ndarray]:
        """Samples [S] of an utterance, piece by piece, and of its pause."""
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
        n_silent = round(utterance.pause * self.sample_rate)
        if n_silent or plan is None:
            yield np.zeros(n_silent, np.float32)
