"""Options of speech and conversion, defined once for Python, the command line, batch, the server and the page.

A field holds the default, range and help of an option. The command line, the JSON schema of the server, the columns of
a batch and the controls of the page are derived from these fields (`describe`). Values are validated when the object is
made; names of voices and emotions, which depend on the model, when it speaks. What an option does is written where a
model reads `options.NAME`; docs/architecture.md lists these places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, TypedDict, TypeVar

import numpy as np

from xespeech.audio import Audio
from xespeech.errors import ConfigError, UnknownNameError, UserError
from xespeech.model_folder.styles import STRONGEST
from xespeech.text import LANGUAGES
from xespeech.text.lexicon import Lexicon
from xespeech.text.script import MARKUP

Recording = str | Path | Audio
"""A path or an Audio."""
Prosody = Literal["source", "target"]
Markup = Literal["auto", "plain"]

TWO_SPEAKERS = "voice and reference both choose who speaks: give one of them."
NO_SPEAKER = "nobody is named to say it: give a voice or a reference."

_Options = TypeVar("_Options", bound="StyleOptions")


@dataclass(frozen=True)
class Option:
    """An option, as all interfaces present it.

    Attributes:
        kind: type of its values as text: str, float, int, bool; Path for what is read from a file.
        help: a sentence or two, without the range.
        default: None where the model or another option decides.
        low, high: the range; None for no limit.
        meaning: of the default, for error messages; {} stands for it.
        choices: all allowed values; empty for any.
        short: short name on the command line, "-v".
        step: of a slider.
        only: the one architecture that has it; empty for all.
    """

    kind: type
    help: str
    default: Any = None
    low: float | None = None
    high: float | None = None
    meaning: str = ""
    choices: tuple[str, ...] = ()
    short: str = ""
    step: float = 0.05
    only: str = ""

    @property
    def text(self) -> str:
        """The help text, with the range or the choices."""
        notes = []
        if self.high is not None:
            notes.append(f"{self.low:g} to {self.high:g}")
        if self.choices and not all(choice in self.help for choice in self.choices):
            notes.append(f"one of {', '.join(self.choices)}")
        if self.only:
            notes.append(f"of the {self.only} model alone")
        return "; ".join([self.help.removesuffix("."), *notes]) + "."

    def check(self, name: str, value: Any) -> None:
        """Validate a value.

        Raises:
            ConfigError: it is out of range or not a number.
            UnknownNameError: it is not one of the choices.
        """
        if type(value) is type(self.default) and value == self.default:
            return
        if self.choices:
            if value not in self.choices:
                raise UnknownNameError(name, str(value), self.choices)
        elif self.kind is int:
            if not isinstance(value, int) or isinstance(value, bool):
                raise ConfigError(f"the {name} {value!r} is not a whole number: choose {self.low:g} or more.")
            if value < (self.low or 0):
                raise ConfigError(f"the {name} {value} is negative: choose {self.low:g} or more.")
        elif self.kind is float:
            meaning = self.meaning.format("" if self.default is None else f"{self.default:g}")
            wanted = f"choose {self.low:g} to {self.high:g}, {meaning}."
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise ConfigError(f"the {name} {value!r} is not a number: {wanted}")
            if not (self.low or 0) <= value <= (self.high or 0):
                raise ConfigError(f"the {name} {value:g} is out of range: {wanted}")


def option(kind: type, help: str, default: Any = None, **about: Any) -> Any:
    """A dataclass field described by an `Option`."""
    return field(default=default, metadata={"option": Option(kind, help, default, **about)})


_described: dict[type, Mapping[str, Option]] = {}  # by class; short sentences would spend a hundredth of their time


def describe(kind: type[StyleOptions]) -> Mapping[str, Option]:
    """The options of a class, by name."""
    if kind not in _described:
        _described[kind] = {entry.name: entry.metadata["option"] for entry in fields(kind)}
    return _described[kind]


@dataclass(frozen=True, kw_only=True)
class StyleOptions:
    """Voice, emotion and pitch: the options that speech and conversion share.

    Raises:
        UserError: a value is out of range, or two contradict each other.
    """

    voice: str | None = option(str, "A name from `xespeech voices`.", short="-v")
    reference: Recording | None = option(
        Path, "A recording in any language whose voice and emotion to use.", short="-r"
    )
    emotion: str | None = option(
        str, "An emotion from `xespeech voices`, of any voice; plain if not given.", short="-e"
    )
    emotion_reference: Recording | None = option(
        Path, "A recording whose emotion to use, without its voice, instead of a named emotion."
    )
    intensity: float = option(
        float,
        "How strongly to express the emotion: 0 not at all, 1 as recorded.",
        1.0,
        low=0.0,
        high=STRONGEST,
        meaning="{} is as recorded",
        step=0.1,
    )
    pitch: float = option(
        float,
        "Pitch shift in semitones.",
        0.0,
        low=-12.0,
        high=12.0,
        meaning="semitones, {} is as predicted",
        step=0.5,
        only="compact",
    )
    seed: int = option(int, "Another seed gives another rendition, the same seed the same samples.", 0, low=0)

    def __post_init__(self) -> None:
        if self.voice is not None and self.reference is not None:
            raise UserError(TWO_SPEAKERS)
        if self.emotion is not None and self.emotion_reference is not None:
            raise UserError("emotion and emotion reference both choose the emotion: give one of them.")
        for name, about in describe(type(self)).items():
            about.check(name.replace("_", " "), getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class SpeechOptions(StyleOptions):
    """Options of speech. A lexicon is a `Lexicon` or the path of one."""

    language: str | None = option(
        str, "en, zh or ja; detected per sentence when not given.", choices=LANGUAGES, short="-l"
    )
    speed: float = option(float, "2 speaks twice as fast.", 1.0, low=0.25, high=4.0, meaning="{} is natural")
    pause: float = option(float, "2 makes pauses twice as long.", 1.0, low=0.0, high=10.0, meaning="{} is natural")
    # Noise of the content latent, in standard deviations of the text prior: 0.3 in training, less is clearer.
    noise: float = option(
        float,
        "How much renditions vary: at 0, the seed makes no difference.",
        0.15,
        low=0.0,
        high=1.0,
        meaning="{} is natural",
    )
    lexicon: Lexicon | str | Path | None = option(
        Path, "Pronunciation lexicon: lines of word, tab, [[IPA]] or respelling, tab, language; or a .pls."
    )
    markup: Markup = option(
        str,
        "auto removes Markdown and HTML from the text; plain reads it as it is.",
        "auto",
        choices=MARKUP,
    )
    duration_noise: float | None = option(
        float, "How much durations vary.", low=0.0, high=1.0, meaning="0.8 is natural", only="original"
    )
    symbols: bool = option(
        bool, "Whether the text consists of symbols of the original front end.", False, only="original"
    )


DEFAULT_DELAY: Final = "normal"
"""Setting of live conversion, of `xespeech.inference.live.DELAYS`."""
DEFAULT_CLARITY: Final = 0.75
"""Of conversion: docs/log.md has the similarity and the word error at others."""
DELAY_HELP: Final = "Latency without computing: 0.2 s, 0.1 s or 0.05 s; lower is less clear."


@dataclass(frozen=True, kw_only=True)
class ConversionOptions(StyleOptions):
    """Options of conversion. Content features are an array float32 [T, D] or the path of a .npy file."""

    prosody: Prosody = option(
        str,
        "source keeps the pitch contour, shifted to the target's median pitch; target predicts a new one.",
        "source",
        choices=("source", "target"),
        only="compact",
    )
    clarity: float = option(
        float,
        "How closely the articulation follows the recording: higher is clearer, lower sounds more like the target.",
        DEFAULT_CLARITY,
        low=0.0,
        high=1.0,
        only="compact",
    )
    language: str | None = option(
        str, "en, zh or ja; identified from the recording when not given.", choices=LANGUAGES, short="-l"
    )
    noise: float = option(
        float, "How much renditions vary.", 0.0, low=0.0, high=1.0, meaning="{} is none", only="original"
    )
    content: np.ndarray | str | Path | None = option(Path, "Content features of the source (.npy).", only="original")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.voice is None and self.reference is None:
            raise UserError(NO_SPEAKER)


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
    markup: Markup
    duration_noise: float | None
    symbols: bool


class ConversionKeywords(StyleKeywords, total=False):
    """The fields of ConversionOptions as keyword arguments."""

    prosody: Prosody
    clarity: float
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
    if unknown := sorted(keywords.keys() - describe(kind).keys()):
        raise TypeError(f"{kind.__name__} has no {', '.join(unknown)}")
    return kind(**keywords) if options is None else replace(options, **keywords)


def refuse(options: StyleOptions, architecture: str, **others: str) -> None:
    """Refuse options that a model does not support.

    Args:
        options: given by the user.
        architecture: of the model: options of another one must have their defaults.
        others: further fields that must have theirs, each with its error message, {} standing for the field.

    Raises:
        UserError: one has another value.
    """
    for name, about in describe(type(options)).items():
        is_foreign = about.only not in ("", architecture)
        sentence = f"only the {about.only} model has {{}}: leave it out." if is_foreign else others.get(name)
        value = getattr(options, name)
        if sentence and (isinstance(value, np.ndarray) or value != about.default):
            raise UserError(sentence.format(name.replace("_", " ")))
