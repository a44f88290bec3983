"""Every graph in ONNX Runtime equals the module it was made from, at any length and with weights of either size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from xespeech.checkpoints.graphs import Graph, build_graphs
from xespeech.checkpoints.onnx_export import export_graph
from xespeech.inference.engine import GRAPHS


def inputs_of(graph: Graph, length: int) -> dict[str, np.ndarray]:
    """Random inputs."""
    generator = np.random.default_rng(length)
    inputs: dict[str, np.ndarray] = {}
    for name, shape in graph.inputs.items():
        sizes = [length if isinstance(size, str) else size for size in shape]
        if name in graph.ids:
            inputs[name] = generator.integers(0, graph.ids[name], sizes)
        else:
            inputs[name] = generator.standard_normal(sizes, dtype=np.float32)
    return inputs


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_equals_torch(tiny_networks: tuple[Any, Any], name: str, half: bool, tmp_path: Path) -> None:
    graph = build_graphs(*tiny_networks)[name]
    export_graph(graph, tmp_path / "graph.onnx", half)
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx")
    assert [output.name for output in session.get_outputs()] == list(graph.outputs)
    for length in (3, 50, 333):
        inputs = inputs_of(graph, length)
        with torch.inference_mode():
            expected = graph.module(*map(torch.from_numpy, inputs.values()))
        expected = expected if isinstance(expected, tuple) else (expected,)
        for own, wanted in zip(session.run(None, inputs), expected, strict=True):
            np.testing.assert_allclose(own, wanted.numpy(), atol=2e-2 if half else 1e-4, rtol=1e-2 if half else 1e-4)


def test_half_weights_are_half_the_size(tmp_path: Path) -> None:
    layer = torch.nn.Linear(256, 256).eval()
    graph = Graph(layer, {"x": (1, "T", 256)}, ("y",), {})
    sizes = []
    for half in (False, True):
        export_graph(graph, tmp_path / "graph.onnx", half)
        sizes.append((tmp_path / "graph.onnx").stat().st_size)
    assert sizes[1] < 0.55 * sizes[0]


class _FixedLength(torch.nn.Module):
    """What tracing cannot follow: the number of frames becomes a constant."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x / len(x[0].tolist())


def test_a_graph_that_went_wrong_is_not_delivered(tmp_path: Path) -> None:
    graph = Graph(_FixedLength().eval(), {"x": (1, "T", 2)}, ("y",), {})
    with pytest.raises(RuntimeError, match="off what PyTorch gives at length"):
        export_graph(graph, tmp_path / "graph.onnx", half=False)
