"""Every graph in ONNX Runtime equals the module it was made from, at any length, and holds no weights of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from xespeech.inference.engine import GRAPHS
from xespeech.model_folder.graphs import Graph, build_graphs
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
    save_networks(path / WEIGHTS, *tiny_networks, precision=request.param)
    return path


@pytest.mark.parametrize("name", GRAPHS)
def test_equals_torch_with_the_weights_of_the_file(folder: Path, name: str) -> None:
    networks = load_networks(folder)
    graph = build_graphs(*networks)[name]
    export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(*networks))
    session = onnxruntime.InferenceSession(folder / "graph.onnx")
    assert [output.name for output in session.get_outputs()] == list(graph.outputs)
    for length in (3, 50, 333):
        inputs = inputs_of(graph, length)
        with torch.inference_mode():
            expected = graph.module(*map(torch.from_numpy, inputs.values()))
        expected = expected if isinstance(expected, tuple) else (expected,)
        for own, wanted in zip(session.run(None, inputs), expected, strict=True):
            np.testing.assert_allclose(own, wanted.numpy(), atol=1e-4, rtol=1e-4)


def test_depthwise_convolutions_are_two_dimensional(folder: Path) -> None:
    """Those of one dimension take ONNX Runtime 20 µs each, however short; their padding is their own."""
    networks = load_networks(folder)
    found = 0
    for name, graph in build_graphs(*networks).items():
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(*networks))
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
    for name, graph in build_graphs(*networks).items():
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(*networks))
        stored = onnx.load(folder / "graph.onnx", load_external_data=False).graph.initializer
        inside = sum(np.prod(tensor.dims) for tensor in stored if not tensor.external_data)
        outside = sum(np.prod(tensor.dims) for tensor in stored if tensor.external_data)
        assert inside < 100 < outside, name


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
    with pytest.raises(RuntimeError, match="off what PyTorch gives at length"):
        export_graph(graph, folder / "graph.onnx", folder / WEIGHTS, network_state(*networks))
