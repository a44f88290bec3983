"""Discriminators give what their convolutions give one after the other, in whatever layout those compute."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xespeech.model.discriminator import (
    DiscriminatorSet,
    PatchDiscriminator,
    PeriodDiscriminator,
    SpectrumDiscriminator,
    VocoderDiscriminators,
)
from xespeech.training.adversaries import Segments, verdict_on
from xespeech.training.losses import discriminator_loss, generator_loss


def plainly(discriminator: nn.Module, x: Tensor) -> list[Tensor]:
    """Hidden layers and scores of x [B, C, R]."""
    found = []
    for layer in discriminator.layers:
        x = F.leaky_relu(layer(x), 0.1)
        found.append(x)
    return [*found, discriminator.head(x)]


def test_scores_layers_and_gradients_are_those_of_plain_convolutions() -> None:
    torch.manual_seed(0)
    of_periods, of_spectra = PeriodDiscriminator(3, 4), SpectrumDiscriminator(64, 8)
    waveform = 0.1 * torch.randn(2, 1000)
    folded = F.pad(waveform, (0, 2)).view(2, -1, 3).transpose(1, 2).reshape(6, 1, -1)
    spectra = torch.stft(waveform, 64, 16, window=of_spectra.window, pad_mode="constant", return_complex=True)
    log_power = (spectra.abs().square() + 1e-5).log() * 0.3
    for discriminator, read in ((of_periods, folded), (of_spectra, log_power)):
        scores, hidden = discriminator(waveform)
        found = [values.transpose(1, 2) for values in (*hidden, scores)]
        wanted = plainly(discriminator, read)
        for own, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(own, other, rtol=1e-4, atol=1e-5)
        weights = list(discriminator.parameters())
        for own, other in zip(
            *(torch.autograd.grad(values[-1].square().sum(), weights) for values in (found, wanted)), strict=True
        ):
            torch.testing.assert_close(own, other, rtol=1e-3, atol=1e-5)


def test_a_verdict_is_what_each_side_gets_alone_and_the_next_one_knows_the_new_weights() -> None:
    torch.manual_seed(0)
    discriminators = DiscriminatorSet(PeriodDiscriminator(3, 4), SpectrumDiscriminator(64, 8))
    segments = Segments(*torch.randn(2, 2, 1000), 2)
    first = verdict_on(discriminators, segments)
    for outputs, waveform in ((first.of_real, segments.real), (first.of_decoded, segments.decoded)):
        for (scores, _), (alone, _) in zip(outputs, discriminators(waveform), strict=True):
            torch.testing.assert_close(scores, alone)
    with torch.no_grad():
        for parameter in discriminators.parameters():
            parameter.mul_(1.5)
    assert not torch.allclose(verdict_on(discriminators, segments).of_real[0][0], first.of_real[0][0])


def test_patches_of_spectra_hear_where_and_at_which_frequency_something_changed() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(512, 4)
    time = torch.arange(9600) / 24_000
    plain = 0.1 * torch.randn(1, 9600)
    changed = plain + torch.sin(2 * torch.pi * 9_000 * time) * ((time > 0.2) & (time < 0.21))
    before, after = (discriminator(waveform)[0][0, 0] for waveform in (plain, changed))
    moved = (before - after).abs()
    frame, band = divmod(int(moved.argmax()), moved.shape[1])
    assert 0.17 < frame * 128 / 24_000 < 0.24
    assert moved.shape[1] == 16
    assert 10 <= band <= 14  # 9 of 12 kHz
    assert float(moved[: int(0.1 * 24_000 / 128)].max()) < 0.01 * float(moved.max())


def test_the_vocoder_learns_from_the_hinge_loss_and_the_others_from_squares() -> None:
    torch.manual_seed(0)
    segments = Segments(*torch.randn(2, 2, 1000), 2)
    assert verdict_on(VocoderDiscriminators(2), segments).hinge
    assert not verdict_on(DiscriminatorSet(PeriodDiscriminator(3, 4)), segments).hinge
    real, fake = ([(torch.tensor([[value, 0.0]]), [])] for value in (3.0, -3.0))
    assert float(discriminator_loss(real, fake, hinge=True)) == 0.5 + 0.5
    assert float(discriminator_loss(real, fake)) == (4 + 1) / 2 + 9 / 2
    assert float(generator_loss(fake, hinge=True)) == 1.5
    assert float(generator_loss(fake)) == (16 + 1) / 2
