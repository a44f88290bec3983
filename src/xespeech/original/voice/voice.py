"""Speech and voice conversion with the published model, in the voice of any recording.

Shapes: N symbols, T frames (50/s), D content channels, Z latent channels, G style channels, S samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xespeech.audio import Audio
from xespeech.errors import DataError, ModelError, TextError, UserError
from xespeech.inference.compact import CompactVoice
from xespeech.inference.conversion import cut_at_quiet, recognise_phones
from xespeech.inference.conversion import detect_language as identify_language
from xespeech.inference.engine import Engine
from xespeech.inference.narration import Cast, Utterance, narrate
from xespeech.inference.onnx_engine import OnnxEngine
from xespeech.inference.options import DEFAULT_DELAY, ConversionOptions, Recording, SpeechOptions, StyleOptions, refuse
from xespeech.inference.reference import open_recording
from xespeech.inference.timing import Sentence
from xespeech.inference.voice import Voice, load
from xespeech.model_folder.description import VoiceInfo
from xespeech.original.folder.description import OriginalDescription
from xespeech.original.text import LANGUAGES, symbols_to_ids, text_to_symbols
from xespeech.original.voice.reference import style_of
from xespeech.original.voice.stages import ORIGINAL_GRAPHS, OriginalStages
from xespeech.text import detect_language
from xespeech.text.markup.ssml import is_ssml
from xespeech.text.script import Line, check_text, read_plain

if TYPE_CHECKING:
    from xespeech.content.encoder import ContentEncoder
    from xespeech.inference.live import LiveConverter

DURATION_NOISE = 0.8
"""Deviation of the noise that durations are drawn with; as VITS speaks."""
LONGEST_SYMBOL = 500
"""Frames (10 s); no symbol lasts longer."""
_UNSUPPORTED = "the original model does not support {}: leave it out, its reference decides."
_LONGEST_PIECE, _SHORTEST_PIECE = 30.0, 20.0  # seconds converted at once; Whisper hears 30 s
_MISSING_FRAMES = 2  # tolerated difference of lengths between content features and recording


class _Symbols(NamedTuple):
    """Input of the text encoder for a sentence: symbol ids int64 [N], and their language."""

    ids: np.ndarray
    language: str


class OriginalVoice(Voice):
    """Speaks and converts with the published model. It has no built-in voices: a reference is needed.

    Args:
        description: of the model.
        engine: that runs it.
        enrolled: styles [G] of added voices, by name.
    """

    architecture = "original"
    description: OriginalDescription

    def __init__(
        self, description: OriginalDescription, engine: Engine, enrolled: Mapping[str, np.ndarray] | None = None
    ) -> None:
        self.description, self.engine, self._enrolled = description, engine, dict(enrolled or {})
        self.stages = OriginalStages(engine, description.model)
        self.languages = LANGUAGES[: description.model.n_languages]

    @property
    def identity(self) -> str:
        about = self.description
        return json.dumps([asdict(about.model), about.iteration, about.version], sort_keys=True)

    @property
    def voices(self) -> list[VoiceInfo]:
        return []

    @property
    def default_voice(self) -> None:
        return None

    def with_voice(self, name: str, style: np.ndarray) -> OriginalVoice:
        return OriginalVoice(self.description, self.engine, {**self._enrolled, name: style})

    def with_engine(self, engine: Engine) -> OriginalVoice:
        return OriginalVoice(self.description, engine, self._enrolled)

    def sentences(
        self, text: str | Iterable[str], options: SpeechOptions, first: int = 0, timed: bool = True
    ) -> Iterator[Sentence]:
        """Sentences have no word times: the published front end does not map words to symbols."""
        refuse(options, self.architecture, lexicon=_UNSUPPORTED)
        style = self.style(options)
        utterances: Iterator[Utterance[_Symbols]]
        if options.symbols:
            symbols = text if isinstance(text, str) else "".join(text)
            reading = self._ids(symbols, options.language or language_of_symbols(symbols))
            utterances = iter([Utterance(symbols, reading, style, options, 0.0, 0, 0)][first:])
        else:
            if isinstance(text, str):
                if is_ssml(text):
                    raise TextError("the original model reads plain text, no SSML: leave the tags out.")
                check_text(text, markup=options.markup)
            cast = Cast(options, lambda _: style)
            utterances = narrate(
                read_plain(text, options.markup), options, cast, partial(self._read, options=options), first
            )
        return map(self._synthesize, utterances)

    def _read(self, line: Line, options: SpeechOptions) -> _Symbols:
        language = self._known_language(options.language or detect_language(line.text, line.context))
        return self._ids(text_to_symbols(line.text, language), language)

    def _ids(self, symbols: str, language: str) -> _Symbols:
        return _Symbols(np.array(symbols_to_ids(symbols, self._known_language(language)), np.int64), language)

    def _synthesize(self, utterance: Utterance[_Symbols]) -> Sentence:
        """Synthesise an utterance with its pause."""
        reading, options, generator = utterance.reading, utterance.options, utterance.generator()
        assert reading is not None  # there are no pauses alone in plain text
        ids, language = reading.ids, LANGUAGES.index(reading.language)
        scale = DURATION_NOISE if options.duration_noise is None else options.duration_noise
        noise = np.float32(scale) * generator.standard_normal((len(ids), 2), dtype=np.float32)
        text = self.stages.text(ids, language, utterance.style, noise)
        frames = np.ceil(np.exp(np.minimum(text.log_durations, 20.0)) / np.float32(options.speed))
        durations = np.clip(frames, 1, LONGEST_SYMBOL).astype(np.int64)
        mean, log_std = np.repeat(text.mean, durations, axis=0), np.repeat(text.log_std, durations, axis=0)
        noise = np.float32(options.noise) * generator.standard_normal(mean.shape, dtype=np.float32)
        content = self.stages.text_to_content(mean, log_std, noise, language)
        samples = np.concatenate([self.stages.sound(content, utterance.style), utterance.rest(self.sample_rate)])
        return Sentence(samples, self.sample_rate, utterance.text, (), utterance.pause, utterance.passage)

    def converted(self, source: Recording, options: ConversionOptions) -> Audio:
        style = self.style(options)
        hop, rate = self.description.model.mel.hop_length, self.sample_rate
        audio = open_recording(source, rate)
        language = LANGUAGES.index(self._known_language(options.language or self._source_language(audio)))
        samples = audio.samples[: len(audio.samples) // hop * hop]
        pieces = cut_at_quiet(samples, hop, round(_SHORTEST_PIECE * rate), round(_LONGEST_PIECE * rate))
        if options.content is None:
            features = self._content_encoder.encode(pieces)
        else:
            whole = _read_features(options.content, len(samples) // hop, self.description.model.content_channels)
            ends = np.cumsum([len(piece) // hop for piece in pieces])[:-1]
            features = np.split(whole, ends)
        generator = np.random.default_rng(options.seed)
        waveforms = []
        for window in features:
            size = (len(window), self.description.model.latent_channels)
            noise = np.float32(options.noise) * generator.standard_normal(size, dtype=np.float32)
            content = self.stages.recording_to_content(np.ascontiguousarray(window), noise, language)
            waveforms.append(self.stages.sound(content, style))
        return Audio(np.concatenate(waveforms), rate, synthetic=True)

    def live(self, options: ConversionOptions, delay: str = DEFAULT_DELAY) -> LiveConverter:
        raise UserError("the original model converts whole recordings only: convert the recording when it is complete.")

    def style(self, options: StyleOptions) -> np.ndarray:
        unsupported = dict.fromkeys(("emotion", "emotion_reference", "intensity"), _UNSUPPORTED)
        refuse(options, self.architecture, **unsupported)
        if options.voice is not None and options.voice in self._enrolled:
            return self._enrolled[options.voice]
        if options.voice is not None or options.reference is None:
            raise UserError(
                "the original model has no built-in voices: name a recording as reference, or an enrolled voice."
            )
        return style_of(options.reference, self.stages)

    def _known_language(self, language: str) -> str:
        if language not in self.languages:
            raise UserError(f"this model does not speak {language}: it knows {', '.join(self.languages)}.")
        return language

    def _source_language(self, audio: Audio) -> str:
        """The language of a source, identified by the default voice."""
        try:
            listener = load()
        except ModelError as error:
            raise UserError(f"name the language of the source: {' or '.join(self.languages)}.") from error
        assert isinstance(listener, CompactVoice)
        about = listener.description
        phones = recognise_phones(audio.resample(about.model.mel.sample_rate).samples, listener.engine, about.model)
        counts = np.bincount(phones, minlength=1)
        return identify_language(counts, {name: about.phone_frequencies[name] for name in self.languages})

    @cached_property
    def _content_encoder(self) -> ContentEncoder:
        try:
            from xespeech.content.encoder import load_content_encoder
        except ModuleNotFoundError as error:
            raise ModelError(
                "hearing the source needs Whisper: pip install 'xespeech[whisper]', or give features (--content)."
            ) from error
        encoder = load_content_encoder(self.description.content_encoder)
        if encoder.channels != self.description.model.content_channels:
            raise ModelError(
                f"{self.description.content_encoder} gives {encoder.channels} channels, the model wants "
                f"{self.description.model.content_channels}: import it again with the right --content-encoder."
            )
        return encoder


def language_of_symbols(symbols: str) -> str:
    """The language whose front end makes such symbols: IPA is English, tones are Mandarin, plain letters Japanese."""
    if any(character.isalpha() and not character.isascii() for character in symbols):
        return "en"
    return "zh" if any(character in "12345" for character in symbols) else "ja"


def _read_features(content: str | Path | np.ndarray, n_frames: int, channels: int) -> np.ndarray:
    """Features float32 [T, D] of a recording of n_frames.

    Raises:
        DataError: the file cannot be read, or its shape does not fit the recording or the model.
    """
    name = "the content features" if isinstance(content, np.ndarray) else str(content)
    try:
        features = content if isinstance(content, np.ndarray) else np.load(content, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{name} cannot be read as content features: name a .npy file of shape [T, D].") from error
    if not isinstance(features, np.ndarray) or features.ndim != 2 or features.shape[1] != channels:
        shape = list(getattr(features, "shape", []))
        raise DataError(
            f"{name} has the shape {shape}, the model wants [T, {channels}]: use the content encoder of the model."
        )
    if abs(len(features) - n_frames) > _MISSING_FRAMES or len(features) == 0:
        raise DataError(f"{name} has {len(features)} frames, the recording {n_frames}: they are not of one recording.")
    features = features[:n_frames].astype(np.float32)
    if not np.isfinite(features).all():
        raise DataError(f"{name} holds values that are not numbers: compute them again.")
    return np.pad(features, ((0, n_frames - len(features)), (0, 0)), mode="edge")


def open_original(
    folder: Path, engine: str, threads: int | None, provider: str, precision: str | None
) -> OriginalVoice:
    """A voice from a folder that `xespeech import` made; arguments are those of `xespeech.load`."""
    description = OriginalDescription.load(folder)
    if engine == "torch":
        from xespeech.original.voice.torch_engine import OriginalTorchEngine

        return OriginalVoice(description, OriginalTorchEngine(folder, threads, precision or "fp32"))
    return OriginalVoice(description, OnnxEngine(folder, threads, provider, precision, ORIGINAL_GRAPHS))
