"""A trained model that speaks and converts.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from xespeech.audio import Audio
from xespeech.checkpoints.description import Description, VoiceInfo
from xespeech.errors import ConfigError, ModelError, UnknownNameError, UserError
from xespeech.inference import frames
from xespeech.inference.conversion import Prosody, convert
from xespeech.inference.engine import Engine
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.reference import open_recording, style_of
from xespeech.inference.sound import limit_peak, make_sound, predicted_pitch
from xespeech.inference.styles import StyleBank
from xespeech.text import LANGUAGES, detect_language, phonemize, split_sentences

Recording = str | Path | Audio
"""A path or an Audio."""

DEFAULT_FOLDER = Path(__file__).parents[1] / "voices" / "default"
"""The model that comes with the package."""
NOISE_SCALE = 0.3
"""Deviation of the content latent's noise, relative to the text prior's own; the windows of training have the same."""
SENTENCE_PAUSE = 0.15
"""Seconds of silence between sentences, besides the silence that each begins and ends with."""
SLOWEST, FASTEST = 0.25, 4.0


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

    def speak(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        emotion: str | None = None,
        intensity: float = 1.0,
        reference: Recording | None = None,
        speed: float = 1.0,
        seed: int = 0,
    ) -> Audio:
        """Speak a text of any length.

        Args:
            text: in English, Mandarin, Japanese or a mixture.
            voice: one of `voices`; None for the default or the reference's.
            language: "en", "zh" or "ja"; None finds it for each sentence.
            emotion: any that some voice was recorded with; None for plain speech or the reference's own emotion.
            intensity: of the emotion: 0 not at all, 1 as recorded, at most 2.
            reference: a recording whose voice and emotion to take instead of a named voice.
            speed: 2 speaks twice as fast; 0.25 to 4.
            seed: another seed gives another reading; the same seed gives the same samples.

        Raises:
            UserError: one of the arguments cannot be used; its kind tells which (`xespeech.errors`).
        """
        chunks = self.stream(
            text,
            voice=voice,
            language=language,
            emotion=emotion,
            intensity=intensity,
            reference=reference,
            speed=speed,
            seed=seed,
        )
        return Audio(np.concatenate([chunk.samples for chunk in chunks]), self.sample_rate, synthetic=True)

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        language: str | None = None,
        emotion: str | None = None,
        intensity: float = 1.0,
        reference: Recording | None = None,
        speed: float = 1.0,
        seed: int = 0,
    ) -> Iterator[AudioChunk]:
        """Speak a text sentence by sentence; joined, the chunks are what `speak` returns.

        Arguments and errors are those of `speak`. Mistakes in the arguments raise at once, a text that cannot be read
        when its sentence comes.
        """
        if language is not None:
            _check_language(language)
        if not SLOWEST <= speed <= FASTEST:
            raise ConfigError(f"the speed {speed:g} is out of range: choose {SLOWEST:g} to {FASTEST:g}, 1 is natural.")
        generator = _generator(seed)
        style = self._style(voice, reference, emotion, intensity)
        sentences = split_sentences(text)
        return self._sentences(sentences, text, style, language, speed, generator)

    def convert(
        self,
        source: Recording,
        *,
        voice: str | None = None,
        emotion: str | None = None,
        intensity: float = 1.0,
        reference: Recording | None = None,
        prosody: Prosody = "source",
        language: str | None = None,
        seed: int = 0,
    ) -> Audio:
        """Say a recording again: same words, same timing, another voice or emotion.

        Args:
            source: what to convert, in any language.
            voice, emotion, intensity, reference: who says it and how, as in `speak`; a voice or a reference is needed.
            prosody: "source" keeps the melody, moved to the target's height; "target" gives it the target's own.
            language: of the source; None finds it by what is heard.
            seed: of the noise in the sound.

        Raises:
            UserError: one of the arguments cannot be used; its kind tells which (`xespeech.errors`).
        """
        if voice is None and reference is None:
            raise UserError("nobody is named to say it: give a voice or a reference.")
        if language is not None:
            _check_language(language)
        if prosody not in ("source", "target"):
            raise UnknownNameError("prosody", prosody, ("source", "target"))
        generator = _generator(seed)
        style = self._style(voice, reference, emotion, intensity)
        samples = convert(
            open_recording(source, self.sample_rate),
            style,
            self.engine,
            self.description.model.mel,
            prosody,
            language,
            self.description.phone_frequencies,
            generator,
        )
        return Audio(limit_peak(samples), self.sample_rate, synthetic=True)

    def _style(
        self, voice: str | None, reference: Recording | None, emotion: str | None, intensity: float
    ) -> np.ndarray:
        """Style [G] of whoever is asked for."""
        if voice is not None and reference is not None:
            raise UserError("voice and reference both choose who speaks: give one of them.")
        if reference is None:
            return self.styles.lookup(voice or self.description.default_voice, emotion, intensity)
        style = style_of(reference, self.engine, self.description.model.mel)
        return style if emotion is None else self.styles.express(style, emotion, intensity)

    def _sentences(
        self,
        sentences: list[str],
        text: str,
        style: np.ndarray,
        language: str | None,
        speed: float,
        generator: np.random.Generator,
    ) -> Iterator[AudioChunk]:
        pause = np.zeros(round(SENTENCE_PAUSE / speed * self.sample_rate), np.float32)
        for index, sentence in enumerate(sentences):
            samples = self._say(sentence, language or detect_language(sentence, text), style, speed, generator)
            if index < len(sentences) - 1:
                samples = np.concatenate([samples, pause])
            yield AudioChunk(samples, self.sample_rate, sentence)

    def _say(
        self, sentence: str, language: str, style: np.ndarray, speed: float, generator: np.random.Generator
    ) -> np.ndarray:
        """Waveform [S] of one sentence."""
        ids = frames.symbol_ids(phonemize(sentence, language))
        text = self.engine.text(ids["phones"], ids["marks"], ids["languages"], style)
        durations = frames.frame_counts(text.log_durations, speed)
        mean = frames.expand(text.mean, durations)
        hidden = frames.expand(text.hidden, durations)
        content = self.engine.text_to_content(
            mean,
            frames.expand(text.log_std, durations),
            NOISE_SCALE * generator.standard_normal(mean.shape, dtype=np.float32),
            frames.expand(ids["languages"], durations),
            np.concatenate([hidden, frames.frame_positions(durations)], axis=1),
            style,
        )
        log_pitch, voicing = predicted_pitch(content)
        mel = self.description.model.mel
        return limit_peak(make_sound(content.latent, style, log_pitch, voicing, self.engine, mel, generator))


def _check_language(language: str) -> None:
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)


def _generator(seed: int) -> np.random.Generator:
    if seed < 0:
        raise ConfigError(f"the seed {seed} is negative: choose 0 or more.")
    return np.random.default_rng(seed)
