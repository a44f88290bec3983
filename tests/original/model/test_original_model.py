"""The published model, stage by stage, against the numbers of its reference implementation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xespeech.audio.mel import log_mel
from xespeech.config import MEL_ORIGINAL
from xespeech.model.layers import length_mask
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer
from xespeech.original.model.weight_norm import add_weight_norm, fold_weight_norm, normed_modules
from xespeech.original.training.graph import OriginalBatch, joint_forward


@pytest.fixture
def no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every normal draw is 0."""
    monkeypatch.setattr(torch, "randn", torch.zeros)
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)


def close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) < 1e-4


def masks(golden) -> tuple[Tensor, Tensor]:
    return length_mask(golden["text_lengths"], 23), length_mask(golden["mel_lengths"], 60)


@torch.no_grad()
def test_style_and_text_and_durations(tiny_original: OriginalSynthesizer, golden):
    model, (symbols, _) = tiny_original, masks(golden)
    style = model.style_encoder(golden["reference_mel"])
    close(style, golden["style"])
    language = model.language(golden["language"])[:, None]
    text = model.text_encoder(golden["text"], language, symbols)
    close(text.hidden, golden["text_hidden"])
    close(text.mean, golden["text_mean"])
    close(text.log_std, golden["text_logs"])
    log_durations = model.durations(text.hidden, symbols, style, language, torch.zeros(2, 23, 2))
    close(log_durations, golden["log_durations"][..., 0])


@torch.no_grad()
def test_posteriors_and_both_flows_both_ways(tiny_original: OriginalSynthesizer, golden):
    model, (_, mask) = tiny_original, masks(golden)
    style, language = golden["style"][:, None], model.language(golden["language"])[:, None]
    spec = model.spec_posterior(golden["mel"], mask, style)
    close(spec.mean, golden["spec_mean"])
    close(spec.log_std, golden["spec_logs"])
    content = model.content_posterior(golden["content"], mask, language)
    close(content.mean, golden["content_mean"])
    close(content.log_std, golden["content_logs"])
    as_content = model.content_to_spec_flow(golden["spec_mean"], mask, style)
    close(as_content, golden["spec_to_content"])
    close(model.content_to_spec_flow(as_content, mask, style, inverse=True), golden["spec_mean"])
    as_text = model.text_to_content_flow(golden["content_mean"], mask, language)
    close(as_text, golden["content_to_text"])
    close(model.text_to_content_flow(as_text, mask, language, inverse=True), golden["content_from_text"])


@torch.no_grad()
def test_decoder_and_mel(tiny_original: OriginalSynthesizer, golden):
    _, mask = masks(golden)
    decoded = tiny_original.waveform(golden["spec_mean"], mask, golden["style"])
    close(decoded, golden["waveform_of_latent"][..., 0])
    mel = log_mel(golden["wave"][0].numpy(), MEL_ORIGINAL)
    close(torch.from_numpy(mel), golden["wave_mel"][0])


@torch.no_grad()
def test_speaking_converting_and_copying(tiny_original: OriginalSynthesizer, golden):
    model = tiny_original
    for i in range(2):
        n, t = int(golden["text_lengths"][i]), int(golden["mel_lengths"][i])
        style, identity = golden["style"][i : i + 1], golden["language"][i : i + 1]
        language = model.language(identity)[:, None]
        symbols = torch.ones(1, n, 1)
        text = model.text_encoder(golden["text"][i : i + 1, :n], language, symbols)
        log_durations = model.durations(text.hidden, symbols, style, language, torch.zeros(1, n, 2))
        durations = log_durations.exp().ceil().long()
        assert torch.equal(durations, golden.arrays_of(f"tts_attn_{i}")[:, 0].sum(1).long())
        size = int(durations.sum())
        mask = torch.ones(1, size, 1)
        prior = model.frame_prior(text, durations, size)
        z_content = model.content_from_text(prior, torch.zeros_like(prior.mean), mask, identity)
        spoken = model.waveform(model.spec_from_content(z_content, mask, style), mask, style)
        close(spoken, golden[f"tts_{i}"][..., 0])

        mask = torch.ones(1, t, 1)
        content = model.content_posterior(golden["content"][i : i + 1, :t], mask, language).mean
        converted = model.waveform(model.spec_from_content(content, mask, style), mask, style)
        close(converted, golden[f"vc_{i}"][..., 0])
        spec = model.spec_posterior(golden["mel"][i : i + 1, :t], mask, style[:, None]).mean
        close(model.waveform(spec, mask, style), golden[f"copy_{i}"][..., 0])


@torch.no_grad()
def test_the_training_graph(tiny_original: OriginalSynthesizer, golden, no_noise):
    batch = OriginalBatch(
        audio=torch.zeros(2, 0),
        symbols=golden["text"],
        n_symbols=golden["text_lengths"],
        languages=golden["language"],
        content=golden["content"],
        n_frames=golden["mel_lengths"],
        segments=torch.zeros(2, dtype=torch.long),
        references=torch.zeros(2, 0, dtype=torch.long),
    )
    output = joint_forward(tiny_original, batch, golden["mel"], golden["reference_mel"], segment_frames=25)
    assert torch.equal(output.durations, golden.arrays_of("train_attn")[:, 0].sum(1).long())
    close(output.kl_text_content, golden["loss_kl_text_content"])
    close(output.kl_content_spec, golden["loss_kl_content_spec"])
    close(output.kl_text_spec, golden["loss_kl_text_spec"])
    close(output.durations_loss, golden["train_duration_loss"])
    close(output.waveform, golden["train_waveform"][..., 0])


def test_weight_norm_changes_nothing_but_what_is_learnt(tiny_original: OriginalSynthesizer, golden):
    from copy import deepcopy

    model = deepcopy(tiny_original)
    style = golden["style"]
    before = model.decoder(golden["spec_mean"], style).detach()
    add_weight_norm(model)
    assert len(normed_modules(model)) == len([name for name in model.state_dict() if name.endswith("original1")])
    torch.testing.assert_close(model.decoder(golden["spec_mean"], style), before, atol=1e-5, rtol=0)
    fold_weight_norm(model)
    assert model.state_dict().keys() == tiny_original.state_dict().keys()
    torch.testing.assert_close(model.decoder(golden["spec_mean"], style), before, atol=1e-5, rtol=0)


def test_discriminators_judge_any_length():
    discriminators = OriginalDiscriminators()
    for size in (8000, 7999):
        outputs = discriminators(torch.randn(2, size))
        assert len(outputs) == 6
        assert all(hidden[-1].shape[0] == 2 and scores.dim() == 2 for scores, hidden in outputs)
