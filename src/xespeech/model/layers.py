"""Building blocks shared by the parts of the compact configuration.

Shapes: B batch, T frames (or symbols, where a text is read), C channels, G conditioning channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.model.fused_block import BlockShape, BlockWeights, can_fuse, fused_block

Condition = Tensor | tuple[Tensor, Tensor]
"""Conditioning of a block: channels [B, T or 1, G], or a pair (constant over time [B, 1, G'], varying [B, T, G'']),
which is cheaper than their concatenation and gives the same."""


def length_mask(lengths: Tensor, size: int) -> Tensor:
    """Mask of valid positions: float [B, size, 1], 1 where position < length."""
    return (torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]).float()[:, :, None]


def split_lookahead(lookahead: int, kernel_size: int, n_layers: int) -> list[int]:
    """Lookahead in frames of each of n_layers convolutions, the first ones most; their sum is `lookahead`."""
    most = (kernel_size - 1) // 2
    left = [max(0, lookahead - most * layer) for layer in range(n_layers + 1)]
    return [min(most, now - after) for now, after in pairwise(left)]


def join_frames(values: Tensor, factor: int) -> Tensor:
    """Values at mel frames [B, P, C] as rows of whole frames [B, T, factor * C], T = floor(P / factor)."""
    n_frames = values.shape[1] // factor
    return values[:, : n_frames * factor].reshape(values.shape[0], n_frames, factor * values.shape[2])


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, adaptive layer norm and a two-layer perceptron, residual.

    Source: ConvNeXt (Liu et al. 2022) in one dimension as in Vocos (Siuzdak 2023); the conditioning scales and shifts
    the normalised features.

    Args:
        channels: C.
        expansion: hidden width of the perceptron over C.
        kernel_size: frames seen by the depthwise convolution; odd.
        condition_channels: G, or 0 for no conditioning.
        lookahead: future frames that the depthwise convolution sees; half of its kernel when None.
    """

    def __init__(
        self,
        channels: int,
        expansion: int = 3,
        kernel_size: int = 7,
        condition_channels: int = 0,
        lookahead: int | None = None,
    ) -> None:
        super().__init__()
        reach = kernel_size - 1
        ahead = reach // 2 if lookahead is None else lookahead
        padding = 0 if 2 * ahead != reach else ahead
        self.depthwise = nn.Conv1d(channels, channels, kernel_size, padding=padding, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self._shape = BlockShape(reach - ahead, ahead, self.norm.eps)
        self.condition = nn.Linear(condition_channels, 2 * channels) if condition_channels else None
        if self.condition is not None:
            nn.init.normal_(self.condition.weight, std=1e-3)
            nn.init.zeros_(self.condition.bias)
        self.expand = nn.Linear(channels, expansion * channels)
        self.activation = nn.ReLU()
        self.contract = nn.Linear(expansion * channels, channels)
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, x: Tensor, mask: Tensor | None = None, condition: Condition | None = None) -> Tensor:
        """x [B, T, C], mask [B, T, 1], condition of G channels -> [B, T, C]."""
        modulation = None
        if self.condition is not None and condition is not None:
            both = self._modulation(self.condition, condition)
            scale, shift = both.split(len(self.scale), dim=-1)
            modulation = scale, shift
        if can_fuse(x):
            return fused_block(x, mask, modulation, self._weights(), self._shape)
        y = (x if mask is None else x * mask).transpose(1, 2)
        if self._shape.before != self._shape.after:
            y = F.pad(y, self._shape[:2])
        y = self.depthwise(y).transpose(1, 2)
        y = self.norm(y)
        if modulation is not None:
            scale, shift = modulation
            y = y * (1 + scale) + shift
        y = self.contract(self.activation(self.expand(y)))
        return x + self.scale * y

    def _weights(self) -> BlockWeights:
        layers = (self.depthwise, self.norm, self.expand, self.contract)
        return BlockWeights._make([*(weights for layer in layers for weights in layer.parameters()), self.scale])

    @staticmethod
    def _modulation(layer: nn.Linear, condition: Condition) -> Tensor:
        """Scale and shift [B, T or 1, 2 C]."""
        return linear_of_parts(condition, layer.weight, layer.bias)


def linear_of_parts(parts: Tensor | Sequence[Tensor], weight: Tensor, bias: Tensor) -> Tensor:
    """Linear layer of channels that come in parts [B, T or 1, *], without joining them: one frame is not repeated."""
    if isinstance(parts, Tensor):
        return F.linear(parts, weight, bias)
    stops = list(accumulate(int(part.shape[-1]) for part in parts))  # numbers in exported graphs, too
    products = [
        F.linear(part, weight[:, start:stop], bias if part is parts[-1] else None)
        for part, start, stop in zip(parts, [0, *stops], stops, strict=False)
    ]
    return reduce(torch.add, products)


class ConvNeXtStack(nn.Module):
    """A linear projection into C channels and a row of ConvNeXt blocks.

    Args:
        in_channels: channels of the input.
        channels: C, width of the blocks.
        n_layers: number of blocks.
        condition_channels: G, or 0.
        kernel_size: of each block.
        lookaheads: future frames that each block sees; half of its kernel when None.
        out_channels: channels after a final layer norm and projection, or None for C without it.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        n_layers: int,
        condition_channels: int = 0,
        kernel_size: int = 7,
        out_channels: int | None = None,
        lookaheads: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.project = nn.Linear(in_channels, channels)
        aheads: Sequence[int | None] = lookaheads or [None] * n_layers
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(channels, kernel_size=kernel_size, condition_channels=condition_channels, lookahead=ahead)
            for ahead in aheads
        )
        self.norm = nn.LayerNorm(channels) if out_channels is not None else None
        self.head = nn.Linear(channels, out_channels) if out_channels is not None else None

    def forward(
        self,
        x: Tensor | Sequence[Tensor],
        mask: Tensor | None = None,
        condition: Condition | None = None,
        turned: bool = False,
    ) -> Tensor:
        """x [B, T, in_channels] -> [B, T, out_channels or C].

        Args:
            x: input, or the parts of its channels [B, T or 1, *].
            mask: [B, T, 1], or None for all frames.
            condition: of G channels.
            turned: whether the channels of input and output are in reverse order; the weights are reversed, not they.
        """
        weight = self.project.weight
        y = linear_of_parts(x, weight.flip(1) if turned else weight, self.project.bias)
        for block in self.blocks:
            y = block(y, mask, condition)
        if self.norm is not None and self.head is not None:
            weight, bias = self.head.weight, self.head.bias
            y = F.linear(self.norm(y), weight.flip(0), bias.flip(0)) if turned else self.head(self.norm(y))
        return y if mask is None else y * mask
