"""The interface of every model, whatever its architecture: speech, voice conversion, voices.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import soxr

from xespeech.architectures import architecture_of
from xespeech.audio import Audio
from xespeech.errors import UnknownNameError
from xespeech.inference.engine import Engine
from xespeech.inference.hub import find_model
from xespeech.inference.level import join_pieces
from xespeech.inference.options import (
    DEFAULT_DELAY,
    ConversionKeywords,
    ConversionOptions,
    Recording,
    SpeechKeywords,
    SpeechOptions,
    StyleOptions,
    merge,
)
from xespeech.inference.timing import Sentence
from xespeech.model_folder.description import VoiceInfo
from xespeech.model_folder.graph_files import check_file
from xespeech.text.sentences import nothing_to_speak

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from xespeech.inference.live import LiveConverter

ENGINES = ("onnx", "torch")


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


class Voice(ABC):
    """Speaks and converts in the voices of one model, or in the voice of any recording. `load` opens one.

    Attributes:
        architecture: name in `xespeech.architectures`.
        description: of the model, from `config.json` of its folder.
        engine: that runs the model.
    """

    architecture: str
    description: Any
    engine: Engine

    @property
    @abstractmethod
    def identity(self) -> str:
        """Fingerprint of the model: equal for models that share one style space."""

    @property
    @abstractmethod
    def voices(self) -> list[VoiceInfo]:
        """The voices of the model, the most recorded first; none where a reference must be given."""

    @property
    @abstractmethod
    def default_voice(self) -> str | None:
        """The voice that is used when none is given; None where a reference must be given."""

    @property
    def sample_rate(self) -> int:
        """Hz of all output."""
        return int(self.description.model.mel.sample_rate)

    @property
    def style_channels(self) -> int:
        """Channels G of a style vector."""
        return int(self.description.model.style_channels)

    @abstractmethod
    def with_voice(self, name: str, style: np.ndarray) -> Voice:
        """The same model with one more voice, whose style [G] `style` has computed."""

    @abstractmethod
    def with_engine(self, engine: Engine) -> Voice:
        """The same model on another engine."""

    @abstractmethod
    def style(self, options: StyleOptions) -> np.ndarray:
        """Style vector float32 [G] of the voice and emotion that the options choose.

        Raises:
            UnknownNameError: there is no such voice or emotion.
            AudioError: a reference cannot be read or no speech can be heard in it.
        """

    @abstractmethod
    def sentences(
        self, text: str | Iterable[str], options: SpeechOptions, first: int = 0, timed: bool = True
    ) -> Iterator[Sentence]:
        """As `narrate`; the sentences have word times only if `timed`."""

    def chunks(self, text: str | Iterable[str], options: SpeechOptions) -> Iterator[AudioChunk]:
        """As `stream`: sentences, where a model has no smaller pieces."""
        said = self.sentences(text, options, timed=False)
        return (AudioChunk(sentence.samples, sentence.sample_rate, sentence.text) for sentence in said)

    @abstractmethod
    def converted(self, source: Recording, options: ConversionOptions) -> Audio:
        """As `convert`."""

    def stream(
        self, text: str | Iterable[str], options: SpeechOptions | None = None, **keywords: Unpack[SpeechKeywords]
    ) -> Iterator[AudioChunk]:
        """Speak a text in chunks, as they are ready; joined, they are what `speak` returns, but for rounding.

        The latency does not depend on the length of the text: the compact model yields a quarter of a second first,
        the original model a sentence.

        Arguments and errors are those of `speak`. Invalid arguments raise at once, unreadable text when its sentence
        is reached.
        """
        return self.chunks(text, merge(SpeechOptions, options, keywords))

    def convert(
        self, source: Recording, options: ConversionOptions | None = None, **keywords: Unpack[ConversionKeywords]
    ) -> Audio:
        """Convert a recording: same words, same timing, another voice or emotion.

        Args:
            source: what to convert, in any language.
            options: how; a voice or a reference is required.
            keywords: fields of `ConversionOptions` that differ from `options`.

        Raises:
            UserError: an argument is invalid; see `xespeech.errors` for its kinds.
        """
        return self.converted(source, merge(ConversionOptions, options, keywords))

    @abstractmethod
    def live(self, options: ConversionOptions, delay: str = DEFAULT_DELAY) -> LiveConverter:
        """A streaming converter at the model's sample rate.

        Args:
            options: how.
            delay: latency without computing: "high" 0.2 s, closest to the conversion of a file; "normal" 0.1 s;
                "low" 0.05 s where the renderer of the model allows it.

        Raises:
            UserError: an option is invalid, or the model converts whole recordings only.
        """

    def speak(self, text: str, options: SpeechOptions | None = None, **keywords: Unpack[SpeechKeywords]) -> Audio:
        """Speak a text of any length.

        Args:
            text: in English, Mandarin, Japanese or a mixture; or an SSML document (`<speak>…</speak>`).
            options: how; None for the defaults.
            keywords: fields of `SpeechOptions` that differ from `options`.

        Raises:
            UserError: an argument is invalid; see `xespeech.errors` for its kinds.
        """
        said = self.sentences(text, merge(SpeechOptions, options, keywords), timed=False)
        samples = [sentence.samples for sentence in said]
        if not samples:
            raise nothing_to_speak(text)
        return Audio(join_pieces(samples), self.sample_rate, synthetic=True)

    def narrate(
        self,
        text: str | Iterable[str],
        options: SpeechOptions | None = None,
        *,
        first: int = 0,
        **keywords: Unpack[SpeechKeywords],
    ) -> Iterator[Sentence]:
        """Speak a text sentence by sentence, with the times of its words.

        Memory does not grow with the text, which may be given in blocks, as a book is read from a file.

        Args:
            text: as in `speak`, or any number of blocks of a plain text.
            options: as in `speak`.
            keywords: as in `speak`.
            first: number of the passage to begin with: a paragraph, or the part of one that has one voice. Its samples
                do not depend on the passages before it.

        Raises:
            UserError: as in `stream`.
        """
        return self.sentences(text, merge(SpeechOptions, options, keywords), first)

    def convert_stream(
        self,
        chunks: Iterable[np.ndarray],
        options: ConversionOptions | None = None,
        *,
        sample_rate: int | None = None,
        delay: str = DEFAULT_DELAY,
        **keywords: Unpack[ConversionKeywords],
    ) -> Iterator[Audio]:
        """Convert a recording while it is being made, with a latency of at most 0.2 s.

        The output is as long as the input and does not depend on how that was cut into chunks.

        Args:
            chunks: of the recording, float [S] of any length.
            options: as in `convert`.
            keywords: as in `convert`.
            sample_rate: Hz of the chunks; None for that of the model.
            delay: as in `live`.

        Raises:
            UserError: an argument is invalid; raised at once.
        """
        converter = self.live(merge(ConversionOptions, options, keywords), delay)
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
        UserError: the engine does not support these settings on this machine.
    """
    folder = find_model(model)
    for path in (*folder.glob("*.json"), *folder.glob("*.safetensors")):
        check_file(path)
    UnknownNameError.check("engine", engine, ENGINES)
    return architecture_of(folder).open_voice(folder, engine, threads, provider, precision)
