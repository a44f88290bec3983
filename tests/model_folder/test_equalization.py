"""Integer graphs with examples: channels of one size, rounded by one constant scale; the graph computes the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from test_onnx_export import inputs_of

from xespeech.errors import ModelError
from xespeech.model_folder import integer_graph
from xespeech.model_folder.description import Description
from xespeech.model_folder.equalization import equalize, peaks_of
from xespeech.model_folder.files import write_model_folder
from xespeech.model_folder.graph_nodes import constants
from xespeech.model_folder.graphs import build_graphs
from xespeech.model_folder.integer_graph import write_integer_graph
from xespeech.model_folder.onnx_export import export_graph
from xespeech.model_folder.styles import StyleBank
from xespeech.model_folder.weights import WEIGHTS, load_networks, network_state, save_networks

SPOKEN = ("text_to_content", "sound")


@pytest.fixture(scope="module")
def folder(tiny_networks: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights and graphs of the tiny networks."""
    path: Path = tmp_path_factory.mktemp("graphs")
    save_networks(path / WEIGHTS, tiny_networks)
    networks = load_networks(path)
    for name, graph in build_graphs(networks).items():
        if name in SPOKEN:
            export_graph(graph, path / f"{name}.onnx", path / WEIGHTS, network_state(networks))
    return path


def examples_of(folder: Path, name: str, lengths: tuple[int, ...]) -> list[dict[str, np.ndarray]]:
    graph = build_graphs(load_networks(folder))[name]
    return [inputs_of(graph, length) for length in lengths]


def operations(path: Path) -> Counter[str]:
    """How often each operation is run."""
    graph = onnx.load(path, load_external_data=False).graph
    fixed = constants(graph)
    return Counter(node.op_type for node in graph.node if node.output[0] not in fixed)


