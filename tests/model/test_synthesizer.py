"""The parts of the synthesizer and how they fit together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xespeech.audio.pitch import REFERENCE_PITCH, track_pitch
from xespeech.config import ModelConfig, VocoderConfig
from xespeech.errors import ConfigError
from xespeech.model.flow import convnext_flow
from xespeech.model.layers import length_mask
from xespeech.model.posterior import kl_divergence
from xespeech.model.source_filter import Filters, SourceFilter, pulse_train
from xespeech.model.synthesizer import Synthesizer
from xespeech.model.text_encoder import expand, frame_positions
from xespeech.text.symbols import MARKS, PHONES

TINY = ModelConfig(
    n_phones=len(PHONES), n_marks=len(MARKS), latent_channels=8, hidden_channels=16, style_channels=8,
    language_channels=4, content_channels=12, text_layers=1, posterior_layers=1, couplings=2, coupling_layers=1,
    predictor_layers=1, style_layers=1, mel_decoder_channels=16, mel_decoder_layers=1,
    mel_decoder_fine_layers=1, vocoder=VocoderConfig(channels=16, n_layers=1, lookahead=6),
)  # fmt: skip


def test_flow_inverse_undoes_forward():
    flow = convnext_flow(8, 16, n_couplings=3, n_layers=1, condition_channels=4)
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    z, condition = torch.randn(2, 11, 8), torch.randn(2, 1, 4)
    mask = torch.ones(2, 11, 1)
    mask[1, 7:] = 0
    there = flow(z * mask, mask, condition)
    assert (there - z * mask).abs().max() > 0.1
    torch.testing.assert_close(flow(there, mask, condition, inverse=True), z * mask, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("n_couplings", [2, 3])
def test_halves_that_stay_where_they_are_are_reversed_channels(n_couplings: int, inverse: bool) -> None:
    """What trained weights mean: each layer shifts the second half, with all channels reversed between the layers."""
    torch.manual_seed(0)
    flow = convnext_flow(8, 16, n_couplings, n_layers=1, condition_channels=4)
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    z, condition, mask = torch.randn(2, 9, 8), torch.randn(2, 1, 4), length_mask(torch.tensor([9, 5]), 9)
    expected = z
    for coupling in reversed(flow.couplings) if inverse else flow.couplings:
        expected = expected.flip(-1) if inverse else expected
        kept, moved = expected.chunk(2, dim=-1)
        shift = coupling.network(kept, mask, condition)
        expected = torch.cat([kept, (moved - shift if inverse else moved + shift) * mask], dim=-1)
        expected = expected if inverse else expected.flip(-1)
    with torch.no_grad():
        found = flow(z, mask, condition, inverse=inverse)
    np.testing.assert_allclose((found * mask).numpy(), (expected * mask).detach().numpy(), atol=1e-5)


def test_kl_divergence_of_equal_gaussians_is_zero_and_grows_with_distance():
    generator = torch.Generator().manual_seed(0)
    mean, log_std, mask = torch.zeros(1, 4000, 2), torch.full((1, 4000, 2), -0.5), torch.ones(1, 4000, 1)
    sample = torch.randn(1, 4000, 2, generator=generator) * log_std.exp()
    same = kl_divergence(sample, log_std, mean, log_std, mask)
    apart = kl_divergence(sample, log_std, mean + 1.0, log_std, mask)
    assert abs(float(same)) < 0.1
    assert float(apart) == pytest.approx(2 * 0.5 / np.exp(-1.0), rel=0.1)


def test_expand_repeats_symbols_and_tells_positions():
    values = torch.tensor([[[1.0], [2.0], [3.0]]])
    durations = torch.tensor([[2, 1, 0]])
    assert expand(values, durations, 4)[0, :, 0].tolist() == [1.0, 1.0, 2.0, 0.0]
    positions = frame_positions(durations, 4)
    assert positions[0, :3, 0].tolist() == [0.25, 0.75, 0.5]
    assert positions[0, 0, 1] == pytest.approx(np.log(2))


@pytest.mark.parametrize("hertz", [80.0, 180.0, 333.0])
def test_pulse_train_has_the_pitch_it_was_given(hertz):
    log_pitch = torch.full((1, 50), float(np.log(hertz / REFERENCE_PITCH)))
    pulses = pulse_train(log_pitch, 24_000, 480)[0]
    assert len(pulses) == 24_000
    assert float(pulses.square().mean()) == pytest.approx(1.0, rel=0.1)
    tracked = track_pitch(pulses.numpy(), 24_000, 480)
    assert np.median(tracked[5:-5]) == pytest.approx(hertz, rel=0.01)


def test_renderer_with_neutral_filters_returns_its_source():
    renderer = SourceFilter(24_000, 240, 1024)
    noise = torch.randn(1, 4800)
    neutral = Filters(torch.full((1, 20, 513), -30.0), torch.zeros(1, 20, 513), torch.zeros(1, 20, 513))
    rendered = renderer(neutral, torch.zeros(1, 4800), noise)
    torch.testing.assert_close(rendered[:, 600:-600], noise[:, 600:-600], atol=1e-4, rtol=1e-4)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    model = Synthesizer(TINY).eval()
    symbols = torch.randint(1, 30, (1, 9))
    zeros = torch.zeros_like(symbols)
    alone = model.text_encoder(symbols, zeros, zeros, torch.ones(1, 9, 1))
    mask = torch.ones(1, 14, 1)
    mask[:, 9:] = 0
    padded = [torch.nn.functional.pad(x, (0, 5), value=1) for x in (symbols, zeros, zeros)]
    longer = model.text_encoder(*padded, mask)
    torch.testing.assert_close(longer.mean[:, :9], alone.mean, atol=1e-5, rtol=1e-5)
    mel = torch.randn(1, 20, 100)
    style = model.style_encoder(mel, torch.ones(1, 10, 1))
    mask = torch.ones(1, 13, 1)
    mask[:, 10:] = 0
    torch.testing.assert_close(
        model.style_encoder(torch.nn.functional.pad(mel, (0, 0, 0, 6), value=3.0), mask), style, atol=1e-5, rtol=1e-5
    )


def test_odd_latent_is_refused():
    with pytest.raises(ConfigError, match="even"):
        ModelConfig(n_phones=5, n_marks=2, latent_channels=7)
