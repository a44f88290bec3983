"""Spec latent to log-mel, the input of the vocoder.

Shapes: B batch, T frames (50/s), P mel and pitch frames (100/s), Z latent channels, C channels, G style channels,
M mel channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from xespeech.config import ModelConfig
from xespeech.model.layers import ConvNeXtBlock, ConvNeXtStack, split_lookahead
from xespeech.model.pitch import PITCH_CHANNELS

_SCALE, _MEAN = 4.0, -4.0  # log-mels of speech lie within this of -4


class MelDecoder(nn.Module):
    """Spec latent, style and pitch to a log-mel.

    Args:
        config: sizes of it; style and pitch modulate the blocks at frames.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, n_layers = config.mel_decoder_channels, config.mel_decoder_layers
        condition = config.style_channels + PITCH_CHANNELS
        self.factor = config.frame_factor
        aheads = split_lookahead(config.mel_decoder_lookahead, kernel_size=5, n_layers=n_layers)
        self.frame_blocks = ConvNeXtStack(
            config.latent_channels + condition, channels, n_layers, condition, kernel_size=5, lookaheads=aheads
        )
        self.upsample = nn.Linear(channels, self.factor * channels)
        self.pitch = nn.Linear(PITCH_CHANNELS, channels)
        self.fine_blocks = nn.ModuleList(
            ConvNeXtBlock(channels, kernel_size=5, lookahead=0) for _ in range(config.mel_decoder_fine_layers)
        )
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, config.mel.n_mels)

    def forward(self, z: Tensor, mask: Tensor, condition: tuple[Tensor, Tensor], pitch: Tensor) -> Tensor:
        """Log-mel [B, P, M].

        Args:
            z: spec latent [B, T, Z].
            mask: [B, T or 1, 1].
            condition: style [B, 1, G] and pitch [B, T, G'].
            pitch: the same pitch at mel frames [B, P, G'].
        """
        style, coarse = condition
        x = self.frame_blocks((z, style, coarse), mask, condition)
        batch, _, channels = map(int, x.shape)  # numbers in exported graphs, too
        x = self.upsample(x).reshape(batch, -1, channels) + self.pitch(pitch)
        if mask.shape[1] > 1:
            mask = mask.repeat_interleave(self.factor, dim=1)
        for block in self.fine_blocks:
            x = block(x, mask)
        return _SCALE * self.head(self.norm(x)).float() + _MEAN
