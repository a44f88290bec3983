"""Gated convolutions with skip connections: the blocks of posteriors and flows in the original configuration.

Shapes: B batch, T frames (50/s), C channels, G conditioning channels.

Source: WaveNet (van den Oord et al. 2016), without causality or dilation, as in WaveGlow (Prenger et al. 2019) and
VITS (Kim et al. 2021).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.original.model.weight_norm import normed

_KERNEL_SIZE = 5  # frames


class WaveNetStack(nn.Module):
    """A projection into C channels, gated convolutions, and a projection of the sum of their skip connections.

    Args:
        in_channels: channels of the input.
        channels: C, width of the layers.
        n_layers: number of gated convolutions.
        condition_channels: G.
        out_channels: channels of the output.
    """

    def __init__(
        self, in_channels: int, channels: int, n_layers: int, condition_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        self.project = nn.Conv1d(in_channels, channels, 1)
        self.gates = nn.ModuleList(
            normed(nn.Conv1d(channels, 2 * channels, _KERNEL_SIZE, padding=_KERNEL_SIZE // 2)) for _ in range(n_layers)
        )
        self.condition = normed(nn.Conv1d(condition_channels, 2 * channels * n_layers, 1))
        # the last layer has nothing to pass on, only its skip connection
        widths = [2 * channels] * (n_layers - 1) + [channels]
        self.residuals_and_skips = nn.ModuleList(normed(nn.Conv1d(channels, width, 1)) for width in widths)
        self.head = nn.Conv1d(channels, out_channels, 1)

    def forward(self, x: Tensor, mask: Tensor, condition: Tensor) -> Tensor:
        """x [B, T, in_channels], mask [B, T, 1], condition [B, T or 1, G] -> [B, T, out_channels]."""
        mask = mask.transpose(1, 2)
        x = self.project(x.transpose(1, 2)) * mask
        conditions = self.condition(condition.transpose(1, 2)).chunk(len(self.gates), dim=1)
        skips: Tensor | float = 0.0
        for gate, added, layer in zip(self.gates, conditions, self.residuals_and_skips, strict=True):
            content, opening = (gate(x) + added).chunk(2, dim=1)
            y = layer(torch.tanh(content) * torch.sigmoid(opening))
            if layer is not self.residuals_and_skips[-1]:
                residual, y = y.chunk(2, dim=1)
                x = (x + residual) * mask
            skips = skips + y
        return (self.head(skips * mask) * mask).transpose(1, 2)
