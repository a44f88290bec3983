"""Latent to the filters of the source-filter renderer, by a network at 50 and 100 frames/s.

Shapes: B batch, T frames (50/s), R rendering frames (100/s), K frequency bins, S samples, G style channels.

Source: backbone after Vocos (Siuzdak 2023).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtBlock, ConvNeXtStack
from xespeech.model.source_filter import Filters


class FilterDecoder(nn.Module):
    """Spec latent, pitch and style to the filters of the source-filter renderer.

    Args:
        latent_channels: Z.
        channels: width of all blocks.
        n_frame_layers, n_render_layers: blocks at 50 and at 100 frames/s.
        condition_channels: style and pitch channels that modulate the blocks.
        n_bins: K.
    """

    def __init__(
        self,
        latent_channels: int,
        channels: int,
        n_frame_layers: int,
        n_render_layers: int,
        condition_channels: int,
        n_bins: int,
    ) -> None:
        super().__init__()
        self.frame_blocks = ConvNeXtStack(
            latent_channels + condition_channels, channels, n_frame_layers, condition_channels, kernel_size=5
        )
        self.upsample = nn.Linear(channels, 2 * channels)
        self.render_blocks = nn.ModuleList(ConvNeXtBlock(channels, kernel_size=7) for _ in range(n_render_layers))
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, 3 * n_bins)
        with torch.no_grad():
            self.head.weight.mul_(0.2)
            self.head.bias.zero_()
            self.head.bias[:n_bins] = -4.0
            self.head.bias[2 * n_bins :] = -5.0

    def forward(self, z: Tensor, mask: Tensor, condition: tuple[Tensor, Tensor]) -> Filters:
        """z [B, T, Z], mask [B, T, 1], condition: style [B, 1, G] and pitch [B, T, G'] -> Filters, R = 2 T."""
        style, pitch = condition
        x = self.frame_blocks(torch.cat([z, style.expand(-1, z.shape[1], -1), pitch], dim=-1), mask, condition)
        batch, n_frames, channels = x.shape
        x = self.upsample(x).reshape(batch, 2 * n_frames, channels)
        mask = mask.repeat_interleave(2, dim=1)
        for block in self.render_blocks:
            x = block(x, mask)
        pulse, phase, noise = self.head(self.norm(x)).float().chunk(3, dim=-1)
        return Filters(pulse.clamp(max=4.0), phase, noise.clamp(max=4.0))
