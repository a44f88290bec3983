"""A run of the original configuration becomes a model folder, and a model folder the start of a run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from xespeech.errors import ModelError
from xespeech.original.folder.files import load_synthesizer
from xespeech.original.model.weight_norm import add_weight_norm
from xespeech.original.training.export import export_original_run
from xespeech.training.start import encoder_of, load_start, sizes_of


@pytest.fixture
def run(tiny_original, tmp_path: Path, monkeypatch) -> Path:
    """A run folder of the tiny checkpoint, with small discriminators."""
    from copy import deepcopy

    from xespeech.model.discriminator import Discriminators
    from xespeech.original.folder import files
    from xespeech.original.training import export

    for module in (files, export):
        monkeypatch.setattr(module, "OriginalDiscriminators", lambda: Discriminators(1))
    synthesizer = deepcopy(tiny_original)
    add_weight_norm(synthesizer)
    networks = torch.nn.ModuleDict({"synthesizer": synthesizer, "discriminators": Discriminators(1)})
    folder = tmp_path / "run"
    folder.mkdir()
    about = {"task": "original", "model": asdict(tiny_original.config), "training": {"learning_rate": 2e-4}}
    (folder / "recipe.json").write_text(json.dumps(about | {"content_encoder": "openai/whisper-large-v2"}))
    torch.save({"step": 7, "averaged": networks.state_dict()}, folder / "checkpoint.pt")
    return folder


def test_the_way_from_a_run_to_a_model_and_back(run, tiny_original, tmp_path):
    description = export_original_run(run, tmp_path / "model", "CC0 1.0")
    assert (description.iteration, description.licence) == (7, "CC0 1.0")
    exported = load_synthesizer(tmp_path / "model").state_dict()
    for name, value in tiny_original.state_dict().items():
        torch.testing.assert_close(exported[name], value, atol=1e-6, rtol=1e-5)
    start = load_start(tmp_path / "model")
    assert {name.partition(".")[0] for name in start} == {"synthesizer", "discriminators"}
    assert encoder_of(tmp_path / "model") == encoder_of(run) == "openai/whisper-large-v2"
    assert sizes_of(tmp_path / "model")["style_channels"] == tiny_original.config.style_channels


def test_a_run_that_does_not_fit_its_recipe_leaves_nothing(run, tmp_path):
    about = json.loads((run / "recipe.json").read_text())
    about["model"]["hidden_channels"] = 32
    (run / "recipe.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match=r"do not fit its recipe\.json"):
        export_original_run(run, tmp_path / "model", "unknown")
    (run / "checkpoint.pt").unlink()
    with pytest.raises(ModelError, match=r"no checkpoint\.pt yet"):
        export_original_run(run, tmp_path / "model", "unknown")
    assert not (tmp_path / "model").exists()
