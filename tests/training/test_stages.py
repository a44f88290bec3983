"""Stages are data: what a recipe freezes keeps its weights, to the bit, and the rest learns."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_type_hints

import numpy as np
import pytest
import torch

from xespeech.data.pack import Pack
from xespeech.errors import ConfigError, DataError, UnknownNameError
from xespeech.training.config import Stages, SynthesisConfig, TrainingConfig
from xespeech.training.learner import Learner
from xespeech.training.loop import train
from xespeech.training.stages import STAGES, StageSetup, make_stage
from xespeech.training.stages.compact import CompactStage

STYLE_SIDE = ("style_encoder", "vocoder", "content_to_spec_flow")
SYNTHESIS = SynthesisConfig(window_frames=40, adversarial_from=1, segment_frames=20, discriminator_channels=2)


def settings(**values) -> TrainingConfig:
    return TrainingConfig(batch_frames=120, precision="32-true", warmup_steps=0, max_steps=3, **values)


@pytest.fixture
def task(tiny_networks, prepared, tmp_path):
    from xespeech.content.store import save_encoder

    save_encoder(tiny_networks[1], tmp_path / "encoder", 0)
    torch.manual_seed(0)

    def make(config: TrainingConfig, shares: SynthesisConfig = SYNTHESIS) -> CompactStage:
        setup = StageSetup(tiny_networks[0].config, shares, [Pack(prepared)], tmp_path / "encoder", config)
        stage = make_stage(setup)
        assert isinstance(stage, CompactStage)
        return stage

    return make


def test_frozen_modules_do_not_move_and_all_others_do(task, tmp_path, tiny_networks):
    config = settings(freeze=STYLE_SIDE)
    adapt = task(config)
    start = {f"synthesizer.{name}": value.clone() for name, value in tiny_networks[0].state_dict().items()}
    train(adapt, config, tmp_path / "run", initial=start)
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    parameters = {f"synthesizer.{name}" for name, _ in tiny_networks[0].named_parameters()}
    assert parameters
    for kind in ("networks", "averaged"):
        for name in parameters:
            frozen = name.split(".")[1] in STYLE_SIDE
            assert torch.equal(state[kind][name], start[name]) == frozen, (kind, name)


def test_prosody_alone_moves_durations_and_pitch_and_nothing_else(task, tiny_networks, tmp_path):
    config = settings()
    shares = SynthesisConfig(
        window_frames=40, stage="prosody", text_share=0.8, content_share=0.2, other_style_share=0.5
    )
    start = {f"synthesizer.{name}": value.clone() for name, value in tiny_networks[0].state_dict().items()}
    stage = task(config, shares)
    train(stage, config, tmp_path / "run", initial=start)
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["networks"]
    for name, _ in tiny_networks[0].named_parameters():
        moved = name.split(".")[0] in ("durations", "text_pitch", "content_pitch")
        assert torch.equal(state[f"synthesizer.{name}"], start[f"synthesizer.{name}"]) != moved, name


def test_the_vocoder_alone_moves_and_answers_to_clean_recordings(task, tiny_networks, prepared, tmp_path):
    config = settings()
    shares = replace(SYNTHESIS, stage="vocoder", decoded_mels=True, denoised_targets=True, adversarial_from=0)
    start = {f"synthesizer.{name}": value.clone() for name, value in tiny_networks[0].state_dict().items()}
    stage = task(config, shares)
    batch = stage.batch(np.random.default_rng(0), 0)
    assert float(batch.targets.square().mean()) < float(batch.audio.square().mean())
    train(stage, config, tmp_path / "run", initial=start)
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["networks"]
    for name, _ in tiny_networks[0].named_parameters():
        moved = name.startswith("vocoder.")
        assert torch.equal(state[f"synthesizer.{name}"], start[f"synthesizer.{name}"]) != moved, name
    pack = Pack(prepared)
    row = pack.rows[0]
    assert np.array_equal(pack.audio(row, denoised=True), Pack(prepared).audio(row, denoised=True))
    assert len(pack.audio(row, 100, 50, denoised=True)) == 50


def test_a_judge_of_voices_begins_anew_and_all_else_goes_on(task, tiny_networks):
    config = settings()
    learner = Learner(task(config), config)
    before = {name: value.clone() for name, value in learner.task.networks.state_dict().items()}
    start = {name: value + 1 for name, value in before.items()}
    start["judge.head.weight"], start["judge.head.bias"] = torch.zeros(9, 512), torch.zeros(9)
    learner.start_from(start)
    for name, value in learner.task.networks.state_dict().items():
        expected = before if name.startswith("judge.") else start
        assert torch.equal(value, expected[name]), name


def test_a_module_that_does_not_exist_cannot_be_frozen(task):
    config = settings(freeze=("style_encoder", "vokoder"))
    with pytest.raises(UnknownNameError, match="unknown module to freeze 'vokoder': did you mean vocoder"):
        Learner(task(config), config)
    config = settings(freeze=("enc",))  # exact names, not parts of them
    with pytest.raises(UnknownNameError, match="module to freeze 'enc'"):
        Learner(task(config), config)


@pytest.mark.parametrize("late", [{"stage": "vocoder", "decoded_mels": True}, {"stage": "prosody"}])
def test_a_late_stage_needs_a_run_to_go_on_from(task, tmp_path, late):
    shares = replace(SYNTHESIS, **late)
    late = task(settings(), shares)
    with pytest.raises(ConfigError, match=r"text_encoder .* has learnt nothing yet.*--from"):
        train(late, settings(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_stage_that_does_not_exist_is_one_clear_sentence(task):
    with pytest.raises(UnknownNameError, match="unknown stage 'prosodie': did you mean prosody"):
        task(settings(), replace(SYNTHESIS, stage="prosodie"))


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_leaves_a_run_that_every_other_can_start_from(task, tiny_networks, tmp_path, stage):
    start = {f"synthesizer.{name}": value.clone() for name, value in tiny_networks[0].state_dict().items()}
    made = task(settings(), replace(SYNTHESIS, stage=stage))
    assert train(made, settings(), tmp_path / "run", max_steps=1, initial=start) == 1
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["averaged"]
    assert set(start) <= set(state)
    assert not all(torch.equal(state[name], start[name]) for name in start)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_the_losses_whose_weights_a_recipe_may_set_for_it(task, monkeypatch, stage):
    made = task(settings(), replace(SYNTHESIS, stage=stage))
    batch = made.batch(np.random.default_rng(0), 5)
    plain, read = SynthesisConfig.__getattribute__, set()
    monkeypatch.setattr(SynthesisConfig, "__getattribute__", lambda self, name: (read.add(name), plain(self, name))[1])
    list(made.updates(batch, 5))
    monkeypatch.undo()
    hints = get_type_hints(SynthesisConfig, include_extras=True)
    marks = {
        name: [part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Stages)]
        for name, hint in hints.items()
    }
    wanted = {name for name, of_stages in marks.items() if of_stages and stage in of_stages[0].names}
    wanted -= {"voice_change_share", "speaker_weight"}  # read where batches are made, and off
    assert wanted == {name for name in read if marks.get(name) and getattr(made.config, name) > 0}


def test_what_is_decoded_behind_the_end_of_a_window_is_not_judged(task):
    stage = task(settings(), replace(SYNTHESIS, stage="autoencoder", adversarial_from=0))
    batch = stage.batch(np.random.default_rng(0), 0)
    batch = replace(batch, frames=batch.frames - 7)
    mask, mel = stage.frame_mask(batch), stage.mel(batch.targets)
    beyond = stage.in_pitch_frames(mask[..., 0])[..., None] == 0
    assert beyond.any()

    def losses(decoded: torch.Tensor) -> dict[str, float]:
        parts = [update.losses for update in stage.mel_updates(batch, 0, {}, decoded, mask)]
        return {name: value.item() for part in parts for name, value in part.items()}

    expected = losses(mel + 0.1)
    assert {"mel", "adversarial", "feature_matching", "discriminator"} == set(expected)
    assert losses((mel + 0.1).masked_fill(beyond, 5.0)) == pytest.approx(expected)
    assert losses(mel + 0.5) != pytest.approx(expected)


def test_a_decoder_alone_that_is_kept_learns_nothing(task, tiny_networks, tmp_path):
    config = settings(freeze=("vocoder",))
    shares = replace(SYNTHESIS, stage="vocoder")
    stage = task(config, shares)
    start = {f"synthesizer.{name}": value for name, value in tiny_networks[0].state_dict().items()}
    with pytest.raises(ConfigError, match="freeze less"):
        train(stage, config, tmp_path / "run", initial=start)


def test_what_has_learnt_nothing_is_not_frozen(task, tmp_path):
    config = settings(freeze=STYLE_SIDE)
    with pytest.raises(ConfigError, match=r"has learnt nothing yet.*--from"):
        train(task(config), config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_stage_trains_its_languages_alone(task):
    config = settings(languages=("ja",))
    assert {row.language for _, row in task(config).sampler.items} == {"ja"}
    with pytest.raises(DataError, match="no recording of the data is in 'en'"):
        task(settings(languages=("en",)))


def test_the_learning_rate_falls_from_epoch_to_epoch(task):
    config = settings(epoch_decay=0.5, decay_share=0.0)
    learner = Learner(task(config), config)
    of_epoch = learner.task.sampler.epoch_frames / config.batch_frames
    rates = [learner._rate(step, 1000) for step in (0, int(of_epoch) + 1, 2 * int(of_epoch) + 2)]
    assert rates == pytest.approx([config.learning_rate * 0.5**i for i in range(3)])


def test_weights_of_other_sizes_are_one_clear_sentence(task, tmp_path, tiny_networks):
    config = settings()
    odd = {f"synthesizer.{name}": torch.zeros(3) for name in tiny_networks[0].state_dict()}
    with pytest.raises(DataError, match=r"the weights of --from do not fit this recipe"):
        train(task(config), config, tmp_path / "run", initial=odd)
    assert not (tmp_path / "run").exists()


def test_a_run_starts_from_a_model_folder_with_its_sizes_and_its_content_encoder(tiny_voice, prepared, tmp_path):
    """What recipes/fine-tune.yaml does with the default voice."""
    from xespeech.cli.train import train as command
    from xespeech.model_folder.weights import load_networks

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "task: synthesis\nmodel: {}\nsynthesis: {window_frames: 40}\n"
        "training: {freeze: [text_encoder], batch_frames: 120, max_steps: 2, precision: 32-true, warmup_steps: 0}\n"
    )
    command(recipe, [prepared], tmp_path / "run", start_from=tiny_voice)
    about = json.loads((tmp_path / "run" / "recipe.json").read_text())
    assert about["content_encoder"] == str(tiny_voice.resolve())
    averaged = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["averaged"]
    given = load_networks(tiny_voice)[0].state_dict()
    for part, kept in (("text_encoder", True), ("vocoder", False)):
        name = next(name for name in given if name.startswith(part) and name.endswith("weight"))
        assert torch.equal(averaged[f"synthesizer.{name}"], given[name]) == kept
