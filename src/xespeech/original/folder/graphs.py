"""The graphs of the published model as modules: what is exported to ONNX and what the torch engine runs.

    text                  symbols, language, style, noise -> log-durations and prior, per symbol
    text_to_content       the prior at frame rate, noise, language -> content latent
    recording_to_content  content features, noise, language -> content latent
    content_to_spec       content latent, style -> spec latent
    sound                 spec latent, style -> waveform
    style                 mel of a reference -> style

Shapes: N symbols, T frames (50/s), Z latent channels, D content channels, G style channels, M mel channels, S samples;
each with a leading batch axis of 1. Language is one id.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.model_folder.graphs import Graph, everywhere
from xespeech.original.model.synthesizer import FramePrior, OriginalSynthesizer


class _SynthesizerGraph(nn.Module):
    def __init__(self, synthesizer: OriginalSynthesizer) -> None:
        super().__init__()
        self.synthesizer = synthesizer


class TextGraph(_SynthesizerGraph):
    """Symbols to durations and prior."""

    def forward(self, symbols: Tensor, language: Tensor, style: Tensor, noise: Tensor) -> tuple[Tensor, ...]:
        model, mask = self.synthesizer, torch.ones_like(noise[..., :1])
        embedding = model.language(language)[:, None]
        prior = model.text_encoder(symbols, embedding, mask)
        return model.durations(prior.hidden, mask, style, embedding, noise), prior.mean, prior.log_std


class TextToContentGraph(_SynthesizerGraph):
    """The prior at frame rate to a content latent."""

    def forward(self, mean: Tensor, log_std: Tensor, noise: Tensor, language: Tensor) -> Tensor:
        return self.synthesizer.content_from_text(FramePrior(mean, log_std), noise, everywhere(), language)


class RecordingToContentGraph(_SynthesizerGraph):
    """Content features to a draw from the content posterior."""

    def forward(self, features: Tensor, noise: Tensor, language: Tensor) -> Tensor:
        model = self.synthesizer
        posterior = model.content_posterior(features, everywhere(), model.language(language)[:, None])
        return posterior.mean + noise * posterior.log_std.exp()


class ContentToSpecGraph(_SynthesizerGraph):
    """Content latent to spec latent."""

    def forward(self, latent: Tensor, style: Tensor) -> Tensor:
        return self.synthesizer.spec_from_content(latent, everywhere(), style)


def build_original_graphs(synthesizer: OriginalSynthesizer) -> dict[str, Graph]:
    """All graphs by name, sharing the weights of the synthesizer.

    Args:
        synthesizer: in evaluation mode, with plain weights.
    """
    config = synthesizer.config
    latent, style, language = (1, "T", config.latent_channels), (1, config.style_channels), {"language": (1,)}
    table = {"language": config.n_languages}
    return {
        "text": Graph(
            TextGraph(synthesizer),
            {"symbols": (1, "N"), **language, "style": style, "noise": (1, "N", 2)},
            ("log_durations", "mean", "log_std"),
            {"symbols": config.n_symbols, **table},
        ),
        "text_to_content": Graph(
            TextToContentGraph(synthesizer),
            {"mean": latent, "log_std": latent, "noise": latent, **language},
            ("latent",),
            table,
        ),
        "recording_to_content": Graph(
            RecordingToContentGraph(synthesizer),
            {"features": (1, "T", config.content_channels), "noise": latent, **language},
            ("latent",),
            table,
        ),
        "content_to_spec": Graph(ContentToSpecGraph(synthesizer), {"latent": latent, "style": style}, ("spec_latent",)),
        "sound": Graph(synthesizer.decoder, {"latent": latent, "style": style}, ("waveform",)),
        "style": Graph(synthesizer.style_encoder, {"mel": (1, "T", config.mel.n_mels)}, ("style",)),
    }
