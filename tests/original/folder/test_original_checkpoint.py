"""Released checkpoints are read whole, by name, or refused in one sentence."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from xespeech.config import OriginalConfig
from xespeech.errors import ModelError
from xespeech.original.folder.checkpoint import build_discriminators, build_synthesizer, read_checkpoint, read_config
from xespeech.original.folder.keys import places_of
from xespeech.original.model.discriminator import OriginalDiscriminators
from xespeech.original.model.synthesizer import OriginalSynthesizer

FIXTURES = Path(__file__).parents[2] / "fixtures" / "original"


def manifest(places: dict[str, Any]) -> dict[str, list[int]]:
    return {key: list(shape) for place in places.values() for key, shape in zip(place.keys, place.shapes, strict=True)}


@pytest.mark.parametrize(("name", "count"), [("two", 2), ("three", 3)])
def test_the_map_covers_every_key_of_the_released_generators(name, count):
    with torch.device("meta"):
        synthesizer = OriginalSynthesizer(OriginalConfig(n_languages=count))
    released = json.loads((FIXTURES / f"manifest_{name}_languages.json").read_text())
    assert manifest(places_of(synthesizer)) == released
    assert sum(parameter.numel() for parameter in synthesizer.parameters()) // 100_000 == 719


def test_the_map_covers_every_key_of_the_released_discriminators():
    with torch.device("meta"):
        discriminators = OriginalDiscriminators()
    released = json.loads((FIXTURES / "manifest_discriminator.json").read_text())
    assert manifest(places_of(discriminators)) == released


def test_weight_norm_of_discriminators_is_folded(tmp_path):
    shapes = json.loads((FIXTURES / "manifest_discriminator.json").read_text())
    model = {key: torch.ones(shape) for key, shape in shapes.items()}
    key = "discriminators.0.convs.1"
    length, direction = model[f"{key}.weight_g"].uniform_(), model[f"{key}.weight_v"].normal_()
    torch.save({"model": model, "iteration": 1, "optimizer": None, "learning_rate": 2e-4}, tmp_path / "D_1.pth")
    discriminators = build_discriminators(read_checkpoint(tmp_path / "D_1.pth"))
    expected = length * direction / direction.flatten(1).norm(dim=1)[:, None, None]
    torch.testing.assert_close(discriminators.members[0].layers[1].weight.detach(), expected)


Change = Callable[[dict[str, Any]], None]


def _drop(content: dict[str, Any]) -> None:
    del content["model"]["dec.conv_post.weight"]


def _add(content: dict[str, Any]) -> None:
    content["model"]["dec.conv_last.weight"] = torch.zeros(3)


def _reshape(content: dict[str, Any]) -> None:
    content["model"]["enc_q.pre.bias"] = torch.zeros(5)


def _break(content: dict[str, Any]) -> None:
    content["model"]["enc_q.pre.bias"][2] = float("nan")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_drop, "dec.conv_post.weight"),
        (_add, "dec.conv_last.weight"),
        (_reshape, "enc_q.pre.bias [5] instead of [16]"),
        (_break, "enc_q.pre.bias"),
    ],
)
def test_every_wrong_key_is_named(original_checkpoint, tmp_path, change: Change, named):
    content = torch.load(original_checkpoint, weights_only=True)
    change(content)
    torch.save(content, tmp_path / "G_3.pth")
    checkpoint = read_checkpoint(tmp_path / "G_3.pth")
    config = read_config(original_checkpoint.with_name("config.json"), checkpoint)
    with pytest.raises(ModelError) as refused:
        build_synthesizer(checkpoint, config)
    assert named in str(refused.value)


class _Code:
    def __reduce__(self):
        return (print, ("this ran",))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_code_is_refused_and_never_run(tmp_path, capsys, writer):
    path = tmp_path / "G_3.pth"
    if writer == "torch":
        torch.save({"model": {"enc_p.emb.weight": torch.zeros(2)}, "extra": _Code()}, path)
    else:
        path.write_bytes(pickle.dumps({"model": {}, "extra": _Code()}))
    with pytest.raises(ModelError, match=r"builtins\.print" if writer == "torch" else "not written by PyTorch"):
        read_checkpoint(path)
    assert "this ran" not in capsys.readouterr().out


@pytest.mark.parametrize("kept", [0, 10, 1000, 1_000_000])
def test_truncated_files_are_refused(original_checkpoint, tmp_path, kept):
    path = tmp_path / "G_3.pth"
    path.write_bytes(original_checkpoint.read_bytes()[:kept])
    with pytest.raises(ModelError, match="damaged"):
        read_checkpoint(path)


@pytest.mark.parametrize("content", [{"state_dict": {}}, {"model": {}}, {"model": 3}, [1, 2]])
def test_other_pytorch_files_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "G_3.pth")
    with pytest.raises(ModelError, match="model"):
        read_checkpoint(tmp_path / "G_3.pth")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: c["model"].pop("gin_channels"), "gin_channels"),
        (lambda c: c["model"].update(resblock="2"), "resblock 2"),
        (lambda c: c["data"].update(hop_length=256), "hop 256"),
        (lambda c: c["model"].update(n_heads=0), "n_heads"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(original_checkpoint, tmp_path, change, named):
    content = json.loads(original_checkpoint.with_name("config.json").read_text())
    change(content)
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=named):
        read_config(tmp_path / "config.json", read_checkpoint(original_checkpoint))
