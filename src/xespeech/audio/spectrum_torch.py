"""Short-time spectra in torch whose gradients cost what they do.

PyTorch's gradient of a real Fourier transform is a complex one of twice the size, that of `abs` takes a sign of complex
numbers, and that of overlapping frames adds them sample by sample. Here a gradient is one inverse real transform and as
many sums as windows overlap.

Shapes: B batch, S samples, R frames, N samples of a window, K = N / 2 + 1 bins.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def power_spectrum(waveform: Tensor, window: Tensor, hop_length: int) -> Tensor:
    """Squared magnitudes [B, R, K] of the frames that lie wholly within a waveform [B, S]; R = (S - N) // hop + 1.

    Args:
        waveform: float32 [B, S], S at least N.
        window: that each frame is multiplied by [N]; N is even.
        hop_length: samples between frames.
    """
    if torch.is_grad_enabled() and waveform.requires_grad:
        return _PowerSpectrum.apply(waveform, window, hop_length)
    return power_of(spectrum_of(waveform, window, hop_length))


def items_at_once(waveform: Tensor) -> int:
    """How many items of a batch [B, S] have their spectra computed at once: those of one fit a core's cache."""
    return 1 if waveform.device.type == "cpu" else max(1, len(waveform))


def overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """The sum [B, (R - 1) * hop + N] of frames [B, R, N] that begin `hop_length` samples apart."""
    return _OverlapAdd.apply(frames, hop_length)


def _overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    batch, n_frames, size = frames.shape
    parts = frames.split(hop_length, dim=2)
    total = frames.new_zeros(batch, n_frames + len(parts) - 1, hop_length)
    for first, part in enumerate(parts):
        total[:, first : first + n_frames, : part.shape[2]] += part
    return total.flatten(1)[:, : (n_frames - 1) * hop_length + size]


def spectrum_of(waveform: Tensor, window: Tensor, hop_length: int) -> Tensor:
    """The spectra of `power_spectrum` before their magnitudes are taken, complex [B, R, K]."""
    return torch.fft.rfft(waveform.unfold(1, len(window), hop_length) * window)


def power_of(spectrum: Tensor) -> Tensor:
    """Squared magnitudes [B, R, K] of a spectrum, complex [B, R, K]."""
    return torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag)


def waveform_gradient(weighted: Tensor, window: Tensor, hop_length: int, size: int) -> Tensor:
    """Gradient [B, S] by a waveform of S = `size` samples, from that by its squared magnitudes [B, R, K].

    Of each sample it is twice the real part of the spectrum times the gradient, turned back bin by bin. An inverse real
    transform counts all bins but the first and the last twice, so these are doubled first.

    Args:
        weighted: the spectrum of the waveform times that gradient, complex [B, R, K]; overwritten.
        window, hop_length: as in `power_spectrum`.
        size: S.
    """
    weighted[..., 0] *= 2
    weighted[..., -1] *= 2
    frames = torch.fft.irfft(weighted, len(window), norm="forward").mul_(window)
    total = _overlap_add(frames, hop_length)
    return F.pad(total, (0, size - total.shape[1]))


class _PowerSpectrum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, waveform: Tensor, window: Tensor, hop_length: int) -> Tensor:
        spectrum = spectrum_of(waveform, window, hop_length)
        ctx.save_for_backward(spectrum, window)
        ctx.hop_length, ctx.size = hop_length, waveform.shape[1]
        return power_of(spectrum)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        spectrum, window = ctx.saved_tensors
        return waveform_gradient(spectrum * gradients[0], window, ctx.hop_length, ctx.size), None, None


class _OverlapAdd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, frames: Tensor, hop_length: int) -> Tensor:
        ctx.hop_length, ctx.size = hop_length, frames.shape[2]
        return _overlap_add(frames, hop_length)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0].unfold(1, ctx.size, ctx.hop_length), None
