"""Losses with gradients of their own: value and gradient are those of the formula."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from xespeech.training.losses import feature_matching_loss
from xespeech.training.spectral_loss import LEARNT_BAND, SpectralLoss

RATE = 24_000


def by_autograd(decoded: Tensor, real: Tensor, bandwidth: Tensor, weights: Tensor) -> Tensor:
    """Equations 4 to 6 of Yamamoto et al. 2020 as they stand, with torch's own spectra."""
    total = torch.zeros(())
    for size in (256, 512, 1024, 2048):
        window = torch.hann_window(size)

        def magnitudes(waveform: Tensor, size: int = size, window: Tensor = window) -> Tensor:
            padded = F.pad(waveform[:, None], (size // 2, size // 2), mode="reflect")[:, 0]
            spectrum = torch.stft(padded, size, size // 4, window=window, center=False, return_complex=True)
            power = spectrum.real**2 + spectrum.imag**2
            return power.clamp(min=1e-16).sqrt().transpose(1, 2)

        found, wanted = magnitudes(decoded), magnitudes(real)
        hertz = torch.linspace(0, RATE / 2, size // 2 + 1)
        below = (hertz < LEARNT_BAND * bandwidth[:, None, None]).float()
        distance = ((wanted + 1e-3).log() - (found + 1e-3).log()).abs() * below
        gap = ((wanted - found) * below).flatten(1).norm(dim=1)
        gap = gap / (wanted * below).flatten(1).norm(dim=1).clamp(min=1.0)
        total = total + ((distance.mean((1, 2)) / below.mean((1, 2)) + gap) * weights).sum() / weights.sum()
    return total


def test_value_and_gradient_are_those_of_the_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    decoded, real = 0.1 * torch.randn(2, 3, 6000, generator=generator)
    decoded[0, 4000:] = real[0, 3000:] = 0
    bandwidth, weights = torch.tensor([12_000.0, 8_000.0, 4_000.0]), torch.tensor([1.0, 0.3, 2.0])
    found = []
    for loss in (SpectralLoss(RATE), by_autograd):
        waveform = decoded.clone().requires_grad_()
        value = loss(waveform, real, bandwidth, weights)
        (3 * value).backward()
        found.append((value.detach(), waveform.grad))
    torch.testing.assert_close(found[0][0], found[1][0])
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-3, atol=1e-6)


def test_windows_of_no_weight_may_be_left_out() -> None:
    decoded, real = 0.1 * torch.randn(2, 3, 6000, generator=torch.Generator().manual_seed(0))
    bandwidth, weights, own = torch.full((3,), 8_000.0), torch.tensor([1.0, 0.0, 2.0]), torch.tensor([0, 2])
    loss = SpectralLoss(RATE)
    found = loss(decoded[own], real[own], bandwidth[own], weights[own])
    torch.testing.assert_close(found, loss(decoded, real, bandwidth, weights))


def test_equal_silence_has_no_distance_and_no_gradient() -> None:
    silence = torch.zeros(1, 6000, requires_grad=True)
    value = SpectralLoss(RATE)(silence, torch.zeros(1, 6000), torch.tensor([12_000.0]), torch.ones(1))
    value.backward()
    assert value == 0
    assert silence.grad is not None
    assert not silence.grad.any()


def test_feature_matching_is_the_formula_whatever_the_format() -> None:
    """Layers are compared part by part, with a gradient of its own: value and gradient are those of the formula."""
    generator = torch.Generator().manual_seed(0)
    for kind in (torch.float32, torch.bfloat16):
        real, fake = (
            [(torch.zeros(2, 3), [torch.randn(2, size, 7, generator=generator).to(kind) for size in (5, 9_000)])]
            for _ in range(2)
        )
        found = []
        for own in (True, False):
            layers = [layer.clone().requires_grad_() for layer in fake[0][1]]
            if own:
                loss = feature_matching_loss(real, [(fake[0][0], layers)])
            else:
                pairs = [(r.float(), f.float()) for r, f in zip(real[0][1], layers, strict=True)]
                loss = torch.stack([(r - f).abs().mean() / r.abs().mean() for r, f in pairs]).mean()
            (2 * loss).backward()
            found.append([loss.detach(), *(layer.grad for layer in layers)])
        for one, other in zip(*found, strict=True):
            torch.testing.assert_close(one, other)
