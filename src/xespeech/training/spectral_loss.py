"""The distance of spectra, with its gradient written out: autograd takes twice as many passes through memory.

Shapes: B batch, S samples, R Fourier frames, N samples of a window, K = N / 2 + 1 bins.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.linalg import vector_norm

from xespeech.audio.spectrum_torch import items_at_once, power_of, spectrum_of, waveform_gradient
from xespeech.training.ranks import mean_over_ranks

_WINDOWS = (256, 512, 1024, 2048)  # samples
_FLOOR = 1e-3  # of magnitudes, where their logarithm is taken
_SILENT = 1e-16  # of powers, below which a root has no gradient
LEARNT_BAND = 0.95  # of a recording's bandwidth


class SpectralLoss(nn.Module):
    """Distance of log-magnitudes and spectral convergence at four window sizes, below each recording's bandwidth.

    Source: Yamamoto et al. 2020 ("Parallel WaveGAN"), equations 4 to 6.

    Args:
        sample_rate: Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        super().__init__()
        self.sample_rate = sample_rate
        for size in _WINDOWS:
            self.register_buffer(f"window_{size}", torch.hann_window(size), persistent=False)

    def forward(self, decoded: Tensor, real: Tensor, bandwidth: Tensor, weights: Tensor) -> Tensor:
        """Mean distance, summed over the sizes.

        Args:
            decoded, real: waveforms [B, S], 0 in the padding.
            bandwidth: of each recording, Hz [B].
            weights: weight of each item [B].
        """
        total = decoded.new_zeros(())
        shares = weights / mean_over_ranks(weights.sum()).clamp(min=1e-6)
        for size in _WINDOWS:
            window = self.get_buffer(f"window_{size}")
            hertz = torch.linspace(0, self.sample_rate / 2, size // 2 + 1, device=decoded.device)
            below = (hertz < LEARNT_BAND * bandwidth[:, None]).float()
            padded = (
                F.pad(waveform[:, None], (size // 2, size // 2), mode="reflect")[:, 0] for waveform in (decoded, real)
            )
            total = total + _Distance.apply(*padded, window, below, shares)
        return total


class _Distance(torch.autograd.Function):
    """Sum of the items' distances times their shares. The gradient is found on the way, while all is in the cache."""

    @staticmethod
    def forward(ctx: Any, decoded: Tensor, real: Tensor, window: Tensor, below: Tensor, shares: Tensor) -> Tensor:
        learns = ctx.needs_input_grad[0]
        parts = (values.split(items_at_once(decoded)) for values in (decoded, real, below[:, None], shares))
        found = [_distance(d, r, b, s, window, learns) for d, r, b, s in zip(*parts, strict=True)]
        ctx.gradient = torch.cat([gradient for _, gradient in found]) if learns else None
        return torch.stack([distance for distance, _ in found]).sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return ctx.gradient * gradients[0], None, None, None, None


def _distance(
    decoded: Tensor, real: Tensor, below: Tensor, shares: Tensor, window: Tensor, learns: bool
) -> tuple[Tensor, Tensor]:
    """Distance of some items, and its gradient by `decoded`; below [B, 1, K] is 1 in the bins that count."""
    hop_length, all_bins = len(window) // 4, (1, 2)
    spectrum = spectrum_of(decoded, window, hop_length)
    power = power_of(spectrum)
    found = power.clamp(min=_SILENT).sqrt_()
    wanted = power_of(spectrum_of(real, window, hop_length)).clamp_(min=_SILENT).sqrt_()
    floored = found + _FLOOR
    ratio = (wanted + _FLOOR).div_(floored).log_().mul_(below)
    wanted *= below
    gap = torch.addcmul(wanted, found, below, value=-1)
    parts = 1 / (below.mean(all_bins) * ratio[0].numel())
    size, gap_size = vector_norm(wanted, dim=all_bins).clamp_(min=1.0), vector_norm(gap, dim=all_bins)
    distance = ((ratio.abs().sum(all_bins) * parts + gap_size / size) * shares).sum()
    if not learns:
        return distance, distance
    of_found = ratio.sign_().div_(floored).mul_((parts * shares)[:, None, None])
    of_found.addcmul_(gap, (shares / (size * gap_size.clamp(min=1e-12)))[:, None, None])
    audible = power.sub_(_SILENT).clamp_(min=0.0).sign_()  # a third of the time of a comparison
    of_power = of_found.div_(found).mul_(audible).mul_(-0.5)
    return distance, waveform_gradient(spectrum.mul_(of_power), window, hop_length, decoded.shape[1])
