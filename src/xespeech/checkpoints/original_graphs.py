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
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.checkpoints.graphs import Graph
from xespeech.model.hifigan import SLOPE, HifiGanDecoder, ResidualBlock
from xespeech.model.original import FramePrior, OriginalSynthesizer


def _everywhere() -> Tensor:
    """A mask [1, 1, 1] that leaves every position valid."""
    return torch.ones(1, 1, 1)


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
        return self.synthesizer.content_from_text(FramePrior(mean, log_std), noise, _everywhere(), language)


class RecordingToContentGraph(_SynthesizerGraph):
    """Content features to a draw from the content posterior."""

    def forward(self, features: Tensor, noise: Tensor, language: Tensor) -> Tensor:
        model = self.synthesizer
        posterior = model.content_posterior(features, _everywhere(), model.language(language)[:, None])
        return posterior.mean + noise * posterior.log_std.exp()


class ContentToSpecGraph(_SynthesizerGraph):
    """Content latent to spec latent."""

    def forward(self, latent: Tensor, style: Tensor) -> Tensor:
        return self.synthesizer.spec_from_content(latent, _everywhere(), style)


class StyleGraph(_SynthesizerGraph):
    """Mel of a reference to its style."""

    def forward(self, mel: Tensor) -> Tensor:
        return self.synthesizer.style_encoder(mel)


class SoundGraph(nn.Module):
    """Spec latent to waveform: the decoder with its convolutions laid out in two dimensions, one of them of size 1.

    ONNX Runtime has fast convolutions for pictures only: this runs in four fifths of the time.
    """

    def __init__(self, decoder: HifiGanDecoder) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latent: Tensor, style: Tensor) -> Tensor:
        decoder = self.decoder
        x = _convolve(latent.transpose(1, 2)[:, :, None], decoder.project)
        x = x + decoder.condition(style[:, :, None])[..., None]
        for upsample, blocks in zip(decoder.upsamples, decoder.stages, strict=True):
            assert isinstance(upsample, nn.ConvTranspose1d)
            weight, bias = upsample.weight[:, :, None], upsample.bias
            stride, padding = (1, upsample.stride[0]), (0, int(upsample.padding[0]))
            x = F.conv_transpose2d(F.leaky_relu(x, SLOPE), weight, bias, stride, padding)
            total: Tensor | float = 0.0
            for block in blocks:  # type: ignore[attr-defined]
                total = total + _block(x, block)
            x = total / len(blocks)  # type: ignore[arg-type, operator]
        return torch.tanh(_convolve(F.leaky_relu(x), decoder.head))[:, 0, 0]


def _block(x: Tensor, block: ResidualBlock) -> Tensor:
    for dilated, plain in zip(block.dilated, block.plain, strict=True):
        y = _convolve(F.leaky_relu(x, SLOPE), dilated)
        x = x + _convolve(F.leaky_relu(y, SLOPE), plain)
    return x


def _convolve(x: Tensor, convolution: nn.Module) -> Tensor:
    """A one-dimensional convolution of [B, C, 1, T]."""
    assert isinstance(convolution, nn.Conv1d)
    padding, dilation = (0, int(convolution.padding[0])), (1, convolution.dilation[0])
    return F.conv2d(x, convolution.weight[:, :, None], convolution.bias, 1, padding, dilation)


def build_original_graphs(synthesizer: OriginalSynthesizer, for_onnx: bool = True) -> dict[str, Graph]:
    """All graphs by name, sharing the weights of the synthesizer.

    Args:
        synthesizer: in evaluation mode, with plain weights.
        for_onnx: lay the decoder out as ONNX Runtime runs it fastest; PyTorch is faster with it as it is.
    """
    config = synthesizer.config
    latent, style, language = (1, "T", config.latent_channels), (1, config.style_channels), {"language": (1,)}
    table = {"language": config.n_languages}
    sound = SoundGraph(synthesizer.decoder) if for_onnx else synthesizer.decoder
    graphs = {
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
        "content_to_spec": Graph(
            ContentToSpecGraph(synthesizer), {"latent": latent, "style": style}, ("spec_latent",), {}
        ),
        "sound": Graph(sound, {"latent": latent, "style": style}, ("waveform",), {}),
        "style": Graph(StyleGraph(synthesizer), {"mel": (1, "T", config.mel.n_mels)}, ("style",), {}),
    }
    for graph in graphs.values():
        graph.module.eval()
    return graphs
