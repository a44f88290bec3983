"""Latent to waveform by transposed convolutions: the decoder of the original configuration.

Shapes: B batch, T frames (50/s), Z latent channels, C channels, G style channels, S samples.

Source: HiFi-GAN (Kong et al. 2020), generator with residual blocks of kind 1, conditioned as in VITS.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.config import OriginalConfig
from xespeech.original.model.weight_norm import normed

SLOPE = 0.1
"""Of the leaky rectifiers below 0."""


def convolve(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer applied to [B, C, 1, T] with channels last in memory.

    PyTorch has its fastest convolutions for such pictures (a third faster on CPUs than [B, C, T]), ONNX Runtime for
    pictures of any layout.
    """
    assert isinstance(layer, nn.Conv1d | nn.ConvTranspose1d)
    weight = layer.weight[:, :, None].to(memory_format=torch.channels_last)
    padding, dilation = (0, int(layer.padding[0])), (1, layer.dilation[0])
    if isinstance(layer, nn.ConvTranspose1d):
        return F.conv_transpose2d(x, weight, layer.bias, (1, layer.stride[0]), padding, dilation=dilation)
    return F.conv2d(x, weight, layer.bias, (1, layer.stride[0]), padding, dilation)


class ResidualBlock(nn.Module):
    """Pairs of convolutions, the first of each dilated, each pair residual; [B, C, 1, T] -> [B, C, 1, T]."""

    def __init__(self, channels: int, kernel_size: int, dilations: Sequence[int]) -> None:
        super().__init__()
        half = kernel_size // 2
        self.dilated = nn.ModuleList(
            normed(nn.Conv1d(channels, channels, kernel_size, padding=d * half, dilation=d)) for d in dilations
        )
        self.plain = nn.ModuleList(normed(nn.Conv1d(channels, channels, kernel_size, padding=half)) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            y = convolve(dilated, F.leaky_relu(x, SLOPE))
            x = convolve(plain, F.leaky_relu(y, SLOPE, inplace=True)) + x
        return x


class HifiGanDecoder(nn.Module):
    """Each stage raises the rate by a transposed convolution and averages parallel residual blocks.

    Args:
        config: sizes of the stages and of the parallel blocks; C is halved by every stage.
    """

    def __init__(self, config: OriginalConfig) -> None:
        super().__init__()
        channels = config.decoder_channels
        self.project = nn.Conv1d(config.latent_channels, channels, 7, padding=3)
        self.condition = nn.Conv1d(config.style_channels, channels, 1)
        widths = [channels // 2**i for i in range(len(config.upsample_rates) + 1)]
        upsamples = zip(pairwise(widths), config.upsample_kernel_sizes, config.upsample_rates, strict=True)
        self.upsamples = nn.ModuleList(
            normed(nn.ConvTranspose1d(wide, narrow, kernel, rate, padding=(kernel - rate) // 2))
            for (wide, narrow), kernel, rate in upsamples
        )
        blocks = list(zip(config.block_kernel_sizes, config.block_dilations, strict=True))
        self.stages = nn.ModuleList(
            nn.ModuleList(ResidualBlock(width, kernel, dilations) for kernel, dilations in blocks)
            for width in widths[1:]
        )
        self.head = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=False)

    def forward(self, z: Tensor, style: Tensor) -> Tensor:
        """z [B, T, Z], style [B, G] -> waveform float32 [B, S] in -1..1. Weights may be of 16 bits."""
        kind = self.project.weight.dtype
        x = convolve(self.project, z.transpose(1, 2)[:, :, None].to(kind))
        x = x + convolve(self.condition, style[:, :, None, None].to(kind))
        for upsample, blocks in zip(self.upsamples, self.stages, strict=True):
            x = convolve(upsample, F.leaky_relu(x, SLOPE))
            total: Tensor | float = 0.0
            for block in blocks:  # type: ignore[attr-defined]
                total = total + block(x)
            x = total / len(blocks)  # type: ignore[arg-type, operator]
        return torch.tanh(convolve(self.head, F.leaky_relu(x)).float())[:, 0, 0]
