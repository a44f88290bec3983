"""Sizes of mels and networks, as stored in model folders and run folders.

Inference reads them, so they are validated here and not by pydantic, which takes long to import. Settings of training
are in xespeech.training.config.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from math import isfinite, prod
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from xespeech.errors import ConfigError

Count = Annotated[int, Ge(1)]
Probability = Annotated[float, Ge(0), Lt(1)]


class Sizes:
    """Base of dataclasses whose values must lie in the ranges of their types.

    Raises:
        ConfigError: one does not; the message names the field, the value and the range.
    """

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():  # type: ignore[arg-type]  # a class is hashable
            _check(name, getattr(self, name), hint)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _check(name: str, value: Any, hint: Any) -> None:
    if type(None) in get_args(hint):
        if value is None:
            return
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        if not isinstance(value, tuple) or not value:
            raise ConfigError(f"{name} must be a list, not {value!r}.")
        for item in value:
            _check(name, item, get_args(hint)[0])
        return
    kind, *limits = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind is int and not whole:
        raise ConfigError(f"{name} must be a whole number, not {value!r}.")
    if kind is float and not (whole or (isinstance(value, float) and isfinite(value))):
        raise ConfigError(f"{name} must be a number, not {value!r}.")
    if not all(_LIMITS[type(limit)][1](value, limit) for limit in limits):
        raise ConfigError(f"{name} must be {range_of(hint)}, not {value!r}.")


_LIMITS: dict[type, tuple[str, Callable[[Any, Any], bool]]] = {
    Ge: ("at least {0.ge}", lambda value, limit: value >= limit.ge),
    Gt: ("more than {0.gt}", lambda value, limit: value > limit.gt),
    Le: ("at most {0.le}", lambda value, limit: value <= limit.le),
    Lt: ("less than {0.lt}", lambda value, limit: value < limit.lt),
}


def range_of(hint: Any) -> str:
    """The range that a type with limits allows, in words: "at least 0 and less than 1"."""

    def words(part: Any) -> Iterator[str]:
        for argument in get_args(part):
            if type(argument) in _LIMITS:
                yield _LIMITS[type(argument)][0].format(argument)
            else:
                yield from words(argument)

    return " and ".join(dict.fromkeys(words(hint)))


def _tuples(value: Any) -> Any:
    """Lists, as JSON and YAML give them, as tuples; anything else stays what it is."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value


def _odd(name: str, size: int) -> None:
    if size % 2 == 0:
        raise ConfigError(f"{name} must be odd, not {size}: as many frames before as behind.")


def _check_latent(channels: int) -> None:
    if channels % 2:
        raise ConfigError("latent_channels must be even: the flows split the latent in two halves.")


