"""The speaker encoder hears decoded mels as it hears waveforms, and its loss reaches what decodes them."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import resemblyzer
import soxr
import torch

from xespeech.audio.mel import log_mel
from xespeech.config import ModelConfig
from xespeech.content.store import save_encoder
from xespeech.data.pack import Pack
from xespeech.errors import UserError
from xespeech.training.config import SynthesisConfig, TrainingConfig
from xespeech.training.speaker_consistency import FRAMES, SpeakerConsistency
from xespeech.training.stages import StageSetup, latent


def _stage(tiny_networks, prepared, tmp_path, **values) -> latent.Latent:
    save_encoder(tiny_networks[1], tmp_path / "encoder", 0)
    shares = {"text_share": 0.6, "content_share": 0.4, "other_style_share": 0} | values
    config = SynthesisConfig(stage="latent", **shares)
    training = TrainingConfig(batch_frames=600, precision="32-true")
    return latent.Latent(StageSetup(tiny_networks[0].config, config, [Pack(prepared)], tmp_path / "encoder", training))


def test_a_mel_is_heard_as_its_waveform_is(prepared):
    pack, mel = Pack(prepared), ModelConfig(72, 10).mel
    speakers = SpeakerConsistency(mel)
    of_mels, of_waveforms = [], []
    for row in pack.rows:
        samples = np.tile(pack.audio(row), 2)  # some recordings are shorter than the encoder's window
        heard = resemblyzer.audio.wav_to_mel_spectrogram(soxr.resample(samples, mel.sample_rate, 16_000))
        of_waveforms.append(speakers.encoder(torch.from_numpy(heard[None, :FRAMES])))
        of_mels.append(speakers.embed(torch.from_numpy(log_mel(samples, mel)[None, :FRAMES])))
    cosines = torch.cat(of_mels) @ torch.cat(of_waveforms).T
    same = torch.tensor([[a.speaker == b.speaker for b in pack.rows] for a in pack.rows])
    assert cosines.diag().min() > 0.93
    assert cosines[~same].mean() < cosines.diag().mean() - 0.1


def test_the_loss_reaches_what_decodes_text_and_content(tiny_networks, prepared, tmp_path):
    stage = _stage(tiny_networks, prepared, tmp_path, speaker_weight=10.0, window_frames=100)
    batch = stage.batch(np.random.default_rng(0), 0)
    assert len(batch.heard)
    (update,) = stage.updates(batch, 0)
    loss = update.losses["speaker"]
    assert 0 < loss.item() < 20
    stage.synthesizer.zero_grad()
    loss.backward()
    for part in (
        stage.synthesizer.mel_decoder,
        stage.synthesizer.content_to_spec_flow,
        stage.synthesizer.style_encoder,
    ):
        assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in part.parameters())
    assert all(weight.grad is None for weight in stage.speakers.parameters())


def test_windows_in_another_style_are_heard_beside_its_reference(tiny_networks, prepared, tmp_path, monkeypatch):
    """Conversion learns who is to be heard, whatever of the source's voice its spectrum brings along."""
    values = {"speaker_weight": 10.0, "window_frames": 100, "other_style_share": 0.5, "words_weight": 0.0}
    stage = _stage(tiny_networks, prepared, tmp_path, text_share=0.0, content_share=1.0, **values)
    generator = np.random.default_rng(0)
    batch = next(found for found in (stage.batch(generator, 0) for _ in range(20)) if len(found.others.heard))
    heard = []
    monkeypatch.setattr(stage.speakers, "forward", lambda *mels: heard.append(mels) or mels[0].sum())
    list(stage.updates(batch, 0))
    decoded, real = heard[0]
    others = batch.others
    assert len(decoded) == len(real) == len(batch.heard) + len(others.heard)
    assert not set(batch.heard.tolist()) & set(others.windows.tolist())
    torch.testing.assert_close(real[len(batch.heard) :], stage.mel(others.reference[others.heard])[:, :FRAMES])

    encoded = latent.encode(stage, batch)
    spectrum = stage.synthesizer.content_from_spec(encoded.spec.sample, encoded.mask, encoded.voices.recorded)
    moved = [latent.latents_of(stage, batch, encoded, given).latent for given in (None, spectrum)]
    differs = (moved[0] - moved[1]).abs().amax((1, 2)) > 1e-4
    assert differs.nonzero()[:, 0].tolist() == others.windows.tolist()


def test_windows_too_short_for_the_encoder_cost_nothing(tiny_networks, prepared, tmp_path):
    stage = _stage(tiny_networks, prepared, tmp_path, speaker_weight=10.0, window_frames=FRAMES // 2 - 1)
    (update,) = stage.updates(stage.batch(np.random.default_rng(0), 0), 0)
    assert update.losses["speaker"].item() == 0


def test_what_is_missing_is_named(tiny_networks, prepared, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resemblyzer", None)
    with pytest.raises(UserError, match=r"speaker_weight needs resemblyzer.*xespeech\[evaluate\]"):
        _stage(tiny_networks, prepared, tmp_path, speaker_weight=1.0)
    assert _stage(tiny_networks, prepared, tmp_path).speakers is None
