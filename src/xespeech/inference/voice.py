"""A trained model that speaks and converts.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from xespeech.audio import Audio
from xespeech.checkpoints.description import Description, VoiceInfo
from xespeech.errors import ModelError, UnknownNameError
from xespeech.inference import speech
from xespeech.inference.conversion import convert
from xespeech.inference.engine import Engine
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.options import (
    ConversionKeywords,
    ConversionOptions,
    Recording,
    SpeechKeywords,
    SpeechOptions,
    StyleOptions,
    merge,
)
from xespeech.inference.reference import open_recording, style_of
from xespeech.inference.sound import limit_peak
from xespeech.inference.styles import StyleBank
from xespeech.text import detect_language, phonemize, split_sentences

if TYPE_CHECKING:
    from typing_extensions import Unpack

DEFAULT_FOLDER = Path(__file__).parents[1] / "voices" / "default"
"""The model that comes with the package."""
SENTENCE_PAUSE = 0.15
"""Seconds of silence between sentences, besides the silence that each begins and ends with."""


@dataclass(frozen=True, eq=False)
class AudioChunk:
    """A sentence of a stream.

    Attributes:
        samples: float32 [S], with the pause before the next sentence.
        sample_rate: Hz.
        text: the sentence.
    """

    samples: np.ndarray
    sample_rate: int
    text: str


def load(
    model: str | Path | None = None, *, engine: Literal["onnx", "torch"] = "onnx", threads: int | None = None
) -> Voice:
    """Open a model.

    Args:
        model: a folder made by `xespeech export`; None for the default voice.
        engine: "onnx" needs no PyTorch; "torch" runs the safetensors.
        threads: of the engine; None for as many as suit the machine.

    Raises:
        ModelError: the folder is missing, incomplete or damaged.
    """
    folder = DEFAULT_FOLDER if model is None else Path(model)
    if not folder.is_dir():
        if model is None:
            raise ModelError(
                f"the default voice is not installed ({folder} is missing): name a model folder of your own."
            )
        raise ModelError(f"there is no model folder {folder}: make one with `xespeech export`.")
    description = Description.load(folder)
    styles = StyleBank.load(folder / "styles.safetensors")
    for voice in description.voices:
        if voice.name not in styles.voices:
            raise ModelError(
                f"{folder / 'styles.safetensors'} lacks the voice {voice.name}: export or copy the model again."
            )
    if engine == "torch":
        from xespeech.inference.torch_engine import TorchEngine

        return Voice(description, styles, TorchEngine(folder, description, threads))
    if engine != "onnx":
        raise UnknownNameError("engine", engine, ("onnx", "torch"))
    return Voice(description, styles, OnnxEngine(folder, threads))


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
            text: in English, Mandarin, Japanese or a mixture.
            options: how; None for the defaults.
            keywords: fields of `SpeechOptions` that differ from `options`.

        Raises:
            UserError: one of the arguments cannot be used; its kind tells which (`xespeech.errors`).
        """
        chunks = self.stream(text, options, **keywords)
        return Audio(np.concatenate([chunk.samples for chunk in chunks]), self.sample_rate, synthetic=True)

    def stream(
        self, text: str, options: SpeechOptions | None = None, **keywords: Unpack[SpeechKeywords]
    ) -> Iterator[AudioChunk]:
        """Speak a text sentence by sentence; joined, the chunks are what `speak` returns.

        Arguments and errors are those of `speak`. Mistakes in the arguments raise at once, a text that cannot be read
        when its sentence comes.
        """
        options = merge(SpeechOptions, options, keywords)
        style = self.style(options)
        return self._sentences(split_sentences(text), text, style, options)

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

    def _sentences(
        self, sentences: list[str], text: str, style: np.ndarray, options: SpeechOptions
    ) -> Iterator[AudioChunk]:
        generator = np.random.default_rng(options.seed)
        pause = np.zeros(round(SENTENCE_PAUSE * options.pause / options.speed * self.sample_rate), np.float32)
        for index, sentence in enumerate(sentences):
            language = options.language or detect_language(sentence, text)
            plan = speech.plan(phonemize(sentence, language), style, options, self.engine)
            samples = limit_peak(speech.sound(plan, style, options, self.engine, self.description.model.mel, generator))
            if index < len(sentences) - 1:
                samples = np.concatenate([samples, pause])
            yield AudioChunk(samples, self.sample_rate, sentence)
