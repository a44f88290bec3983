"""The vocoder: shapes, what it starts from, and how far ahead it hears."""

import pytest
import torch

from xespeech.config import MEL_COMPACT, VocoderConfig
from xespeech.model.layers import split_lookahead
from xespeech.model.source_filter import Filters, filtered
from xespeech.model.vocoder import Vocoder

SMALL = VocoderConfig(channels=16, n_layers=2)
FRAMES = 30


def inputs(n_frames: int = FRAMES) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    mel = torch.randn(1, n_frames, MEL_COMPACT.n_mels, generator=generator) - 4
    return mel, torch.zeros(1, n_frames), torch.ones(1, n_frames)


def test_a_mel_becomes_as_many_samples_as_it_has_frames():
    vocoder = Vocoder(MEL_COMPACT, SMALL)
    waveform = vocoder(*inputs())
    assert waveform.shape == (1, FRAMES * MEL_COMPACT.hop_length)
    assert bool(torch.isfinite(waveform).all())


def test_each_waveform_and_the_way_to_it_are_the_same_alone_and_in_a_batch():
    """On a CPU, training takes a way of its own from the mel to the blocks, and renders part by part."""
    torch.manual_seed(0)
    vocoder = Vocoder(MEL_COMPACT, SMALL)
    mel = torch.randn(5, FRAMES, MEL_COMPACT.n_mels) - 4
    given = mel, torch.randn(5, FRAMES) / 4, torch.ones(5, FRAMES)
    filters = vocoder.filters(*given)
    with torch.no_grad():
        plain = vocoder.filters(*given)
    for found, wanted in zip(filters, plain, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    pulses, noise = torch.randn(2, 5, FRAMES * MEL_COMPACT.hop_length)
    together = vocoder.renderer(filters, pulses, noise)
    for i in range(5):
        alone = vocoder.renderer(Filters(*(part[i : i + 1] for part in filters)), pulses[i : i + 1], noise[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone)


def test_an_untrained_vocoder_follows_the_level_of_the_mel():
    torch.manual_seed(0)
    vocoder = Vocoder(MEL_COMPACT, SMALL)
    _, log_pitch, voicing = inputs()
    level = torch.full((1, FRAMES, MEL_COMPACT.n_mels), -4.0)
    soft, loud = (vocoder(level + gain, log_pitch, voicing).std() for gain in (0.0, 2.0))
    assert float(loud / soft) == pytest.approx(torch.e**2, rel=0.3)


@pytest.mark.parametrize("lookahead", [0, 3, 9])
def test_nothing_depends_on_frames_beyond_the_lookahead(lookahead):
    vocoder = Vocoder(MEL_COMPACT, VocoderConfig(channels=16, n_layers=2, lookahead=lookahead)).eval()
    mel, log_pitch, voicing = inputs()
    changed = mel.clone()
    changed[:, 20:] += 1.0
    same = (
        vocoder.filters(mel, log_pitch, voicing).pulse_phase - vocoder.filters(changed, log_pitch, voicing).pulse_phase
    )
    first = int((same.abs().amax(dim=(0, 2)) > 1e-6).nonzero()[0])
    # interpolation to rendering frames mixes frame 20 into rendering frame 39
    assert first == 39 - lookahead


@pytest.mark.parametrize("lookahead", [0, 2, 9])
def test_a_voiced_frame_is_known_no_earlier_than_the_lookahead(lookahead):
    vocoder = Vocoder(MEL_COMPACT, VocoderConfig(channels=16, n_layers=2, lookahead=lookahead)).eval()
    mel, log_pitch, voicing = inputs()
    voicing = torch.zeros_like(voicing)
    changed = voicing.clone()
    changed[:, 20:] = 1.0
    before, after = (torch.cat(vocoder.filters(mel, log_pitch, values), dim=2) for values in (voicing, changed))
    first = int(((before - after).abs().amax(dim=(0, 2)) > 1e-6).nonzero()[0])
    assert first == 39 - lookahead


def test_unvoiced_frames_have_no_pulses_but_for_those_beside_voiced_ones():
    vocoder = Vocoder(MEL_COMPACT, SMALL).eval()
    mel, log_pitch, voicing = inputs()
    voicing[:, 10:] = 0.0
    pulse = vocoder.filters(mel, log_pitch, voicing).pulse_log_magnitude[0].amax(1)
    assert float(pulse[24:].max()) < float(pulse[:20].min()) - 10


def test_what_pulses_lose_the_noise_gets():
    vocoder = Vocoder(MEL_COMPACT, SMALL).eval()
    totals, shares = [], []
    for periodic in (1.0, 0.3):
        vocoder.periodic.fill_(periodic)
        filters = vocoder.filters(*inputs())
        pulses, noise = (2 * filters.pulse_log_magnitude).exp(), (2 * filters.noise_log_magnitude).exp()
        totals.append(pulses + noise)
        shares.append(pulses)
    torch.testing.assert_close(*totals)
    torch.testing.assert_close(shares[1], 0.3 * shares[0])


def test_lookahead_is_spent_by_the_first_layers():
    assert split_lookahead(4, 7, 3) == [3, 1, 0]
    assert split_lookahead(9, 7, 3) == [3, 3, 3]
    assert split_lookahead(0, 7, 3) == [0, 0, 0]


def test_filters_and_their_gradients_are_those_of_the_plain_products():
    generator = torch.Generator().manual_seed(0)
    learnt = [torch.randn(2, 3, 5, dtype=torch.float64, generator=generator).requires_grad_() for _ in range(3)]
    pulses, noise, weights = torch.randn(3, 2, 3, 5, dtype=torch.complex128, generator=generator)
    magnitude, phase, level = learnt
    wanted = torch.polar(magnitude.exp(), phase) * pulses + level.exp() * noise
    found = filtered(Filters(magnitude, phase, level), pulses, noise)
    assert torch.allclose(found, wanted)
    both = (torch.autograd.grad((spectrum * weights).real.sum(), learnt) for spectrum in (found, wanted))
    assert all(torch.allclose(own, plain) for own, plain in zip(*both, strict=True))