@dataclass(frozen=True)
class MelConfig(Sizes):
    """A log-mel spectrogram.

    Attributes:
        sample_rate: Hz.
        n_fft: Fourier window, samples.
        hop_length: samples between frames.
        win_length: Hann window, samples, at most n_fft.
        n_mels: channels.
        f_min, f_max: Hz of the lowest and highest filter edge.
    """

    sample_rate: Count
    n_fft: Count
    hop_length: Count
    win_length: Count
    n_mels: Count
    f_min: Annotated[float, Ge(0)]
    f_max: Annotated[float, Gt(0)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.win_length > self.n_fft:
            raise ConfigError(f"win_length {self.win_length} must not be longer than n_fft {self.n_fft}.")
        if not 0 <= self.f_min < self.f_max <= self.sample_rate / 2:
            raise ConfigError(f"0 <= f_min < f_max <= {self.sample_rate / 2:g} Hz must hold.")


REFERENCE_PITCH = 180.0
"""Hz; log-pitches of the model are natural logs of the ratio to it."""

PULSE_LIMIT = 11_500.0
"""Bandwidth of the vocoder's pulse train, Hz."""

PITCH_RANGE = 50.0, 800.0
"""Hz that pitch is clipped to before it is rendered."""

LONGEST_SYMBOL = 50
"""Frames (a second); no symbol lasts longer at natural speed."""

FRAME_FACTOR = 2
"""Mel and pitch frames (100/s) per frame (50/s) of texts, contents and latents."""

MEL_COMPACT = MelConfig(24_000, 1024, 240, 1024, 100, 0.0, 12_000.0)
MEL_CONTENT = MelConfig(16_000, 400, 160, 400, 80, 0.0, 8_000.0)
LIVE_CONTENT = "live_content"
"""Name of the content encoder with little lookahead, which only some models have: of its sizes and of its graph."""

MEL_ORIGINAL = MelConfig(16_000, 1024, 320, 1024, 80, 0.0, 8_000.0)


@dataclass(frozen=True)
class ContentConfig(Sizes):
    """The compact content encoder.

    Attributes:
        mel_channels: channels of its log-mel input.
        hidden_channels: width of the blocks.
        content_channels: channels of its features.
        n_layers: number of blocks.
        expansion: hidden width of each block's perceptron over hidden_channels.
        kernel_size: frames (50/s) seen by each block.
        n_phones: size of the shared phone table.
        n_tones: lexical tones.
        dropout: probability of dropping a channel before the features.
        frame_layers: blocks of the frame head, a classifier of phones at 50 frames/s; 0 for none.
        frame_delay: frames by which the times that the head learnt come after the sounds; None of heads that learnt
            Kokoro's times as they are, which come late.
        lookahead: future frames (50/s) that all blocks together see; None for half of each kernel.
    """

    mel_channels: Count = 80
    hidden_channels: Count = 256
    content_channels: Count = 64
    n_layers: Count = 9
    expansion: Count = 3
    kernel_size: Count = 9
    n_phones: Count = 0
    n_tones: Count = 5
    dropout: Probability = 0.1
    frame_layers: Annotated[int, Ge(0)] = 0
    frame_delay: Annotated[int, Ge(0)] | None = None
    lookahead: Annotated[int, Ge(0)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _odd("kernel_size", self.kernel_size)

    def stored(self) -> dict[str, Any]:
        """Its fields for JSON; versions without `lookahead` read those of encoders that see half of each kernel."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class VocoderConfig(Sizes):
    """The vocoder: mel and pitch to waveform.

    Attributes:
        channels: width of the blocks.
        n_layers: blocks, all at rendering frames.
        kernel_size: of the input layer and of each block, rendering frames; odd.
        lookahead: future rendering frames that all of them together see.
        render_factor: rendering frames per mel frame.
        n_fft: window of a rendering frame, samples.
    """

    channels: Count = 256
    n_layers: Count = 6
    kernel_size: Count = 7
    lookahead: Annotated[int, Ge(0)] = 21
    render_factor: Count = 2
    n_fft: Count = 512

    def __post_init__(self) -> None:
        super().__post_init__()
        _odd("kernel_size", self.kernel_size)


@dataclass(frozen=True)
class ModelConfig(Sizes):
    """The compact synthesizer: widths and depths of its parts.

    Attributes:
        n_phones, n_marks, n_languages: sizes of the symbol tables.
        content_channels: channels of the content features.
        latent_channels: channels of both latents; even.
        hidden_channels: width of text encoder, posteriors, flows and predictors.
        style_channels: size of the style vector.
        language_channels: size of the language embedding.
        text_layers, posterior_layers, couplings, coupling_layers, predictor_layers, style_layers: depths.
        mel_decoder_channels: width of the mel decoder.
        mel_decoder_layers, mel_decoder_fine_layers: its blocks at frames (50/s) and at mel frames (100/s).
        mel_decoder_lookahead: future frames (50/s) that it sees.
        frame_factor: mel and pitch frames per frame.
        mel: input of the vocoder and, frame_factor frames at once, of the encoders.
        vocoder: its sizes.
    """

    n_phones: Count
    n_marks: Count
    n_languages: Count = 3
    content_channels: Count = 64
    latent_channels: Count = 96
    hidden_channels: Count = 192
    style_channels: Count = 192
    language_channels: Count = 32
    text_layers: Count = 6
    posterior_layers: Count = 3
    couplings: Count = 4
    coupling_layers: Count = 2
    predictor_layers: Count = 2
    style_layers: Count = 3
    mel_decoder_channels: Count = 256
    mel_decoder_layers: Count = 3
    mel_decoder_fine_layers: Annotated[int, Ge(0)] = 2
    mel_decoder_lookahead: Annotated[int, Ge(0)] = 1
    frame_factor: Count = FRAME_FACTOR
    mel: MelConfig = MEL_COMPACT
    vocoder: VocoderConfig = VocoderConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_latent(self.latent_channels)

    @property
    def hop_length(self) -> int:
        """Samples of a frame (50/s)."""
        return self.frame_factor * self.mel.hop_length


@dataclass(frozen=True)
class OriginalConfig(Sizes):
    """The published synthesizer: widths and depths of its parts; the defaults are those of the released checkpoints.

    Attributes:
        n_symbols: size of the symbol table.
        n_languages: 2 (zh, en) or 3 (zh, en, ja).
        content_channels: channels of the content features (1280 for Whisper-large-v2).
        latent_channels: channels of both latents; even.
        hidden_channels: width of embeddings, posteriors, flows and durations.
        filter_channels: width of the perceptrons in the text encoder.
        style_channels: size of the style vector and of the language embedding.
        n_heads, text_layers, text_kernel_size, dropout: of the text encoder.
        decoder_channels: width of the decoder before its first stage; each stage halves it.
        upsample_rates, upsample_kernel_sizes: of the decoder's stages; the rates multiply to hop_length.
        block_kernel_sizes, block_dilations: of the decoder's residual blocks.
        mel: of the spec posterior and the style encoder.
    """

    n_symbols: Count = 203
    n_languages: Count = 2
    content_channels: Count = 1280
    latent_channels: Count = 192
    hidden_channels: Count = 192
    filter_channels: Count = 768
    style_channels: Count = 256
    n_heads: Count = 2
    text_layers: Count = 6
    text_kernel_size: Count = 3
    dropout: Probability = 0.1
    decoder_channels: Count = 512
    upsample_rates: tuple[Count, ...] = (10, 8, 2, 2)
    upsample_kernel_sizes: tuple[Count, ...] = (20, 16, 4, 4)
    block_kernel_sizes: tuple[Count, ...] = (3, 7, 11)
    block_dilations: tuple[tuple[Count, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    mel: MelConfig = MEL_ORIGINAL

    def __post_init__(self) -> None:
        for name in ("upsample_rates", "upsample_kernel_sizes", "block_kernel_sizes", "block_dilations"):
            object.__setattr__(self, name, _tuples(getattr(self, name)))
        super().__post_init__()
        _odd("text_kernel_size", self.text_kernel_size)
        _check_latent(self.latent_channels)
        if (self.hidden_channels + self.style_channels) % self.n_heads:
            raise ConfigError(f"n_heads {self.n_heads} must divide hidden_channels + style_channels.")
        if prod(self.upsample_rates) != self.mel.hop_length:
            raise ConfigError(f"upsample_rates {self.upsample_rates} must multiply to hop {self.mel.hop_length}.")
        if len(self.upsample_kernel_sizes) != len(self.upsample_rates):
            raise ConfigError("upsample_kernel_sizes and upsample_rates must be equally many.")
        if len(self.block_dilations) != len(self.block_kernel_sizes):
            raise ConfigError("block_dilations and block_kernel_sizes must be equally many.")
