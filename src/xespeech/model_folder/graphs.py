"""The graphs of `xespeech.inference.engine` as modules: what is exported to ONNX and what the torch engine runs.

Shapes: as in `xespeech.inference.engine`, with a leading batch axis of 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from xespeech.config import LIVE_CONTENT
from xespeech.content.compact import CompactContentEncoder
from xespeech.model.synthesizer import FramePrior, Synthesizer
from xespeech.model_folder.weights import Networks


def everywhere() -> Tensor:
    """A mask [1, 1, 1] that leaves every position valid."""
    return torch.ones(1, 1, 1)


class _SynthesizerGraph(nn.Module):
    def __init__(self, synthesizer: Synthesizer) -> None:
        super().__init__()
        self.synthesizer = synthesizer


class TextGraph(_SynthesizerGraph):
    """Symbols and style to durations and the prior per symbol."""

    def forward(self, phones: Tensor, marks: Tensor, languages: Tensor, style: Tensor) -> tuple[Tensor, ...]:
        mask = everywhere()
        prior = self.synthesizer.text_encoder(phones, marks, languages, mask)
        durations = self.synthesizer.durations(prior.hidden, mask, style)
        return durations, prior.mean, prior.log_std, prior.hidden


class TextToContentGraph(_SynthesizerGraph):
    """The prior at frame rate to a content latent and its pitch."""

    def forward(
        self, mean: Tensor, log_std: Tensor, noise: Tensor, languages: Tensor, pitch_features: Tensor, style: Tensor
    ) -> tuple[Tensor, ...]:
        mask = everywhere()
        prior = FramePrior(mean, log_std, pitch_features)
        latent = self.synthesizer.content_from_text(prior, noise, mask, languages)
        pitch = self.synthesizer.text_pitch(pitch_features, mask, style)
        return latent, pitch.log_pitch, pitch.voicing


class ContentGraph(nn.Module):
    """The content encoder and its phone head; the caller has removed the mean level."""

    def __init__(self, encoder: CompactContentEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, mel: Tensor) -> tuple[Tensor, ...]:
        features = self.encoder.encode_levelled(mel)
        return features, self.encoder.classify(features).phone_log_probs


class RecordingToContentGraph(_SynthesizerGraph):
    """Content features to the mean of the content posterior, and the pitch in the style."""

    def forward(self, features: Tensor, languages: Tensor, style: Tensor) -> tuple[Tensor, ...]:
        model, mask = self.synthesizer, everywhere()
        posterior = model.content_posterior(features, mask, model.language(languages))
        pitch = model.content_pitch(features, mask, style)
        return posterior.mean, pitch.log_pitch, pitch.voicing


class SpectrumToContentGraph(_SynthesizerGraph):
    """Mel of a recording, under its style and pitch, to the content latent that would give this mel."""

    def forward(self, mel: Tensor, style: Tensor, log_pitch: Tensor, voicing: Tensor) -> Tensor:
        mask = everywhere()
        condition = self.synthesizer.sound_condition(style, log_pitch, voicing)
        return self.synthesizer.content_from_spec(self.synthesizer.encode_spec(mel, mask, style).mean, mask, condition)


class SoundGraph(_SynthesizerGraph):
    """Content latent, style and pitch to the filters of the vocoder."""

    def forward(self, latent: Tensor, style: Tensor, log_pitch: Tensor, voicing: Tensor) -> tuple[Tensor, ...]:
        mask = everywhere()
        condition = self.synthesizer.sound_condition(style, log_pitch, voicing)
        z_spec = self.synthesizer.spec_from_content(latent, mask, condition)
        mel = self.synthesizer.decode_mel(z_spec, mask, condition, log_pitch, voicing)
        return tuple(self.synthesizer.vocoder.filters(mel, log_pitch, voicing))


class StyleGraph(_SynthesizerGraph):
    """Mel of a reference to its style."""

    def forward(self, mel: Tensor) -> Tensor:
        return self.synthesizer.style_encoder(mel, everywhere())


@dataclass(frozen=True)
class Graph:
    """A module with the names of its inputs and outputs.

    Attributes:
        module: is put into evaluation mode.
        inputs: names with the shape of each; a name in the shape ("N", "T", "F") is an axis of any length, and "P" one
            that has `pitch_frames` for each frame of "T".
        outputs: names.
        ids: for inputs that are ids, the size of the table they point into.
    """

    module: nn.Module
    inputs: dict[str, tuple[int | str, ...]]
    outputs: tuple[str, ...]
    ids: dict[str, int] = field(default_factory=dict)
    pitch_frames: int = 1

    def __post_init__(self) -> None:
        self.module.eval()


def build_graphs(networks: Networks) -> dict[str, Graph]:
    """All graphs by name, sharing the weights of the networks."""
    synthesizer, encoder, live = networks
    config = synthesizer.config
    latent, style = (1, "T", config.latent_channels), (1, config.style_channels)
    tables = {"phones": config.n_phones, "marks": config.n_marks, "languages": config.n_languages}
    language = {"languages": config.n_languages}
    prior = dict.fromkeys(("mean", "log_std", "noise"), latent)
    pitch_features = (1, "T", config.hidden_channels + 2)
    content = ("latent", "log_pitch", "voicing")
    encoders = {"content": encoder} | ({LIVE_CONTENT: live} if live is not None else {})
    return {
        "text": Graph(
            TextGraph(synthesizer),
            {"phones": (1, "N"), "marks": (1, "N"), "languages": (1, "N"), "style": style},
            ("log_durations", "mean", "log_std", "hidden"),
            tables,
        ),
        "text_to_content": Graph(
            TextToContentGraph(synthesizer),
            prior | {"languages": (1, "T"), "pitch_features": pitch_features, "style": style},
            content,
            language,
        ),
        **{
            name: Graph(
                ContentGraph(network),
                {"mel": (1, "F", network.config.mel_channels)},
                ("features", "phone_log_probs"),
            )
            for name, network in encoders.items()
        },
        "recording_to_content": Graph(
            RecordingToContentGraph(synthesizer),
            {"features": (1, "T", config.content_channels), "languages": (1, "T"), "style": style},
            content,
            language,
        ),
        "spectrum_to_content": Graph(
            SpectrumToContentGraph(synthesizer),
            {"mel": (1, "P", config.mel.n_mels), "style": style, "log_pitch": (1, "P"), "voicing": (1, "P")},
            ("latent",),
            pitch_frames=config.frame_factor,
        ),
        "sound": Graph(
            SoundGraph(synthesizer),
            {"latent": latent, "style": style, "log_pitch": (1, "P"), "voicing": (1, "P")},
            ("pulse_log_magnitude", "pulse_phase", "noise_log_magnitude"),
            pitch_frames=config.frame_factor,
        ),
        "style": Graph(StyleGraph(synthesizer), {"mel": (1, "P", config.mel.n_mels)}, ("style",)),
    }
