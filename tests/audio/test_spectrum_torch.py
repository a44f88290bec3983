"""Spectra and their gradients are those of PyTorch's own operations."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from xespeech.audio.spectrum_torch import overlap_add, power_spectrum


@pytest.mark.parametrize(("size", "hop", "samples"), [(16, 4, 64), (16, 5, 70), (12, 6, 12), (10, 10, 33)])
def test_a_power_spectrum_and_its_gradient_are_those_of_the_plain_operations(size, hop, samples):
    waveform = torch.randn(2, samples, dtype=torch.float64, requires_grad=True)
    window = torch.hann_window(size, dtype=torch.float64)
    plain = torch.fft.rfft(waveform.unfold(1, size, hop) * window).abs() ** 2
    weights = torch.randn_like(plain)
    (wanted,) = torch.autograd.grad((plain * weights).sum(), waveform)
    power = power_spectrum(waveform, window, hop)
    (found,) = torch.autograd.grad((power * weights).sum(), waveform)
    assert torch.allclose(power, plain)
    assert torch.allclose(found, wanted)


@pytest.mark.parametrize(("size", "hop", "frames"), [(16, 4, 9), (16, 5, 7), (12, 12, 3), (8, 3, 1)])
def test_frames_and_their_gradient_overlap_as_fold_has_it(size, hop, frames):
    values = torch.randn(3, frames, size, dtype=torch.float64, requires_grad=True)
    shape = {"output_size": (1, (frames - 1) * hop + size), "kernel_size": (1, size), "stride": (1, hop)}
    wanted = F.fold(values.transpose(1, 2), **shape)[:, 0, 0]
    found = overlap_add(values, hop)
    assert torch.allclose(found, wanted)
    weights = torch.randn_like(wanted)
    own, plain = (torch.autograd.grad((total * weights).sum(), values)[0] for total in (found, wanted))
    assert torch.allclose(own, plain)
