"""A model folder from a stranger: no file outside of it is opened, and what it holds are numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import xespeech
from xespeech.errors import ModelError
from xespeech.model_folder.graph_files import check_graph, external_files

onnx = pytest.importorskip("onnx")


@pytest.fixture
def model(tiny_voice: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model, in a folder with a secret beside it."""
    (tmp_path / "secret").write_bytes(bytes(1 << 16))
    shutil.copytree(tiny_voice, tmp_path / "model")
    return tmp_path / "model"


def tensor(location: str) -> onnx.TensorProto:
    own = onnx.TensorProto(name="x", dims=[4], data_type=onnx.TensorProto.FLOAT, data_location=1)
    for key, value in (("location", location), ("offset", "0"), ("length", "16")):
        own.external_data.add(key=key, value=value)
    return own


def in_initializer(own: onnx.TensorProto) -> onnx.ModelProto:
    return onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [own]))


def in_constant(own: onnx.TensorProto) -> onnx.ModelProto:
    node = onnx.helper.make_node("Constant", [], ["x"], value=own)
    return onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], []))


def in_branch(own: onnx.TensorProto) -> onnx.ModelProto:
    branch = in_constant(own).graph
    node = onnx.helper.make_node("If", ["c"], ["x"], then_branch=branch, else_branch=branch)
    return onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], []))


def in_function(own: onnx.TensorProto) -> onnx.ModelProto:
    function = onnx.helper.make_function("d", "f", [], ["x"], in_constant(own).graph.node, [])
    return onnx.helper.make_model(onnx.helper.make_graph([], "g", [], []), functions=[function])


def in_sparse(own: onnx.TensorProto) -> onnx.ModelProto:
    graph = onnx.helper.make_graph([], "g", [], [])
    graph.sparse_initializer.add().values.CopyFrom(own)
    return onnx.helper.make_model(graph)


@pytest.mark.parametrize("place", [in_initializer, in_constant, in_branch, in_function, in_sparse])
def test_every_place_of_a_name_is_found(place: Callable[[onnx.TensorProto], onnx.ModelProto]) -> None:
    graph = place(tensor("elsewhere")).SerializeToString()
    assert set(external_files(graph)) == {"elsewhere"}


def test_a_second_value_does_not_hide_the_first() -> None:
    entry = b"\n\x08location" + b"\x12\x01a" + b"\x12\x06../bad"
    own = b"\x6a" + bytes([len(entry)]) + entry
    graph = b"\x2a" + bytes([len(own)]) + own
    assert set(external_files(b"\x3a" + bytes([len(graph)]) + graph)) == {"a", "../bad"}


@pytest.mark.parametrize(
    "name",
    ["../secret", "{}/secret", "sub/secret", "..\\secret", "link", "pipe", "*/_ORT_MEM_ADDR_/*", "/dev/zero", ""],
)
def test_names_that_lead_elsewhere_are_refused(model: Path, name: str) -> None:
    (model / "sub").mkdir()
    shutil.copy(model.parent / "secret", model / "sub" / "secret")
    (model / "link").symlink_to(model.parent / "secret")
    os.mkfifo(model / "pipe")
    graph = model / "style.onnx"
    graph.write_bytes(in_initializer(tensor(name.format(model.parent))).SerializeToString())
    with pytest.raises(ModelError, match="do not use this model"):
        xespeech.load(model).engine.run("style", {"mel": np.zeros((1, 10, 80), np.float32)})


@pytest.mark.parametrize("file", ["model.safetensors", "styles.safetensors", "config.json", "text.int8.onnx"])
def test_files_of_a_model_are_no_links_out_of_it(model: Path, file: str) -> None:
    shutil.move(model / file, model.parent / file)
    (model / file).symlink_to(model.parent / file)
    with pytest.raises(ModelError, match="leads out of the model's folder"):
        xespeech.load(model).speak("Hello.")


def test_the_cache_of_the_hub_is_a_model(tiny_voice: Path, tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "models--a--b" / "blobs", tmp_path / "models--a--b" / "snapshots" / "1"
    shutil.copytree(tiny_voice, blobs)
    snapshot.mkdir(parents=True)
    for path in blobs.iterdir():
        (snapshot / path.name).symlink_to(Path("../../blobs") / path.name)
    check_graph(snapshot / "text.onnx")
    assert xespeech.load(snapshot).voices


def test_damaged_graphs_are_told(model: Path) -> None:
    whole = (model / "text.onnx").read_bytes()
    for damaged in (whole[:-3], b"\xff" * 40, b"\x3b" + whole, b"\x3a\xff\xff\xff\xff\x0f"):
        (model / "text.onnx").write_bytes(damaged)
        with pytest.raises(ModelError, match="is damaged"):
            check_graph(model / "text.onnx")


@pytest.mark.parametrize("change", ["nan", "inf", "shape", "depth", "integers", "few"])
def test_styles_that_are_none_are_refused(model: Path, change: str) -> None:
    styles = load_file(model / "styles.safetensors")
    first = next(iter(styles))
    changed = {
        "nan": np.full_like(styles[first], np.nan),
        "inf": np.full_like(styles[first], np.inf),
        "shape": styles[first][:-1],
        "depth": styles[first][None],
        "integers": np.ones(styles[first].shape, np.int64),
    }
    if change == "few":
        styles = {name: own[:-2] for name, own in styles.items()}
    else:
        styles[first] = changed[change]
    save_file({name: np.ascontiguousarray(own) for name, own in styles.items()}, model / "styles.safetensors")
    with pytest.raises(ModelError, match="export"):
        xespeech.load(model)


def test_styles_in_another_type_of_numbers(model: Path) -> None:
    import torch
    from safetensors.torch import save_file as save_tensors

    styles = {name: torch.from_numpy(own) for name, own in load_file(model / "styles.safetensors").items()}
    save_tensors({name: own.bfloat16() for name, own in styles.items()}, model / "styles.safetensors")
    with pytest.raises(ModelError, match="export"):
        xespeech.load(model)


def test_weights_that_are_no_numbers_are_not_spoken(model: Path) -> None:
    weights = model / "model.safetensors"
    data = bytearray(weights.read_bytes())
    first = 8 + int.from_bytes(data[:8], "little")
    data[first:] = b"\xff\x7f" * ((len(data) - first) // 2)
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="not numbers"):
        xespeech.load(model).speak("Hello.")


def test_deep_json_is_told(model: Path) -> None:
    (model / "config.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(ModelError, match="nested too deeply"):
        xespeech.load(model)
