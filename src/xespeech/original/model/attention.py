"""Transformer blocks of the original configuration, with or without relative positions.

Shapes: B batch, T positions (symbols or frames), C channels, H heads, W positions of the relative window.

Source: Vaswani et al. 2017, normalised after each residual; relative positions after Shaw et al. 2018, zero beyond the
window, shared by all heads; convolutions in place of the perceptron's linear layers as in Glow-TTS and VITS.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Multi-head self-attention.

    Args:
        channels: C.
        n_heads: H, a divisor of C.
        window: largest relative distance that is encoded, or None for attention without positions.
        dropout: probability of dropping an attention weight.
    """

    def __init__(self, channels: int, n_heads: int, window: int | None, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.window, self.dropout = n_heads, window, dropout
        self.query, self.key, self.value = (nn.Linear(channels, channels) for _ in range(3))
        self.output = nn.Linear(channels, channels)
        for layer in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(layer.weight)
        if window is not None:
            size = channels // n_heads
            self.relative_keys = nn.Parameter(torch.randn(2 * window + 1, size) * size**-0.5)
            self.relative_values = nn.Parameter(torch.randn(2 * window + 1, size) * size**-0.5)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """x [B, T, C], valid bool [B, 1, 1, T] -> [B, T, C]."""
        batch, size, channels = x.shape
        query, key, value = (
            layer(x).view(batch, size, self.n_heads, -1).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        if self.window is None:
            dropout = self.dropout if self.training else 0.0
            y = F.scaled_dot_product_attention(query, key, value, valid, dropout_p=dropout)
        else:
            y = self._attend_nearby(query, key, value, valid)
        return self.output(y.transpose(1, 2).reshape(batch, size, channels))

    def _attend_nearby(self, query: Tensor, key: Tensor, value: Tensor, valid: Tensor) -> Tensor:
        """Attention with relative positions; query, key, value and result [B, H, T, C / H]."""
        assert self.window is not None
        query = query * query.shape[-1] ** -0.5
        positions = torch.arange(query.shape[2], device=query.device)
        distance = positions[None, :] - positions[:, None] + self.window  # [T, T], 0 .. 2 window inside
        inside = (distance >= 0) & (distance <= 2 * self.window)
        index = distance.clamp(0, 2 * self.window).expand(*query.shape[:2], -1, -1)
        by_distance = query @ self.relative_keys.T  # [B, H, T, W]
        scores = query @ key.transpose(-2, -1) + by_distance.gather(-1, index) * inside
        weights = scores.float().masked_fill(~valid, -1e4).softmax(-1).to(value.dtype)
        weights = F.dropout(weights, self.dropout, self.training)
        # weight that each query gives to the position at each distance, 0 beyond the ends
        at_distance = F.pad(weights, (self.window, self.window)).gather(
            -1,
            (positions[:, None] + torch.arange(2 * self.window + 1, device=query.device)).expand(
                *query.shape[:2], -1, -1
            ),
        )
        return weights @ value + at_distance @ self.relative_values


class ConvolutionalPerceptron(nn.Module):
    """Two convolutions with a rectifier between them.

    Args:
        channels: C.
        hidden_channels: between the two.
        kernel_size: positions seen by each; odd.
        dropout: probability of dropping a hidden value.
    """

    def __init__(self, channels: int, hidden_channels: int, kernel_size: int, dropout: float) -> None:
        super().__init__()
        self.expand = nn.Conv1d(channels, hidden_channels, kernel_size, padding=kernel_size // 2)
        self.contract = nn.Conv1d(hidden_channels, channels, kernel_size, padding=kernel_size // 2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [B, T, C], mask [B, T, 1] -> [B, T, C]."""
        mask = mask.transpose(1, 2)
        hidden = self.dropout(torch.relu(self.expand(x.transpose(1, 2) * mask)))
        return (self.contract(hidden * mask) * mask).transpose(1, 2)


class TransformerBlock(nn.Module):
    """Self-attention and perceptron, each residual and normalised afterwards."""

    def __init__(
        self, channels: int, hidden_channels: int, n_heads: int, kernel_size: int, window: int | None, dropout: float
    ) -> None:
        super().__init__()
        self.attention = SelfAttention(channels, n_heads, window, dropout)
        self.attention_norm = nn.LayerNorm(channels)
        self.perceptron = ConvolutionalPerceptron(channels, hidden_channels, kernel_size, dropout)
        self.perceptron_norm = nn.LayerNorm(channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [B, T, C], mask [B, T, 1] -> [B, T, C]."""
        valid = (mask > 0).transpose(1, 2)[:, None]
        x = self.attention_norm(x + self.dropout(self.attention(x, valid)))
        return self.perceptron_norm(x + self.dropout(self.perceptron(x, mask)))


class Transformer(nn.Module):
    """A row of transformer blocks.

    Args:
        channels: C.
        hidden_channels: of the perceptrons.
        n_heads: H.
        n_layers: blocks.
        kernel_size: of the perceptrons' convolutions.
        window: of the relative positions, or None.
        dropout: everywhere.
    """

    def __init__(
        self,
        channels: int,
        hidden_channels: int,
        n_heads: int,
        n_layers: int,
        kernel_size: int,
        window: int | None,
        dropout: float,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            TransformerBlock(channels, hidden_channels, n_heads, kernel_size, window, dropout) for _ in range(n_layers)
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [B, T, C], mask [B, T, 1] -> [B, T, C], 0 in the padding."""
        x = x * mask
        for block in self.blocks:
            x = block(x, mask)
        return x * mask