def run(path: Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    found: list[np.ndarray] = onnxruntime.InferenceSession(path).run(None, inputs)
    return found


@pytest.mark.parametrize("name", SPOKEN)
def test_the_graph_computes_the_same_with_channels_of_one_size(folder: Path, name: str) -> None:
    path, changed = folder / f"{name}.onnx", folder / "changed.onnx"
    peaks = peaks_of(path, examples_of(folder, name, (20, 40, 60)))
    model = onnx.load(path, load_external_data=False)
    equal = equalize(model.graph, peaks)
    assert len(equal) >= 6
    onnx.save(model, changed)
    (inputs,) = examples_of(folder, name, (33,))
    for own, wanted in zip(run(changed, inputs), run(path, inputs), strict=True):
        np.testing.assert_allclose(own, wanted, atol=1e-4, rtol=1e-3)
    after = peaks_of(changed, examples_of(folder, name, (20, 40, 60)))
    for activations in equal:
        assert 0.85 < after[activations].max() <= 1, activations


@pytest.mark.parametrize("name", SPOKEN)
def test_no_frame_needs_a_peak_and_no_relu_is_left_where_examples_were(folder: Path, name: str) -> None:
    """Seven operations are two: rounding does what a ReLU does, and the product adds the bias."""
    path, integer = folder / f"{name}.onnx", folder / f"{name}.int8.onnx"
    counts = []
    for peaks in ({}, peaks_of(path, examples_of(folder, name, (20, 40)))):
        write_integer_graph(path, integer, peaks)
        assert len(onnxruntime.InferenceSession(integer).get_outputs()) == 3
        counts.append(operations(integer))
    by_frame, constant = counts
    n_equal = by_frame["ReduceMax"] - constant["ReduceMax"]
    assert n_equal >= 3
    assert constant["QuantizeLinear"] == by_frame["QuantizeLinear"]
    assert constant["Relu"] < by_frame["Relu"]
    assert constant["Add"] <= by_frame["Add"] - n_equal
    assert constant.total() <= by_frame.total() - 4 * n_equal


@pytest.mark.parametrize("name", SPOKEN)
def test_one_scale_rounds_nearly_as_well_as_the_peak_of_each_frame(folder: Path, name: str) -> None:
    path, integer = folder / f"{name}.onnx", folder / f"{name}.int8.onnx"
    tests = examples_of(folder, name, (25, 35, 45))
    errors = []
    for peaks in ({}, peaks_of(path, examples_of(folder, name, (20, 40, 60, 80)))):
        write_integer_graph(path, integer, peaks)
        pairs = [pair for inputs in tests for pair in zip(run(integer, inputs), run(path, inputs), strict=True)]
        errors.append(np.mean([np.sqrt(np.mean(np.square(own - wanted))) for own, wanted in pairs]))
    by_frame, constant = errors
    assert constant < 2 * by_frame  # of random weights; trained ones lose less by it


def test_activations_that_never_move_are_rounded_by_frame(folder: Path) -> None:
    """Examples of silence tell nothing; nothing is divided by zero."""
    path = folder / "sound.onnx"
    peaks = {name: np.zeros_like(peak) for name, peak in peaks_of(path, examples_of(folder, "sound", (20,))).items()}
    model = onnx.load(path, load_external_data=False)
    assert equalize(model.graph, peaks) == set()
    write_integer_graph(path, folder / "silent.int8.onnx", peaks)
    (inputs,) = examples_of(folder, "sound", (20,))
    assert all(np.isfinite(values).all() for values in run(folder / "silent.int8.onnx", inputs))


def test_products_of_few_values_are_exact(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding them takes longer than multiplying them: latents and pitch keep their digits."""
    path = folder / "few.int8.onnx"
    write_integer_graph(folder / "sound.onnx", path)
    all_rounded = operations(path)
    monkeypatch.setattr(integer_graph, "_FEW", 9)  # a latent has 8 channels
    write_integer_graph(folder / "sound.onnx", path)
    few_rounded = operations(path)
    assert 0 < few_rounded["QuantizeLinear"] < all_rounded["QuantizeLinear"] - 2
    assert few_rounded["MatMul"] > all_rounded["MatMul"] + 2


def graph_of(nodes: list[Any], outputs: list[str], **stored: np.ndarray) -> Any:
    """A graph of frames x [1, T, 4] with constants."""
    values = [onnx.helper.make_tensor_value_info(name, 1, [1, "T", 4]) for name in ("x", *outputs)]
    constants_of = [onnx.numpy_helper.from_array(value, name) for name, value in stored.items()]
    graph = onnx.helper.make_graph(nodes, "graph", values[:1], values[1:], constants_of)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize("outputs", [["y"], ["y", "hidden"], ["y", "sum"], ["y", "other"]])
def test_what_others_read_too_stays_as_it_is(outputs: list[str]) -> None:
    """Activations, their sum or their weight may be an output, or read by another node."""
    generator = np.random.default_rng(0)
    weights = {name: generator.standard_normal((4, 4), np.float32) for name in ("first", "second")}
    node = onnx.helper.make_node
    nodes = [
        node("Transpose", ["first"], ["first/turned"], perm=[1, 0]),
        node("Transpose", ["second"], ["second/turned"], perm=[1, 0]),
        node("MatMul", ["x", "first/turned"], ["product"]),
        node("Add", ["product", "bias"], ["sum"]),
        node("Relu", ["sum"], ["hidden"]),
        node("MatMul", ["hidden", "second/turned"], ["y"]),
        *([node("MatMul", ["x", "second/turned"], ["other"])] if "other" in outputs else []),
    ]
    model = graph_of(nodes, outputs, bias=np.ones(4, np.float32), **weights)
    x = {"x": generator.standard_normal((1, 6, 4), np.float32)}
    before = onnxruntime.InferenceSession(model.SerializeToString()).run(None, x)
    equal = equalize(model.graph, {"hidden": np.array([1.0, 10.0, 100.0, 1e6])})
    assert equal == ({"hidden"} if outputs == ["y"] else set())
    after = onnxruntime.InferenceSession(model.SerializeToString()).run(None, x)
    for own, wanted in zip(after, before, strict=True):
        np.testing.assert_allclose(own, wanted, rtol=1e-3, atol=1e-5)


def test_examples_that_are_not_numbers_are_refused(folder: Path) -> None:
    """A peak that is none would leave its activations without a constant scale, and nobody would know."""
    examples = examples_of(folder, "sound", (20,))
    examples[0]["latent"][0, 5, 0] = np.nan
    with pytest.raises(RuntimeError, match="not finite"):
        peaks_of(folder / "sound.onnx", examples)
    assert not list(folder.glob("*.watched.onnx"))


def test_a_model_is_not_written_with_examples_that_are_not_numbers(
    tiny_voice: Path, tiny_networks: Any, folder: Path, tmp_path: Path
) -> None:
    """Not even where they only test the graph, which then would round each frame, and nobody would know."""
    styles = StyleBank.load(tiny_voice / "styles.safetensors")
    examples = examples_of(folder, "sound", (20,))
    examples[0]["latent"][0, 5, 0] = np.nan
    with pytest.raises(ModelError, match=r"sound are not numbers \(latent\)"):
        write_model_folder(
            tmp_path / "voice", tiny_networks, styles, Description.load(tiny_voice), examples={"sound": examples}
        )
    assert not (tmp_path / "voice").exists()
