"""A source-filter renderer: band-limited pulses and white noise, filtered frame by frame in the Fourier domain.

Shapes: B batch, P pitch frames (100/s), R rendering frames (200/s), K frequency bins, S samples.

Source: harmonic-plus-noise source after Wang et al. 2019 ("Neural source-filter waveform models"); inverse-STFT head
after Vocos (Siuzdak 2023).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.audio.spectrum_torch import items_at_once, overlap_add
from xespeech.config import PULSE_LIMIT, REFERENCE_PITCH


class Filters(NamedTuple):
    """Log-magnitude and phase of the pulses' filter, log-magnitude of the noise's; each [B, R, K]."""

    pulse_log_magnitude: Tensor
    pulse_phase: Tensor
    noise_log_magnitude: Tensor


class Cycles(NamedTuple):
    """Pitch in Hz, and the cycles since the beginning, of each sample; both [B, S]."""

    hertz: Tensor
    cycles: Tensor


def cycles_of(log_pitch: Tensor, sample_rate: int, hop_length: int) -> Cycles:
    """Pitch from frames to samples.

    Args:
        log_pitch: log of Hz / REFERENCE_PITCH at frame rate [B, T], defined in unvoiced frames too.
        sample_rate: Hz.
        hop_length: samples per frame.

    Returns:
        Both for S = T * hop_length samples; the cycles in double precision.
    """
    smooth = F.interpolate(log_pitch[:, None].float(), scale_factor=hop_length, mode="linear", align_corners=False)[
        :, 0
    ]
    hertz = REFERENCE_PITCH * smooth.exp()
    return Cycles(hertz, (hertz.double() / sample_rate).cumsum(1))


def pulse_train(log_pitch: Tensor, sample_rate: int, hop_length: int, start: Tensor | None = None) -> Tensor:
    """Band-limited pulses of unit power.

    Args:
        log_pitch: as in `cycles_of`.
        sample_rate: Hz.
        hop_length: samples per frame.
        start: phase in cycles that is added to all samples [B, 1] or to each [B, S]; None for 0.

    Returns:
        Waveform [B, S], S = T * hop_length; a pulse where the phase is a whole number.
    """
    hertz, cycles = cycles_of(log_pitch, sample_rate, hop_length)
    if start is not None:
        cycles = cycles + start
    phase = (2 * math.pi * (cycles % 1.0)).float()
    harmonics = PULSE_LIMIT / hertz
    whole = harmonics.floor()
    half = torch.sin(phase / 2)
    peak = half.abs() < 1e-4  # where the closed form of the sum of cosines is 0 / 0, all of them are 1
    total = torch.sin((whole + 0.5) * phase) / (2 * torch.where(peak, torch.ones_like(half), half)) - 0.5
    total = torch.where(peak, whole, total)
    total = total + (harmonics - whole) * torch.cos((whole + 1) * phase)
    return total * torch.sqrt(2.0 / harmonics)


def filtered(filters: Filters, pulses: Tensor, noise: Tensor) -> Tensor:
    """The spectrum, complex [B, R, K], of pulses and noise, complex [B, R, K], under their filters."""
    return _Filtered.apply(*filters, pulses, noise)


class _Filtered(torch.autograd.Function):
    """The logarithm of a filter is what is learnt: its gradient is the output's times what the filter let through, real
    part for the magnitude and imaginary part for the phase. PyTorch's own takes three times as many passes.
    """

    @staticmethod
    def forward(
        ctx: Any, pulse_log_magnitude: Tensor, phase: Tensor, noise_log_magnitude: Tensor, pulses: Tensor, noise: Tensor
    ) -> Tensor:
        magnitude = pulse_log_magnitude.exp()
        pulses = torch.complex(phase.cos().mul_(magnitude), phase.sin().mul_(magnitude)).mul_(pulses)
        noise = noise * noise_log_magnitude.exp()
        ctx.save_for_backward(pulses, noise)
        return pulses + noise

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        pulses, noise = ctx.saved_tensors
        gradient = gradients[0]
        of_pulses = gradient * pulses.conj()
        of_noise = torch.addcmul(gradient.real * noise.real, gradient.imag, noise.imag)
        return of_pulses.real, of_pulses.imag, of_noise, None, None


class SourceFilter(nn.Module):
    """Renders filters into a waveform by short-time Fourier filtering of pulses and noise.

    Args:
        sample_rate: Hz.
        hop_length: samples between rendering frames.
        n_fft: window length; K = n_fft / 2 + 1.
    """

    window: Tensor

    def __init__(self, sample_rate: int, hop_length: int, n_fft: int) -> None:
        super().__init__()
        self.sample_rate, self.hop_length, self.n_fft = sample_rate, hop_length, n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)

    def forward(self, filters: Filters, pulses: Tensor, noise: Tensor) -> Tensor:
        """filters [B, R, K]; pulses and noise [B, S] of unit power, S = R * hop_length -> waveform [B, S]."""
        parts = [values.split(2 * items_at_once(pulses)) for values in (*filters, pulses, noise)]
        waveforms = [
            self.overlap_add(filtered(Filters(*part[:3]), self.analyse(part[3]), self.analyse(part[4])))
            for part in zip(*parts, strict=True)
        ]
        return torch.cat(waveforms)

    def analyse(self, waveform: Tensor) -> Tensor:
        """Windowed spectra, complex [B, R, K], of a waveform [B, S]."""
        margin = (self.n_fft - self.hop_length) // 2
        frames = F.pad(waveform.float(), (margin, margin)).unfold(1, self.n_fft, self.hop_length)
        return torch.fft.rfft(frames * self.window)

    def overlap_add(self, spectrum: Tensor) -> Tensor:
        """Waveform [B, S] of spectra [B, R, K], divided by the overlapped squared windows."""
        frames = torch.fft.irfft(spectrum, self.n_fft) * self.window
        total = overlap_add(frames, self.hop_length)
        envelope = overlap_add((self.window**2).expand(1, frames.shape[1], -1), self.hop_length)
        margin = (self.n_fft - self.hop_length) // 2
        return (total / envelope.clamp(min=1e-3))[:, margin : total.shape[1] - margin]
