"""The style encoder: voice and manner of a reference recording as one vector.

Shapes: B batch, T frames (50/s), P mel frames (100/s), M mel channels, G style channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xespeech.model.layers import ConvNeXtStack, join_frames


class StyleEncoder(nn.Module):
    """Convolutional blocks and attentive statistics pooling.

    Source: the pooling is that of Okabe et al. 2018 ("Attentive statistics pooling for deep speaker embedding").

    Args:
        mel_channels: M.
        hidden_channels, n_layers: of the blocks.
        style_channels: G.
        factor: mel frames per frame.
    """

    def __init__(
        self, mel_channels: int, hidden_channels: int, style_channels: int, n_layers: int, factor: int
    ) -> None:
        super().__init__()
        self.factor = factor
        self.blocks = ConvNeXtStack(factor * mel_channels, hidden_channels, n_layers, kernel_size=5)
        self.norm = nn.LayerNorm(hidden_channels)
        self.attention = nn.Sequential(
            nn.Linear(hidden_channels, hidden_channels // 2),
            nn.Tanh(),
            nn.Linear(hidden_channels // 2, hidden_channels),
        )
        self.head = nn.Linear(2 * hidden_channels, style_channels)
        self.output_norm = nn.LayerNorm(style_channels, elementwise_affine=False)

    def forward(self, mel: Tensor, mask: Tensor) -> Tensor:
        """mel [B, P, M], mask [B, T, 1] -> style [B, G], of mean 0 and variance 1 over its channels."""
        x = self.norm(self.blocks(join_frames(mel, self.factor), mask))
        scores = self.attention(x).float().masked_fill(mask == 0, -1e4)
        weights = scores.softmax(dim=1)
        x = x.float()
        mean = (x * weights).sum(1)
        deviation = ((x - mean[:, None]) ** 2 * weights).sum(1).clamp(min=1e-4).sqrt()
        return self.output_norm(self.head(torch.cat([mean, deviation], dim=-1)).float())
