"""Discriminators that suit a CPU: few channels where frames are many, wide where they are few; patches cost more.

Shapes: B batch, S samples, R Fourier frames, C channels, P mel frames, M mel channels.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from xespeech.audio.spectrum_torch import power_spectrum
from xespeech.model.fused_block import convolve_side_by_side


def _convolve(layer: nn.Conv1d, x: Tensor, slope: float) -> Tensor:
    """x [B, R, C] through a convolution and a leaky ReLU; a slope of 1 is none."""
    y = convolve_side_by_side(x, layer.weight, layer.bias, int(layer.padding[0]), layer.stride[0])
    return F.leaky_relu(y, slope)


def _judge(
    discriminator: nn.Module,
    x: Tensor,
    convolve: Callable[[Any, Tensor, float], Tensor] = _convolve,
    slope: float = 0.1,
) -> tuple[Tensor, list[Tensor]]:
    """Scores of a discriminator with `layers` and a `head`, and its hidden layers, from what its first layer reads."""
    hidden = []
    for layer in discriminator.layers:  # type: ignore[union-attr]
        x = convolve(layer, x, slope)
        hidden.append(x)
    return convolve(discriminator.head, x, 1.0), hidden


def _convolve_plane(layer: nn.Conv2d, x: Tensor, slope: float) -> Tensor:
    """x [B, C, P, M] through a convolution and a leaky ReLU; a slope of 1 is none."""
    return F.leaky_relu(layer(x), slope)


class PeriodDiscriminator(nn.Module):
    """Judges every p-th sample (HiFi-GAN, Kong et al. 2020), strided from the start so that few frames are left."""

    def __init__(self, period: int, channels: int) -> None:
        super().__init__()
        self.period = period
        widths = [1, channels, 2 * channels, 4 * channels, 8 * channels]
        self.layers = nn.ModuleList(weight_norm(nn.Conv1d(i, o, 5, stride=3, padding=2)) for i, o in pairwise(widths))
        self.head = weight_norm(nn.Conv1d(widths[-1], 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """waveform [B, S] -> scores and hidden layers."""
        batch, size = waveform.shape
        x = F.pad(waveform, (0, -size % self.period), mode="constant")
        x = x.view(batch, -1, self.period).transpose(1, 2).reshape(batch * self.period, -1, 1)
        return _judge(self, x)


class SpectrumDiscriminator(nn.Module):
    """Judges log-magnitude spectra with wide one-dimensional convolutions over all frequencies at once."""

    window: Tensor

    def __init__(self, n_fft: int, channels: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv1d(i, channels, 5, stride=stride, padding=2))
            for i, stride in ((n_fft // 2 + 1, 1), (channels, 2), (channels, 2))
        )
        self.head = weight_norm(nn.Conv1d(channels, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """waveform [B, S] -> scores and hidden layers."""
        with torch.autocast(waveform.device.type, enabled=False):
            padded = F.pad(waveform.float(), (self.n_fft // 2, self.n_fft // 2))
            power = power_spectrum(padded, self.window, self.n_fft // 4)
            x = (power + 1e-5).log() * 0.3
        return _judge(self, x)


class PatchDiscriminator(nn.Module):
    """Judges patches of time and frequency of complex spectra, whose magnitudes are compressed, and their logarithms.

    Source: multi-resolution complex discriminators after Defossez et al. 2022 ("EnCodec").
    """

    window: Tensor

    def __init__(self, n_fft: int, channels: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        wide = 2 * channels
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(i, o, (3, 7), stride=(1, 2), padding=(1, 3)))
            for i, o in pairwise((3, channels, wide, wide, wide))
        )
        self.head = weight_norm(nn.Conv2d(wide, 1, 3, padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """waveform [B, S] -> scores and hidden layers."""
        with torch.autocast(waveform.device.type, enabled=False):
            padded = F.pad(waveform.float(), (self.n_fft // 2, self.n_fft // 2))
            spectrum = torch.fft.rfft(padded.unfold(1, self.n_fft, self.n_fft // 4) * self.window)[..., :-1]
            power = spectrum.real.square() + spectrum.imag.square() + 1e-7
            scale = power.pow(-0.35)  # magnitudes to the power of .3
            x = torch.stack([spectrum.real * scale, spectrum.imag * scale, 0.2 * power.log()], dim=1)
        return _judge(self, x, _convolve_plane)


class DiscriminatorSet(nn.Module):
    """Several discriminators of the same waveform.

    Attributes:
        hinge: whether they learn by the hinge loss; by least squares if not.
    """

    hinge = False

    def __init__(self, *members: nn.Module) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, waveform: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """waveform [B, S] -> scores and hidden layers of every discriminator."""
        return [member(waveform) for member in self.members]


class Discriminators(DiscriminatorSet):
    """Five periods and three spectral resolutions.

    Args:
        channels: width of the first period layer; the spectral ones are 16 times as wide.
    """

    def __init__(self, channels: int) -> None:
        periods = [PeriodDiscriminator(p, channels) for p in (2, 3, 5, 7, 11)]
        spectra = [SpectrumDiscriminator(n, 16 * channels) for n in (512, 1024, 2048)]
        super().__init__(*periods, *spectra)


class VocoderDiscriminators(DiscriminatorSet):
    """Five periods and patches of three resolutions: slower, but log-spectra alone hardly tell a copy from a recording.

    Args:
        channels: width of the first layer of each.
    """

    hinge = True

    def __init__(self, channels: int) -> None:
        periods = [PeriodDiscriminator(p, channels) for p in (2, 3, 5, 7, 11)]
        super().__init__(*periods, *(PatchDiscriminator(n, channels) for n in (320, 768, 1536)))


class MelDiscriminator(nn.Module):
    """Discriminator of log-mels by patches of time and frequency.

    Args:
        channels: width of the first layer; the others are twice as wide.
    """

    hinge = False

    def __init__(self, channels: int) -> None:
        super().__init__()
        wide = 2 * channels
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(i, o, kernel, stride, padding=(kernel[0] // 2, kernel[1] // 2)))
            for i, o, kernel, stride in (
                (1, channels, (3, 7), (1, 2)),
                (channels, wide, (5, 5), (2, 2)),
                (wide, wide, (3, 5), (1, 2)),
                (wide, wide, (5, 3), (2, 1)),
            )
        )
        self.head = weight_norm(nn.Conv2d(wide, 1, 3, padding=1))

    def forward(self, mel: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """Log-mel [B, P, M] -> scores and hidden layers, in a list of one."""
        return [_judge(self, (mel[:, None] + 4) / 4, _convolve_plane, slope=0.2)]
