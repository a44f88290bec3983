"""Every graph in ONNX Runtime equals the module it was made from, at any length, and holds no weights of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from xespeech.config import LIVE_CONTENT
from xespeech.inference.engine import GRAPHS
from xespeech.model_folder.graph_nodes import constants
from xespeech.model_folder.graphs import Graph, build_graphs
from xespeech.model_folder.integer_graph import write_integer_graph
from xespeech.model_folder.onnx_export import export_graph
from xespeech.model_folder.weights import PRECISIONS, WEIGHTS, load_networks, network_state, save_networks


def inputs_of(graph: Graph, length: int) -> dict[str, np.ndarray]:
    """Random inputs."""
    generator = np.random.default_rng(length)
    inputs: dict[str, np.ndarray] = {}
    for name, shape in graph.inputs.items():
        lengths = {"P": graph.pitch_frames * length}
        sizes = [lengths.get(size, length) if isinstance(size, str) else size for size in shape]
        if name in graph.ids:
            inputs[name] = generator.integers(0, graph.ids[name], sizes)
        else:
            inputs[name] = generator.standard_normal(sizes, dtype=np.float32)
    return inputs


@pytest.fixture(scope="module", params=PRECISIONS)
def folder(request: pytest.FixtureRequest, tiny_networks: tuple[Any, Any], tmp_path_factory) -> Path:
    """A folder with the weights of the tiny networks, stored in 16 or 32 bits."""
    path = tmp_path_factory.mktemp("weights")
    save_networks(path / WEIGHTS, tiny_networks, request.param)
    return path


@pytest.mark.parametrize("name", [*GRAPHS, LIVE_CONTENT])
def test_equals_torch_with_the_weights_of_the_file(folder: Path, name: str) -> None:
    networks = load_networks(folder)
    graph = build_graphs(networks)[name]
    export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(networks))
    session = onnxruntime.InferenceSession(folder / "graph.onnx")
    assert [output.name for output in session.get_outputs()] == list(graph.outputs)
    for length in (3, 50, 333):
        inputs = inputs_of(graph, length)
        with torch.inference_mode():
            expected = graph.module(*map(torch.from_numpy, inputs.values()))
        expected = expected if isinstance(expected, tuple) else (expected,)
        for output, own, wanted in zip(graph.outputs, session.run(None, inputs), expected, strict=True):
            # the noise of voiced frames is a small difference of large powers
            rtol = 1e-3 if output == "noise_log_magnitude" else 1e-4
            np.testing.assert_allclose(own, wanted.numpy(), atol=1e-4, rtol=rtol)


def test_depthwise_convolutions_are_two_dimensional(folder: Path) -> None:
    """Those of one dimension take ONNX Runtime 20 µs each, however short; their padding is their own."""
    networks = load_networks(folder)
    found = 0
    for name, graph in build_graphs(networks).items():
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(networks))
        nodes = onnx.load(folder / "graph.onnx", load_external_data=False).graph.node
        made = {output: node.op_type for node in nodes for output in node.output}
        for node in nodes:
            about = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            if node.op_type == "Conv" and about["group"] > 1:
                found += 1
                assert len(about["kernel_shape"]) == 2, name
                assert made[node.input[0]] != "Pad", name
    assert found > 10


def test_graphs_hold_no_weights(folder: Path) -> None:
    networks = load_networks(folder)
    for name, graph in build_graphs(networks).items():
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(networks))
        stored = onnx.load(folder / "graph.onnx", load_external_data=False).graph.initializer
        inside = sum(np.prod(tensor.dims) for tensor in stored if not tensor.external_data)
        outside = sum(np.prod(tensor.dims) for tensor in stored if tensor.external_data)
        assert inside < 100 < outside, name


def test_graphs_have_no_nodes_to_spare(folder: Path) -> None:
    """A node takes ONNX Runtime some 3 µs, however short the sentence: the scale of a residual is in the weights,
    what a style does to all blocks is one product, what a language does is looked up, channels are not turned around,
    and pictures of one row stay what they are between convolutions."""
    networks = load_networks(folder)
    graphs = build_graphs(networks)
    for name in ("text", "text_to_content", "sound"):
        export_graph(graphs[name], folder / "graph.onnx", folder / WEIGHTS, network_state(networks))
        graph = onnx.load(folder / "graph.onnx", load_external_data=False).graph
        if name == "text":  # nothing has a size that would have to be computed
            assert all(node.op_type != "Shape" for node in graph.node)
            continue
        made = {output: node for node in graph.node for output in node.output}
        fixed = constants(graph)
        by_condition = Counter(
            node.input[0] for node in graph.node if node.op_type == "MatMul" and "/joined/" in node.input[1]
        )
        assert set(by_condition.values()) == {1}
        for node in graph.node:  # a style alone is added to the biases before there is a row for each frame
            if node.op_type == "Add" and "/biases" in node.input[0]:
                assert made[made[node.input[1]].input[0]].op_type == "Unsqueeze", node.name
        for node in graph.node:
            assert node.op_type != "Slice" or node.output[0] in fixed or "flow" not in node.output[0]
            if node.op_type == "MatMul" and node.output[0] not in fixed and node.input[0] in made:
                assert made[node.input[0]].op_type != "Gather", node.name
            if node.op_type == "Mul" and node.output[0] not in fixed:
                assert not fixed.intersection(node.input) or made[node.input[1]].op_type != "Add", node.name
            if node.op_type in ("Cast", "Sub"):  # from one coupling to the next
                assert all(made[given].op_type != "Squeeze" for given in node.input if given in made), node.name
            if node.op_type == "Unsqueeze" and node.input[0] in made:
                assert made[node.input[0]].op_type not in ("Squeeze", "Add") or node.output[0] in fixed


def test_frames_of_zeros_stay_zeros_in_integers(tmp_path: Path) -> None:
    """Activations are divided by the peak of their frame, which may be 0."""
    from onnx import helper, numpy_helper

    weight = np.random.default_rng(0).standard_normal((3, 8), np.float32)
    values = [helper.make_tensor_value_info(name, 1, [1, "T", size]) for name, size in (("x", 8), ("y", 3))]
    nodes = [
        helper.make_node("Transpose", ["weight"], ["turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "turned"], ["y"]),
    ]
    graph = helper.make_graph(nodes, "product", values[:1], values[1:], [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, tmp_path / "x.onnx", save_as_external_data=True, location="weights", size_threshold=0)
    write_integer_graph(tmp_path / "x.onnx", tmp_path / "x.int8.onnx")
    x = np.random.default_rng(1).standard_normal((1, 5, 8), np.float32)
    x[0, 2] = 0
    (found,) = onnxruntime.InferenceSession(tmp_path / "x.int8.onnx").run(None, {"x": x})
    assert not found[0, 2].any()
    np.testing.assert_allclose(found, x @ weight.T, atol=0.1)


def test_durations_and_pitch_are_rounded_in_groups(tmp_path: Path) -> None:
    """By one operation with the bias in it; a value beside a large one of another group keeps its digits."""
    from onnx import helper, numpy_helper

    generator = np.random.default_rng(0)
    weight, bias = generator.standard_normal((64, 128), np.float32), generator.standard_normal(64, np.float32)
    weight[:, 0] = 0  # nothing is left of a large value there
    values = [helper.make_tensor_value_info(name, 1, [1, "T", size]) for name, size in (("x", 128), ("y", 64))]
    nodes = [
        helper.make_node("Transpose", ["durations.weight"], ["turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["x", "turned"], ["product"]),
        helper.make_node("Add", ["bias", "product"], ["y"]),
    ]
    stored = [numpy_helper.from_array(weight, "durations.weight"), numpy_helper.from_array(bias, "bias")]
    model = helper.make_model(
        helper.make_graph(nodes, "product", values[:1], values[1:], stored),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.save(model, tmp_path / "x.onnx", save_as_external_data=True, location="weights", size_threshold=0)
    write_integer_graph(tmp_path / "x.onnx", tmp_path / "x.int8.onnx")
    x = generator.standard_normal((1, 5, 128), np.float32)
    x[0, 2] = 0
    x[0, 3, :64] = 0
    x[0, 3, 0] = 1000
    (found,) = onnxruntime.InferenceSession(tmp_path / "x.int8.onnx").run(None, {"x": x})
    np.testing.assert_allclose(found[0, 2], bias)
    expected = x @ weight.T + bias
    assert np.abs(found - expected).max() < 0.05 * expected.std()
    model = onnx.load(tmp_path / "x.int8.onnx", load_external_data=False)
    fixed = constants(model.graph)
    assert [node.op_type for node in model.graph.node if node.output[0] not in fixed] == ["MatMulNBits"]


class _Wrapped(torch.nn.Module):
    """What tracing cannot follow: the number of frames becomes a constant."""

    def __init__(self, networks: tuple[Any, Any]) -> None:
        super().__init__()
        self.norm = networks[1].feature_norm

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x) / len(x[0].tolist())


def test_a_graph_that_went_wrong_is_not_delivered(folder: Path) -> None:
    networks = load_networks(folder)
    graph = Graph(_Wrapped(networks).eval(), {"x": (1, "T", 16)}, ("y",), {})
    with pytest.raises(RuntimeError, match="off what PyTorch gives"):
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(networks))
