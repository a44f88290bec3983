"""The discriminators of the original configuration: one of the waveform, five of its periods.

Shapes: B batch, S samples, C channels.

Source: HiFi-GAN (Kong et al. 2020), the members that VITS keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.model.discriminator import DiscriminatorSet
from xespeech.original.model.weight_norm import normed

_SLOPE = 0.1  # of the leaky rectifiers
PERIODS = (2, 3, 5, 7, 11)


class ScaleDiscriminator(nn.Module):
    """Judges the waveform with grouped convolutions of long kernels."""

    # in and out channels, kernel, stride, groups
    _LAYERS = (
        (1, 16, 15, 1, 1),
        (16, 64, 41, 4, 4),
        (64, 256, 41, 4, 16),
        (256, 1024, 41, 4, 64),
        (1024, 1024, 41, 4, 256),
        (1024, 1024, 5, 1, 1),
    )

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            normed(nn.Conv1d(i, o, kernel, stride, padding=kernel // 2, groups=groups))
            for i, o, kernel, stride, groups in self._LAYERS
        )
        self.head = normed(nn.Conv1d(1024, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """waveform [B, S] -> scores [B, .] and hidden layers."""
        return _judge(self, waveform[:, None])


class PeriodDiscriminator(nn.Module):
    """Judges every p-th sample, columns of a picture whose rows are p samples long."""

    _WIDTHS = (1, 32, 128, 512, 1024, 1024)

    def __init__(self, period: int) -> None:
        super().__init__()
        self.period = period
        strides = (3, 3, 3, 3, 1)
        self.layers = nn.ModuleList(
            normed(nn.Conv2d(i, o, (5, 1), (stride, 1), padding=(2, 0)))
            for (i, o), stride in zip(pairwise(self._WIDTHS), strides, strict=True)
        )
        self.head = normed(nn.Conv2d(1024, 1, (3, 1), padding=(1, 0)))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """waveform [B, S] -> scores [B, .] and hidden layers."""
        missing = -waveform.shape[1] % self.period
        waveform = F.pad(waveform[:, None], (0, missing), "reflect")[:, 0]
        columns = waveform.view(len(waveform), 1, -1, self.period).transpose(2, 3).contiguous()
        scores, hidden = _judge(self, columns, _convolve_transposed)
        return scores, [layer.transpose(2, 3) for layer in hidden]


def _convolve_transposed(layer: nn.Module, x: Tensor) -> Tensor:
    """A layer of the period discriminator on the transposed picture: on CPUs, rows must not be as short as a period."""
    assert isinstance(layer, nn.Conv2d)
    padding = (0, int(layer.padding[0]))
    return F.conv2d(x, layer.weight.transpose(2, 3), layer.bias, (1, layer.stride[0]), padding)


def _judge(
    discriminator: ScaleDiscriminator | PeriodDiscriminator,
    x: Tensor,
    convolve: Callable[[nn.Module, Tensor], Tensor] = nn.Module.__call__,
) -> tuple[Tensor, list[Tensor]]:
    """Scores and hidden layers; the scores are the last of the hidden layers, as feature matching takes them."""
    hidden = []
    for layer in discriminator.layers:
        x = F.leaky_relu(convolve(layer, x), _SLOPE)
        hidden.append(x)
    x = convolve(discriminator.head, x)
    hidden.append(x)
    return x.flatten(1), hidden


class OriginalDiscriminators(DiscriminatorSet):
    """All six."""

    def __init__(self) -> None:
        super().__init__(ScaleDiscriminator(), *(PeriodDiscriminator(period) for period in PERIODS))
