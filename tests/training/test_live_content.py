"""The content encoder of live conversion: what it hears, what it learns, and how it gets into a model."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import load_encoder, load_live_encoder, save_encoder
from xespeech.data.pack import Pack
from xespeech.errors import ConfigError, DataError, ModelError
from xespeech.model_folder.weights import Networks
from xespeech.text import PHONES
from xespeech.training.config import TrainingConfig
from xespeech.training.export import ExportOptions, export_run
from xespeech.training.live_content_task import LiveContentTask, collate
from xespeech.training.loop import train

TRAINING = TrainingConfig(
    batch_frames=300,
    max_steps=40,
    precision="32-true",
    warmup_steps=2,
    learning_rate=3e-3,
    clip_norm=1.0,
    ema_decay=0.8,
)


@pytest.fixture(scope="module")
def teacher(tiny_networks: Networks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    save_encoder(tiny_networks.content_encoder, folder / "encoder", 0)
    return folder


@pytest.mark.parametrize("ahead", [0, 2, 5])
def test_features_depend_on_no_later_frames_than_the_lookahead(ahead: int) -> None:
    sizes = ContentConfig(hidden_channels=16, content_channels=8, n_layers=3, n_phones=5, lookahead=ahead)
    encoder = CompactContentEncoder(sizes).eval()
    mel = torch.randn(1, 100, 80, requires_grad=True)
    encoder.encode_levelled(mel)[0, 20, 0].backward()
    assert mel.grad is not None
    heard = torch.nonzero(mel.grad[0].abs().sum(1))[:, 0]
    assert heard[-1] == 2 * (20 + ahead) + 2  # the first convolution hears two mel frames ahead


@pytest.mark.parametrize("ahead", [-1, 1.5, "two"])
def test_a_lookahead_that_makes_no_sense_is_refused(ahead: object) -> None:
    with pytest.raises(ConfigError, match="lookahead must be"):
        ContentConfig(n_phones=5, lookahead=ahead)  # type: ignore[arg-type]


def test_an_encoder_without_lookahead_is_stored_as_before(tmp_path: Path) -> None:
    """Older versions read it."""
    assert "lookahead" not in ContentConfig(n_phones=5).stored()
    assert ContentConfig(n_phones=5, lookahead=0).stored()["lookahead"] == 0


def test_features_come_nearer_to_those_of_whole_recordings(prepared: Path, teacher: Path, tmp_path: Path) -> None:
    pack = Pack(prepared)
    sizes = ContentConfig(hidden_channels=32, n_layers=2, n_phones=len(PHONES), lookahead=2)
    task = LiveContentTask(sizes, [pack], TRAINING, teacher / "encoder")
    items = [(pack, row) for row in pack.rows if row.n_frames >= 80]
    torch.manual_seed(0)
    before = [value.item() for value in task.distances(task.encoder, collate(items))]
    train(task, TRAINING, tmp_path / "run")
    learnt = load_encoder(tmp_path / "run" / "encoder")
    torch.manual_seed(0)
    after = [value.item() for value in task.distances(learnt, collate(items))]
    assert after[0] < 0.8 * before[0]
    assert after[1] < before[1]
    assert learnt.config.lookahead == 2
    whole = load_encoder(teacher / "encoder")
    assert torch.equal(learnt.phone_head.weight, whole.phone_head.weight)  # what phones look like is given


def test_short_recordings_alone_are_refused(prepared: Path, teacher: Path) -> None:
    pack = Pack(prepared)
    pack.rows = [replace(row, frames=(row.frames[0], 60)) for row in pack.rows]
    with pytest.raises(DataError, match=r"no training recording is as long as 1\.6 s: name other --data"):
        LiveContentTask(ContentConfig(n_phones=len(PHONES)), [pack], TRAINING, teacher / "encoder")


def _voice_run(run: Path, data: Path, content_encoder: Path, networks: Networks) -> Path:
    run.mkdir(exist_ok=True)
    averaged = {f"synthesizer.{name}": tensor for name, tensor in networks.synthesizer.state_dict().items()}
    torch.save({"step": 1, "networks": {}, "averaged": averaged, "optimizers": {}}, run / "checkpoint.pt")
    model = asdict(networks.synthesizer.config)
    about = {"task": "synthesis", "model": model, "data": [str(data)], "content_encoder": str(content_encoder)}
    (run / "recipe.json").write_text(json.dumps(about))
    return run


def test_it_gets_into_the_model_and_stays_there(
    prepared: Path, teacher: Path, tiny_networks: Networks, tmp_path: Path
) -> None:
    """From a run of its own, and from the model whose content encoder another voice is trained with."""
    live = tiny_networks.live_content_encoder
    assert live is not None
    save_encoder(live, tmp_path / "live" / "encoder", 1)
    run = _voice_run(tmp_path / "voice", prepared, teacher, tiny_networks)
    export_run(run, tmp_path / "without", ExportOptions())
    assert load_live_encoder(tmp_path / "without") is None
    export_run(run, tmp_path / "model", ExportOptions(live_content_encoder=tmp_path / "live"))
    stored = load_live_encoder(tmp_path / "model")
    assert stored is not None
    np.testing.assert_allclose(stored.bottleneck.weight.detach(), live.bottleneck.weight.detach(), atol=1e-3)
    assert (tmp_path / "model" / "live_content.int8.onnx").is_file()

    _voice_run(run, prepared, tmp_path / "model", tiny_networks)
    export_run(run, tmp_path / "next", ExportOptions())
    assert load_live_encoder(tmp_path / "next") is not None

    _voice_run(run, prepared, teacher, tiny_networks)
    export_run(run, tmp_path / "third", ExportOptions(live_content_encoder=tmp_path / "model"))
    third = load_live_encoder(tmp_path / "third")
    assert third is not None
    assert third.config.lookahead == 2

    for whole in (teacher, tmp_path / "without"):  # the encoder that hears the future is not for live conversion
        with pytest.raises(ModelError, match=r"holds no content encoder for live conversion: name a run"):
            export_run(run, tmp_path / "refused", ExportOptions(live_content_encoder=whole))
    save_encoder(CompactContentEncoder(live.config), tmp_path / "other" / "encoder", 1)
    with pytest.raises(ModelError, match=r"other was distilled from another content encoder: train recipes/live-"):
        export_run(run, tmp_path / "refused", ExportOptions(live_content_encoder=tmp_path / "other"))
    assert not (tmp_path / "refused").exists()


def test_recordings_of_its_run_are_attributed(
    prepared: Path, teacher: Path, tiny_networks: Networks, tmp_path: Path
) -> None:
    """Though the voice learnt nothing from them."""
    live = tiny_networks.live_content_encoder
    assert live is not None
    save_encoder(live, tmp_path / "live" / "encoder", 1)
    about = {"task": "live_content", "data": [str(tmp_path / "gone")], "content_encoder": str(teacher)}
    (tmp_path / "live" / "recipe.json").write_text(json.dumps(about))
    run = _voice_run(tmp_path / "voice", prepared, teacher, tiny_networks)
    export_run(run, tmp_path / "model", ExportOptions(live_content_encoder=tmp_path / "live"))
    assert "gone, no longer there" in (tmp_path / "model" / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_it_goes_on_from_the_encoder_of_a_run_or_model_with_the_heads_of_its_teacher(
    prepared: Path, teacher: Path, tiny_voice: Path, tmp_path: Path
) -> None:
    from xespeech.training.learner import Learner
    from xespeech.training.start import load_start

    live = load_live_encoder(tiny_voice)
    assert live is not None
    task = LiveContentTask(live.config, [Pack(prepared)], TRAINING, teacher / "encoder")
    Learner(task, TRAINING).start_from(load_start(tiny_voice, "live_content"))
    assert torch.equal(task.encoder.bottleneck.weight, live.bottleneck.weight)
    assert torch.equal(task.encoder.phone_head.weight, task.teacher.phone_head.weight)
    train(task, TRAINING, tmp_path / "run")
    (tmp_path / "run" / "recipe.json").write_text(json.dumps({"task": "live_content"}))
    learnt = load_start(tmp_path / "run", "live_content")["encoder.bottleneck.weight"]
    assert torch.equal(learnt, load_encoder(tmp_path / "run" / "encoder").bottleneck.weight)
    with pytest.raises(
        DataError, match=r"--from holds nothing of what this recipe trains \(encoder\): name a run of it"
    ):
        Learner(task, TRAINING).start_from(load_start(tiny_voice))
    with pytest.raises(ModelError, match=r"holds no content encoder for live conversion: leave --from out"):
        load_start(teacher, "live_content")


def test_a_run_of_an_encoder_is_no_voice(tmp_path: Path) -> None:
    about = {"task": "live_content", "model": {"a": 1}, "data": ["x"], "content_encoder": "y"}
    (tmp_path / "recipe.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match=r"trains a content encoder and no synthesizer"):
        export_run(tmp_path, tmp_path / "model", ExportOptions())
