"""Windows in another's style: its melody and pace, and the same number of sums over all processes whoever has any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from xespeech.audio.mel_torch import LogMel
from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH
from xespeech.data.derived import recordings_of
from xespeech.data.manifest import write_manifests
from xespeech.data.pack import Pack
from xespeech.training import consistency, losses, ranks
from xespeech.training.batch import VoiceChange
from xespeech.training.config import SynthesisConfig, TrainingConfig
from xespeech.training.export import collect_styles
from xespeech.training.ranks import Share
from xespeech.training.sampling import balanced_weights
from xespeech.training.stages import StageSetup, compact, joint, latent
from xespeech.training.voice_change import change_voices, draw_change


def _task(tiny_networks, prepared, tmp_path, **values) -> joint.Joint:
    from xespeech.content.store import save_encoder

    save_encoder(tiny_networks[1], tmp_path / "encoder", 0)
    shape = {"window_frames": 40, "adversarial_from": 0, "segment_frames": 20, "discriminator_channels": 2}
    config = SynthesisConfig(**shape | values)
    training = TrainingConfig(batch_frames=80, precision="32-true")
    setup = StageSetup(tiny_networks[0].config, config, [Pack(prepared)], tmp_path / "encoder", training)
    return joint.Joint(setup)


def test_a_melody_moves_to_the_height_and_the_liveliness_of_the_other_voice(tiny_networks, prepared, tmp_path):
    windows = _task(tiny_networks, prepared, tmp_path).windows
    voices = windows.voices
    high, low = voices.recordings["anna", "neutral"][0], voices.recordings["ben", "neutral"][0]
    voices.deviations = {("anna", "neutral"): 0.2, ("ben", "neutral"): 0.12}
    voices.paces = {("anna", "neutral"): 1.0, ("ben", "neutral"): 1.25}
    about = windows.pair(torch.tensor([0]), [(high, (low, 0, 20))])
    own, other = (np.log(hertz[hertz > 0]) for hertz in (pack.pitch(row) for pack, row in (high, low)))
    log_pitch, voicing = interpolate_pitch(high[0].pitch(high[1]))
    height, rise, stretch = (float(values[0]) for values in (about.height, about.rise, about.stretch))
    moved = (height + rise + stretch * (log_pitch - height))[voicing > 0]
    assert abs(moved.mean() + np.log(REFERENCE_PITCH) - other.mean()) < 0.02
    assert abs(moved.std() / own.std() - 0.6) < 0.02
    assert float(about.pace[0]) == 1.25


def test_languages_that_models_do_not_speak_teach_sound_and_style(tiny_networks, prepared, tmp_path):
    recordings = [one.about for one in recordings_of(prepared)]
    people = tmp_path / "people"
    people.mkdir()
    (people / "audio").symlink_to(prepared / "audio")
    foreign = [
        replace(one, language=("de", "ug")[number % 2], speaker=f"actor-{number}", text="", phonemes=None)
        if number % 3
        else one
        for number, one in enumerate(recordings)
    ]
    write_manifests(people, foreign, dev={foreign[0].id})
    stage = _task(tiny_networks, people, tmp_path)
    batch = stage.batch(np.random.default_rng(0), 0)
    for update in stage.updates(batch, 0):
        assert all(torch.isfinite(value).all() for value in update.losses.values())
    rows = [row for row in Pack(people).rows if row.language != "ja"]
    assert {row.language for row in rows} == {"de", "ug"}
    assert all((row.language_id, row.n_symbols) == (0, 0) for row in rows)
    everyone = Pack(people).rows
    weights = balanced_weights(everyone)  # Japanese one half, all others together the other
    strangers = [row.language != "ja" for row in everyone]
    assert weights[strangers].sum() == pytest.approx(0.5)
    _, _, languages = collect_styles(tiny_networks[0], [Pack(people)], {row.speaker for row in everyone})
    assert languages["actor-1"] == ()  # a voice of the model, recorded in none of its languages
    assert ("ja",) in languages.values()


def test_paces_tell_slow_styles_of_a_speaker_from_fast_ones(tiny_networks, prepared, tmp_path, monkeypatch):
    stage = _task(tiny_networks, prepared, tmp_path)
    voices = stage.windows.voices
    recordings = voices.recordings.pop(("anna", "neutral"))
    voices.recordings |= {("anna", "sad"): recordings[:2], ("anna", "neutral"): recordings[2:]}
    sad = {row.id for _, row in recordings[:2]}
    monkeypatch.setattr(
        stage.content, "durations", lambda item: np.full(item[1].n_symbols, 9 if item[1].id in sad else 6)
    )
    assert voices.paces["anna", "sad"] / voices.paces["anna", "neutral"] == 1.5
    assert voices.paces["ben", "neutral"] == 1


def test_every_process_adds_up_as_often_as_the_others(tiny_networks, prepared, tmp_path, monkeypatch):
    """A process without any window decoded from text or content waits for nobody, and nobody waits for it."""
    task = _task(tiny_networks, prepared, tmp_path, text_share=0.3, content_share=0.1)
    calls = []

    def counted(value: torch.Tensor) -> torch.Tensor:
        calls.append(value.shape)
        return value.detach()

    for module in (consistency, losses, ranks, compact, latent):
        monkeypatch.setattr(module, "mean_over_ranks", counted)
    without = 0
    for step in range(8):
        sums = []
        for index in range(2):
            calls.clear()
            batch = task.batch(np.random.default_rng(step), step, Share(index, 2))
            assert len(list(task.updates(batch, step))) == 2
            sums.append(list(calls))
            without += not len(batch.predicted)
        assert sums[0] == sums[1]
    assert without > 0


def test_a_changed_voice_has_its_pitch_and_formants_at_other_frequencies(tiny_networks):
    mel = LogMel(tiny_networks[0].config.mel)
    rate = tiny_networks[0].config.mel.sample_rate
    times = torch.arange(rate) / rate

    def tones(factor: float) -> torch.Tensor:
        return mel(sum(0.1 * torch.sin(2 * torch.pi * factor * hertz * times) for hertz in (300, 1700, 4100))[None])

    none = torch.zeros(1, len(mel.centre_frequencies))
    changed = change_voices(tones(1.0), VoiceChange(torch.tensor([1.15]), none), mel.centre_frequencies)
    higher, inner = tones(1.15), slice(10, -10)
    left = (changed - higher)[:, inner].abs().mean()
    assert left < 0.4 * (tones(1.0) - higher)[:, inner].abs().mean()
    louder = change_voices(tones(1.0), VoiceChange(torch.ones(1), none + 0.5), mel.centre_frequencies)
    assert torch.allclose(louder, tones(1.0) + 0.5)


def test_so_many_voices_are_changed_as_the_recipe_says_the_others_not_at_all():
    change = draw_change(400, 0.25, 20, np.random.default_rng(0))
    untouched = (change.stretch == 1) & (change.gain == 0).all(1)
    assert 260 < int(untouched.sum()) < 340
    assert change.stretch.min() < 0.9
    assert change.stretch.max() > 1.1
    assert change.gain[~untouched].abs().mean() > 0.1


def test_a_window_and_its_reference_and_its_pitch_change_together(tiny_networks, prepared, tmp_path):
    def batch(share: float):
        task = _task(tiny_networks, prepared, tmp_path, voice_change_share=share, narrow_band_share=0.0)
        drawn = task.windows.draw(np.random.default_rng(3), True)
        return task, drawn

    (plain_task, plain), (task, changed) = batch(0.0), batch(1.0)
    assert plain.change is None
    assert changed.change is not None
    raised = changed.log_pitch - changed.change.stretch.log()[:, None]
    assert torch.allclose(raised, plain.log_pitch, atol=1e-5)
    assert torch.equal(plain.audio, changed.audio)
    moved = task.recorded_mel(changed, changed.audio) - plain_task.recorded_mel(plain, plain.audio)
    assert moved.abs().mean() > 0.05
    assert not torch.allclose(task.voices(changed).style, plain_task.voices(plain).style)
    assert (changed.bandwidth <= plain.bandwidth * changed.change.stretch).all()
