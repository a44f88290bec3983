"""How something is to be said: one object for the command line, Python, the engines and the server.

Every value is checked here and nowhere else, when the object is made; names of voices and emotions, which only a model
knows, are looked up when it speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from xespeech.audio import Audio
from xespeech.errors import ConfigError, UnknownNameError, UserError
from xespeech.model_folder.styles import STRONGEST
from xespeech.text import LANGUAGES
from xespeech.text.lexicon import Lexicon

if TYPE_CHECKING:
    from typing_extensions import TypedDict
else:
    from typing import TypedDict

Recording = str | Path | Audio
"""A path or an Audio."""
Prosody = Literal["source", "target"]

SLOWEST, FASTEST = 0.25, 4.0
WIDEST_SHIFT = 12.0
"""Semitones up or down."""
LONGEST_PAUSE = 10.0
MOST_NOISE = 1.0
NOISE = 0.15
"""Deviation of the content latent's noise, relative to the text prior's own; training has .3, less is clearer."""

_Options = TypeVar("_Options", bound="StyleOptions")


@dataclass(frozen=True, kw_only=True)
class StyleOptions:
    """Who says it, and in which mood: what speaking and converting share.

    Attributes:
        voice: a voice of the model; None for the default or the reference's.
        reference: a recording whose voice and emotion to take instead of a named voice.
        emotion: any that some voice was recorded with; None for plain speech or the reference's own emotion.
        emotion_reference: a recording whose emotion to take instead of a named one, and nothing else of it.
        intensity: of the emotion: 0 not at all, 1 as recorded, at most 2.
        pitch: shift of the melody, semitones, -12 to 12.
        seed: another seed gives another reading; the same seed gives the same samples.

    Raises:
        UserError: a value is out of range, or two contradict each other.
    """

    voice: str | None = None
    reference: Recording | None = None
    emotion: str | None = None
    emotion_reference: Recording | None = None
    intensity: float = 1.0
    pitch: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.voice is not None and self.reference is not None:
            raise UserError("voice and reference both choose who speaks: give one of them.")
        if self.emotion is not None and self.emotion_reference is not None:
            raise UserError("emotion and emotion reference both choose the emotion: give one of them.")
        _check_range("intensity", self.intensity, 0.0, STRONGEST, "1 is as recorded")
        _check_range("pitch", self.pitch, -WIDEST_SHIFT, WIDEST_SHIFT, "semitones, 0 is as predicted")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool):
            raise ConfigError(f"the seed {self.seed!r} is no whole number: choose 0 or more.")
        if self.seed < 0:
            raise ConfigError(f"the seed {self.seed} is negative: choose 0 or more.")


@dataclass(frozen=True, kw_only=True)
class SpeechOptions(StyleOptions):
    """How a text is spoken.

    Attributes:
        language: "en", "zh" or "ja"; None finds it for each sentence.
        speed: 2 speaks twice as fast; 0.25 to 4.
        pause: length of the pauses, 0 to 10; 1 is natural.
        noise: how freely the model varies, 0 to 1: 0 says a text in one way whatever the seed.
        lexicon: the user's own pronunciations; a `Lexicon` or the path of one.
        duration_noise: how freely lengths vary, 0 to 1; None for the model's own. Of the original model alone.
        symbols: whether the text is symbols that the original front end would have made. Of the original model alone.
    """

    language: str | None = None
    speed: float = 1.0
    pause: float = 1.0
    noise: float = NOISE
    lexicon: Lexicon | str | Path | None = None
    duration_noise: float | None = None
    symbols: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_language(self.language)
        _check_range("speed", self.speed, SLOWEST, FASTEST, "1 is natural")
        _check_range("pause", self.pause, 0.0, LONGEST_PAUSE, "1 is natural")
        _check_range("noise", self.noise, 0.0, MOST_NOISE, f"{NOISE:g} is natural")
        if self.duration_noise is not None:
            _check_range("duration noise", self.duration_noise, 0.0, MOST_NOISE, "0.8 is natural")


@dataclass(frozen=True, kw_only=True)
class ConversionOptions(StyleOptions):
    """How a recording is said again.

    Attributes:
        prosody: "source" keeps the melody, moved to the target's height; "target" gives it the target's own.
        language: "en", "zh" or "ja", of the source; None finds it by what is heard.
        noise: how freely the model varies, 0 to 1. Of the original model alone.
        content: content features of the source float [T, D], or the .npy file that holds them; None to compute them.
            Of the original model alone.
    """

    prosody: Prosody = "source"
    language: str | None = None
    noise: float = 0.0
    content: np.ndarray | str | Path | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.voice is None and self.reference is None:
            raise UserError("nobody is named to say it: give a voice or a reference.")
        if self.prosody not in ("source", "target"):
            raise UnknownNameError("prosody", str(self.prosody), ("source", "target"))
        _check_language(self.language)
        _check_range("noise", self.noise, 0.0, MOST_NOISE, "0 is none")


class StyleKeywords(TypedDict, total=False):
    """The fields of StyleOptions as keyword arguments."""

    voice: str | None
    reference: Recording | None
    emotion: str | None
    emotion_reference: Recording | None
    intensity: float
    pitch: float
    seed: int


class SpeechKeywords(StyleKeywords, total=False):
    """The fields of SpeechOptions as keyword arguments."""

    language: str | None
    speed: float
    pause: float
    noise: float
    lexicon: Lexicon | str | Path | None
    duration_noise: float | None
    symbols: bool


class ConversionKeywords(StyleKeywords, total=False):
    """The fields of ConversionOptions as keyword arguments."""

    prosody: Prosody
    language: str | None
    noise: float
    content: np.ndarray | str | Path | None


def merge(kind: type[_Options], options: _Options | None, keywords: Any) -> _Options:
    """Options with some of their fields changed.

    Args:
        kind: class of the result.
        options: to start from; None for the defaults.
        keywords: fields to change, by name.

    Raises:
        TypeError: no field has such a name.
        UserError: a value is out of range, or two contradict each other.
    """
    if unknown := sorted(keywords.keys() - {field.name for field in fields(kind)}):
        raise TypeError(f"{kind.__name__} has no {', '.join(unknown)}")
    return kind(**keywords) if options is None else replace(options, **keywords)


def refuse(options: StyleOptions, names: Sequence[str], sentence: str) -> None:
    """Refuse settings that a model has nothing for.

    Args:
        options: given by the user.
        names: of the fields that must be as they are when nothing is asked for.
        sentence: of the error, with {} for the field.

    Raises:
        UserError: one is not.
    """
    defaults = {field.name: field.default for field in fields(options)}
    for name in names:
        value = getattr(options, name)
        if isinstance(value, np.ndarray) or value != defaults[name]:
            raise UserError(sentence.format(name.replace("_", " ")))


def _check_range(name: str, value: float, low: float, high: float, meaning: str) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ConfigError(f"the {name} {value!r} is no number: choose {low:g} to {high:g}, {meaning}.")
    if not low <= value <= high:
        raise ConfigError(f"the {name} {value:g} is out of range: choose {low:g} to {high:g}, {meaning}.")


def _check_language(language: str | None) -> None:
    if language is not None and language not in LANGUAGES:
        raise UnknownNameError("language", str(language), LANGUAGES)
