"""Typed, validated configuration: what is written into recipes and model folders."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import prod
from typing import Any

from xespeech.errors import ConfigError


def _positive(config: Any, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value <= 0:
            raise ConfigError(f"{name} must be a positive number, not {value!r}.")


@dataclass(frozen=True)
class MelConfig:
    """A log-mel spectrogram.

    Attributes:
        sample_rate: Hz.
        n_fft: Fourier window, samples.
        hop_length: samples between frames.
        win_length: Hann window, samples, at most n_fft.
        n_mels: channels.
        f_min, f_max: Hz of the lowest and highest filter edge.
    """

    sample_rate: int
    n_fft: int
    hop_length: int
    win_length: int
    n_mels: int
    f_min: float
    f_max: float

    def __post_init__(self) -> None:
        _positive(self, "sample_rate", "n_fft", "hop_length", "win_length", "n_mels", "f_max")
        if self.win_length > self.n_fft:
            raise ConfigError(f"win_length {self.win_length} must not be longer than n_fft {self.n_fft}.")
        if not 0 <= self.f_min < self.f_max <= self.sample_rate / 2:
            raise ConfigError(f"0 <= f_min < f_max <= {self.sample_rate / 2:g} Hz must hold.")


REFERENCE_PITCH = 180.0
"""Hz; the model measures log-pitch from here, in natural-log units."""

MEL_COMPACT = MelConfig(24_000, 1024, 480, 1024, 100, 0.0, 12_000.0)
MEL_VOCODER = MelConfig(24_000, 1024, 240, 1024, 100, 0.0, 12_000.0)
MEL_CONTENT = MelConfig(16_000, 400, 160, 400, 80, 0.0, 8_000.0)
MEL_ORIGINAL = MelConfig(16_000, 1024, 320, 1024, 80, 0.0, 8_000.0)


@dataclass(frozen=True)
class ContentConfig:
    """The compact content encoder.

    Attributes:
        mel_channels: channels of its log-mel input.
        hidden_channels: width of the blocks.
        content_channels: channels of its features.
        n_layers: number of blocks.
        expansion: hidden width of each block's perceptron over hidden_channels.
        kernel_size: frames (50/s) seen by each block.
        n_phones: size of the shared phone table.
        n_tones: lexical tones told apart.
        dropout: probability of dropping a channel before the features.
    """

    mel_channels: int = 80
    hidden_channels: int = 256
    content_channels: int = 64
    n_layers: int = 9
    expansion: int = 3
    kernel_size: int = 9
    n_phones: int = 0
    n_tones: int = 5
    dropout: float = 0.1

    def __post_init__(self) -> None:
        _positive(self, "mel_channels", "hidden_channels", "content_channels", "n_layers", "n_phones", "n_tones")


@dataclass(frozen=True)
class VocoderConfig:
    """From mel and pitch to sound.

    Attributes:
        channels: width of the blocks.
        n_layers: blocks, all at rendering frames.
        kernel_size: rendering frames that each block and the entry see; odd.
        lookahead: rendering frames that all of them together hear ahead.
        render_factor: rendering frames per mel frame.
        n_fft: window of a rendering frame, samples.
    """

    channels: int = 256
    n_layers: int = 6
    kernel_size: int = 7
    lookahead: int = 21
    render_factor: int = 2
    n_fft: int = 512

    def __post_init__(self) -> None:
        _positive(self, "channels", "n_layers", "kernel_size", "render_factor", "n_fft")


@dataclass(frozen=True)
class ModelConfig:
    """The compact synthesizer: widths and depths of its parts.

    Attributes:
        n_phones, n_marks, n_languages: sizes of the symbol tables.
        content_channels: channels of the content features.
        latent_channels: channels of both latents; even.
        hidden_channels: width of text encoder, posteriors, flows and predictors.
        style_channels: size of the style vector.
        language_channels: size of the language embedding.
        text_layers, posterior_layers, couplings, coupling_layers, predictor_layers, style_layers: depths.
        decoder_channels: width of the decoder.
        decoder_frame_layers, decoder_render_layers: decoder blocks at 50 and 100 frames/s.
        decoder_fft: window of the decoder's Fourier frames, samples.
    """

    n_phones: int
    n_marks: int
    n_languages: int = 3
    content_channels: int = 64
    latent_channels: int = 96
    hidden_channels: int = 192
    style_channels: int = 192
    language_channels: int = 32
    text_layers: int = 6
    posterior_layers: int = 3
    couplings: int = 4
    coupling_layers: int = 2
    predictor_layers: int = 2
    style_layers: int = 3
    decoder_channels: int = 256
    decoder_frame_layers: int = 2
    decoder_render_layers: int = 4
    decoder_fft: int = 1024
    mel: MelConfig = MEL_COMPACT

    def __post_init__(self) -> None:
        _positive(self, *(f.name for f in fields(self) if f.type == "int"))
        if self.latent_channels % 2:
            raise ConfigError("latent_channels must be even: the flows split the latent in two halves.")


@dataclass(frozen=True)
class OriginalConfig:
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

    n_symbols: int = 203
    n_languages: int = 2
    content_channels: int = 1280
    latent_channels: int = 192
    hidden_channels: int = 192
    filter_channels: int = 768
    style_channels: int = 256
    n_heads: int = 2
    text_layers: int = 6
    text_kernel_size: int = 3
    dropout: float = 0.1
    decoder_channels: int = 512
    upsample_rates: tuple[int, ...] = (10, 8, 2, 2)
    upsample_kernel_sizes: tuple[int, ...] = (20, 16, 4, 4)
    block_kernel_sizes: tuple[int, ...] = (3, 7, 11)
    block_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    mel: MelConfig = MEL_ORIGINAL

    def __post_init__(self) -> None:
        _positive(self, *(f.name for f in fields(self) if f.type == "int"))
        for name in ("upsample_rates", "upsample_kernel_sizes", "block_kernel_sizes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "block_dilations", tuple(tuple(own) for own in self.block_dilations))
        if self.latent_channels % 2:
            raise ConfigError("latent_channels must be even: the flows split the latent in two halves.")
        if (self.hidden_channels + self.style_channels) % self.n_heads:
            raise ConfigError(f"n_heads {self.n_heads} must divide hidden_channels + style_channels.")
        if prod(self.upsample_rates) != self.mel.hop_length:
            raise ConfigError(f"upsample_rates {self.upsample_rates} must multiply to hop {self.mel.hop_length}.")
        if len(self.upsample_kernel_sizes) != len(self.upsample_rates):
            raise ConfigError("upsample_kernel_sizes and upsample_rates must be equally many.")
        if len(self.block_dilations) != len(self.block_kernel_sizes):
            raise ConfigError("block_dilations and block_kernel_sizes must be equally many.")


PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True)
class TrainingConfig:
    """How a run is optimised.

    Attributes:
        learning_rate: of AdamW.
        betas: of AdamW.
        epsilon: of AdamW.
        weight_decay: of AdamW.
        warmup_steps: steps over which the learning rate rises from 0.
        decay_share: share of max_steps over which the learning rate falls to 0 at the end.
        epoch_decay: factor of the learning rate after each epoch, as many frames as the data has.
        clip_norm: gradients are scaled down to this norm.
        ema_decay: decay of the averaged weights that are deployed.
        max_steps: steps in all.
        batch_frames: frames (50/s) of a batch; of each process, where there are several.
        languages: only recordings in these are trained on; all when empty.
        freeze: modules that keep the weights they start with, by their exact names ("style_encoder", "decoder.blocks").
        seed: of every random draw.
        precision: "32-true", "bf16-mixed" or "16-mixed"; "auto" is bf16-mixed where the CPU or GPU has instructions for
            it, and 32-true elsewhere.
        accelerator: "cpu", "cuda", "auto".
        devices: processes or devices on this machine.
        workers: processes that make batches ahead for each one that trains, so that a GPU does not wait; 0 for none.
        checkpoint_minutes: minutes between checkpoints.
        report_minutes: minutes between development-set reports.
        log_every: steps between scalars in TensorBoard.
    """

    learning_rate: float = 5e-4
    betas: tuple[float, float] = (0.8, 0.99)
    epsilon: float = 1e-8
    weight_decay: float = 0.01
    warmup_steps: int = 200
    decay_share: float = 0.2
    epoch_decay: float = 1.0
    clip_norm: float = 5.0
    ema_decay: float = 0.999
    max_steps: int = 100_000
    batch_frames: int = 3200
    languages: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    seed: int = 0
    precision: str = "auto"
    accelerator: str = "auto"
    devices: int = 1
    workers: int = 0
    checkpoint_minutes: float = 3.0
    report_minutes: float = 15.0
    log_every: int = 20

    def __post_init__(self) -> None:
        _positive(self, "learning_rate", "epsilon", "epoch_decay", "clip_norm", "max_steps", "batch_frames", "devices")
        _positive(self, "checkpoint_minutes")
        if self.workers < 0:
            raise ConfigError(f"workers must be 0 or more, not {self.workers!r}.")
        for name in ("languages", "freeze"):
            value = getattr(self, name)
            if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f"{name} must be a list of names, not {value!r}.")
        if self.precision not in PRECISIONS:
            raise ConfigError(f"precision {self.precision!r} is not one of {', '.join(PRECISIONS)}.")


@dataclass(frozen=True)
class SynthesisConfig:
    """Losses and batches of the stages of the compact voice.

    Attributes:
        stage: what is trained: "joint" everything; "autoencoder" spec posterior, style encoder and decoder on all
            audio; "prosody" durations and pitch alone; "decoder" the decoder alone, beside the discriminators. What the
            last two read stays as it is.
        window_frames: frames (50/s) of a decoded window at most.
        reference_frames: frames of a style reference at most.
        segment_frames: frames of a piece that the discriminators judge.
        kl_text_content, kl_content_spec, kl_text_spec: weights of the three KL terms.
        mel_weight, duration_weight, pitch_weight: weights of the other losses.
        text_share, content_share: shares of the windows decoded from text and from content; the others are decoded from
            the spec posterior.
        path_weight: weight of the mel loss of windows decoded from text or content, relative to the posterior's.
        text_latent_weight: weight of the distance of the content latent read from text from the one that was heard.
        path_noise: deviation of the noise in those windows.
        narrow_band_share: share of windows whose input loses everything above 8 kHz.
        other_voice_share: share of the windows whose content is heard in a changed voice, so that converting does not
            rely on what the speaker leaves in the features.
        other_style_share: share of the windows decoded from text or content that take the style of another recording;
            instead of a recording, they answer to the words, the voice and the discriminators.
        words_weight: weight of what the content encoder hears in windows decoded from text or content.
        judge_weight: weight of whose voice a classifier, trained beside the discriminators, hears in those windows.
        style_weight: weight of the style heard in windows of another's style.
        denoised_targets: what is decoded answers to recordings without their steady background noise.
        language_shares: share of each language in the batches relative to the others; 1 for those not named.
        untranscribed_weight: weight of a recording without text relative to one with.
        autoencoder_steps: first steps of the joint stage, which are those of the autoencoder stage.
        autoencoder_kl: weight of the divergence of that stage's latent from a standard normal.
        adversarial_from: step at which the discriminators start.
        adversarial_weight, feature_matching_weight: their weights.
        discriminator_channels: width of the discriminators.
    """

    stage: str = "joint"
    window_frames: int = 100
    reference_frames: int = 150
    segment_frames: int = 32
    kl_text_content: float = 1.0
    kl_content_spec: float = 1.0
    kl_text_spec: float = 0.5
    mel_weight: float = 45.0
    duration_weight: float = 1.0
    pitch_weight: float = 1.0
    text_share: float = 0.35
    content_share: float = 0.25
    path_weight: float = 1.0
    text_latent_weight: float = 3.0
    path_noise: float = 0.3
    narrow_band_share: float = 0.25
    other_voice_share: float = 0.5
    other_style_share: float = 0.4
    words_weight: float = 3.0
    judge_weight: float = 1.5
    style_weight: float = 2.0
    denoised_targets: bool = False
    language_shares: dict[str, float] = field(default_factory=dict)
    untranscribed_weight: float = 1.0
    autoencoder_steps: int = 0
    autoencoder_kl: float = 0.3
    adversarial_from: int = 1_000_000
    adversarial_weight: float = 1.0
    feature_matching_weight: float = 4.0
    discriminator_channels: int = 16


@dataclass(frozen=True)
class JointConfig:
    """Losses and batches of the published training; the defaults are those of its adapt stages.

    Attributes:
        kl_text_content, kl_content_spec, kl_text_spec: weights of the three KL terms.
        mel_weight: weight of the mel loss.
        segment_frames: frames of a recording that are decoded and judged.
        reference_frames: frames of its mel that the style is heard from.
        shortest_frames, longest_frames: recordings outside of this are left out.
        adversarial_from: step at which the discriminators start.
    """

    kl_text_content: float = 1.0
    kl_content_spec: float = 1.0
    kl_text_spec: float = 1.0
    mel_weight: float = 45.0
    segment_frames: int = 25
    reference_frames: int = 300
    shortest_frames: int = 50
    longest_frames: int = 600
    adversarial_from: int = 0

    def __post_init__(self) -> None:
        _positive(self, "mel_weight", "segment_frames", "reference_frames", "shortest_frames", "longest_frames")
        if self.shortest_frames < self.segment_frames:
            raise ConfigError(
                "shortest_frames must be at least segment_frames: segments are cut from whole recordings."
            )
