"""The published X-E-Speech as a composition of its parts, and the paths through it.

    text -> text_encoder -> prior per symbol -> expanded by durations -> text_to_content_flow (inverse) -> z_content
    content features -> content_posterior -> z_content -> content_to_spec_flow (inverse, style) -> z_spec
    mel -> spec_posterior (style) -> z_spec -> decoder (style) -> waveform

Language conditions the text side, style the sound side; durations see both.

Shapes: B batch, N symbols, T frames (50/s), Z latent channels, G style and language channels, M mel channels,
D content channels, S samples.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from xespeech.config import OriginalConfig
from xespeech.model.flow import CouplingFlow
from xespeech.model.posterior import PosteriorEncoder
from xespeech.model.text_encoder import TextPrior, expand
from xespeech.original.model.attention import Transformer
from xespeech.original.model.hifigan import HifiGanDecoder
from xespeech.original.model.stochastic_durations import StochasticDurationPredictor
from xespeech.original.model.style import RecurrentStyleEncoder
from xespeech.original.model.text_encoder import TransformerTextEncoder
from xespeech.original.model.wavenet import WaveNetStack

# Depths and kernels that no released configuration changes.
_POSTERIOR_LAYERS = 16
_COUPLINGS, _COUPLING_LAYERS = 4, 4


class TransformerWaveNet(nn.Module):
    """Network of a coupling layer: a small transformer sees the whole utterance, a WaveNet the neighbourhood.

    Source: VITS 2 (Kong et al. 2023), section 2.3.
    """

    def __init__(self, channels: int, hidden_channels: int, condition_channels: int) -> None:
        super().__init__()
        self.transformer = Transformer(
            channels, channels, n_heads=2, n_layers=2, kernel_size=3, window=None, dropout=0.1
        )
        self.blocks = WaveNetStack(channels, hidden_channels, _COUPLING_LAYERS, condition_channels, channels)
        nn.init.zeros_(self.blocks.head.weight)
        assert self.blocks.head.bias is not None
        nn.init.zeros_(self.blocks.head.bias)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor, turned: bool = False) -> Tensor:
        """x [B, T, Z / 2], mask [B, T, 1], condition [B, T or 1, G] -> shift [B, T, Z / 2].

        Turned means that the channels of both are in reverse order.
        """
        x = x.flip(-1) if turned else x
        shift = self.blocks(x + self.transformer(x, mask), mask, condition)
        return shift.flip(-1) if turned else shift


class FramePrior(NamedTuple):
    """Prior of the content latent at frame rate: mean and log_std, each [B, T, Z]."""

    mean: Tensor
    log_std: Tensor


class OriginalSynthesizer(nn.Module):
    """X-E-Speech as published.

    Its convolutions hold plain weights; `xespeech.original.model.weight_norm.add_weight_norm` makes it what is trained.

    Args:
        config: sizes of the parts.
    """

    def __init__(self, config: OriginalConfig) -> None:
        super().__init__()
        self.config = config
        hidden, latent, condition = config.hidden_channels, config.latent_channels, config.style_channels
        self.text_encoder = TransformerTextEncoder(config)
        self.language = nn.Embedding(config.n_languages, condition)
        self.content_posterior, self.spec_posterior = (
            PosteriorEncoder(WaveNetStack(channels, hidden, _POSTERIOR_LAYERS, condition, 2 * latent))
            for channels in (config.content_channels, config.mel.n_mels)
        )
        self.text_to_content_flow, self.content_to_spec_flow = (
            CouplingFlow(TransformerWaveNet(latent // 2, hidden, condition) for _ in range(_COUPLINGS))
            for _ in range(2)
        )
        self.durations = StochasticDurationPredictor(hidden + condition, hidden, condition)
        self.style_encoder = RecurrentStyleEncoder(config.mel.n_mels, condition)
        self.decoder = HifiGanDecoder(config)

    def frame_prior(self, prior: TextPrior, durations: Tensor, n_frames: int) -> FramePrior:
        """Expand a text prior by durations, int64 [B, N], to n_frames T; 0 in the frames after the text."""
        return FramePrior(expand(prior.mean, durations, n_frames), expand(prior.log_std, durations, n_frames))

    def content_from_text(self, prior: FramePrior, noise: Tensor, mask: Tensor, language: Tensor) -> Tensor:
        """Content latent [B, T, Z]; noise [B, T, Z] is scaled by the prior's deviation; language ids [B]."""
        z = (prior.mean + noise * prior.log_std.exp()) * mask
        return self.text_to_content_flow(z, mask, self.language(language)[:, None], inverse=True)

    def spec_from_content(self, z_content: Tensor, mask: Tensor, style: Tensor) -> Tensor:
        """Spec latent [B, T, Z] of a content latent in a style [B, G]."""
        return self.content_to_spec_flow(z_content, mask, style[:, None], inverse=True)

    def waveform(self, z_spec: Tensor, mask: Tensor, style: Tensor) -> Tensor:
        """Waveform [B, S] of a spec latent [B, T, Z]; S = T * hop_length."""
        return self.decoder(z_spec * mask, style)
