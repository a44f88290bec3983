"""Latent to waveform: a network at 50 and 100 frames/s predicts filters, a source-filter model turns them into sound.

The source is a band-limited pulse train at the given pitch and white noise. The network predicts, for every short-time
Fourier frame, a complex filter for the pulses and a magnitude for the noise; the filtered frames are overlap-added.

Shapes: B batch, T frames (50/s), R rendering frames (100/s), K frequency bins, S samples, G style channels.

Source: backbone and inverse-STFT head after Vocos (Siuzdak 2023), harmonic-plus-noise source after Wang et al. 2019
("Neural source-filter waveform models").
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.config import REFERENCE_PITCH
from xespeech.model.layers import ConvNeXtBlock, ConvNeXtStack

PULSE_LIMIT = 11_500.0  # Hz; the pulse train holds nothing above


class Filters(NamedTuple):
    """Log-magnitude and phase of the pulses' filter, log-magnitude of the noise's; each [B, R, K]."""

    pulse_log_magnitude: Tensor
    pulse_phase: Tensor
    noise_log_magnitude: Tensor


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


def pulse_train(log_pitch: Tensor, sample_rate: int, hop_length: int, start: Tensor | None = None) -> Tensor:
    """Band-limited pulses of unit power.

    Args:
        log_pitch: log of Hz / REFERENCE_PITCH at frame rate [B, T], defined in unvoiced frames too.
        sample_rate: Hz.
        hop_length: samples per frame.
        start: phase of the first sample in cycles [B], or None for 0.

    Returns:
        Waveform [B, S], S = T * hop_length.
    """
    smooth = F.interpolate(log_pitch[:, None].float(), scale_factor=hop_length, mode="linear", align_corners=False)[
        :, 0
    ]
    hertz = REFERENCE_PITCH * smooth.exp()
    cycles = (hertz.double() / sample_rate).cumsum(1)
    if start is not None:
        cycles = cycles + start[:, None]
    phase = (2 * math.pi * (cycles % 1.0)).float()
    harmonics = PULSE_LIMIT / hertz
    whole = harmonics.floor()
    half = torch.sin(phase / 2)
    peak = half.abs() < 1e-4  # where the closed form of the sum of cosines is 0 / 0, all of them are 1
    total = torch.sin((whole + 0.5) * phase) / (2 * torch.where(peak, torch.ones_like(half), half)) - 0.5
    total = torch.where(peak, whole, total)
    total = total + (harmonics - whole) * torch.cos((whole + 1) * phase)
    return total * torch.sqrt(2.0 / harmonics)


class SourceFilter(nn.Module):
    """Renders filters into a waveform by short-time Fourier filtering of pulses and noise.

    Args:
        sample_rate: Hz.
        hop_length: samples between rendering frames (100/s).
        n_fft: window length; K = n_fft / 2 + 1.
    """

    window: Tensor

    def __init__(self, sample_rate: int, hop_length: int, n_fft: int) -> None:
        super().__init__()
        self.sample_rate, self.hop_length, self.n_fft = sample_rate, hop_length, n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, filters: Filters, pulses: Tensor, noise: Tensor) -> Tensor:
        """filters [B, R, K]; pulses and noise [B, S] of unit power, S = R * hop_length -> waveform [B, S]."""
        pulse_spectrum = self.analyse(pulses)
        noise_spectrum = self.analyse(noise)
        pulse_filter = torch.polar(filters.pulse_log_magnitude.exp(), filters.pulse_phase)
        spectrum = pulse_filter * pulse_spectrum + filters.noise_log_magnitude.exp() * noise_spectrum
        return self.overlap_add(spectrum)

    def analyse(self, waveform: Tensor) -> Tensor:
        """Windowed spectra, complex [B, R, K], of a waveform [B, S]."""
        margin = (self.n_fft - self.hop_length) // 2
        frames = F.pad(waveform.float(), (margin, margin)).unfold(1, self.n_fft, self.hop_length)
        return torch.fft.rfft(frames * self.window)

    def overlap_add(self, spectrum: Tensor) -> Tensor:
        """Waveform [B, S] of spectra [B, R, K], divided by the overlapped squared windows."""
        frames = torch.fft.irfft(spectrum, self.n_fft) * self.window
        n_frames = frames.shape[1]
        size = (n_frames - 1) * self.hop_length + self.n_fft
        fold = {"output_size": (1, size), "kernel_size": (1, self.n_fft), "stride": (1, self.hop_length)}
        total = F.fold(frames.transpose(1, 2), **fold)[:, 0, 0]
        square = (self.window**2)[None, :, None].expand(1, -1, n_frames)
        envelope = F.fold(square, **fold)[:, 0, 0]
        margin = (self.n_fft - self.hop_length) // 2
        return (total / envelope.clamp(min=1e-3))[:, margin : size - margin]
