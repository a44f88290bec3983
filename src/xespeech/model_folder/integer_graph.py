"""Graphs with 8-bit integer matrix products: the same weights, more than twice the speed on a CPU.

Weights are rounded per output channel when the file is opened, by operations on constants that ONNX Runtime folds: the
file still refers to the one `model.safetensors`. Activations are rounded per frame, not over the whole input, so that a
frame has the same result in every window, and streams stay exact.

Weights take 7 of the 8 bits: processors without VNNI instructions add two products in 16 bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from xespeech.model_folder.graph_nodes import constants

if TYPE_CHECKING:
    from onnx import GraphProto

GRAPHS = ("text_to_content", "content", "live_content", "recording_to_content", "spectrum_to_content", "sound")
"""The graphs that have an integer form: those that work on frames."""
SUFFIX = ".int8.onnx"
TOLERANCE = 0.2
"""Largest difference from PyTorch, relative to the size of the outputs; the usual one is less than half of that."""
_KEPT = ("pitch", "durations")  # small parts whose errors would change pitch or durations
_LARGEST_WEIGHT, _LARGEST_ACTIVATION = 63.0, 127.0
_DOMAIN = "com.microsoft"


def write_integer_graph(path: Path, target: Path) -> None:
    """Write the integer form of a graph.

    Args:
        path: ONNX file that refers to its weights.
        target: file in the same folder.
    """
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(path, load_external_data=False)
    turned = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose"}
    stored = {tensor.name for tensor in model.graph.initializer if tensor.external_data}
    rectified = {node.output[0] for node in model.graph.node if node.op_type == "Relu"}
    weights = _weights(model.graph, stored)
    made = {
        "int8/least": helper.make_tensor("int8/least", TensorProto.FLOAT, [], [1e-9]),
        "int8/zero": helper.make_tensor("int8/zero", TensorProto.UINT8, [], [128]),
        "int8/last": helper.make_tensor("int8/last", TensorProto.INT64, [1], [-1]),
        "int8/weight": helper.make_tensor("int8/weight", TensorProto.FLOAT, [], [1 / _LARGEST_WEIGHT]),
        "int8/activation": helper.make_tensor("int8/activation", TensorProto.FLOAT, [], [1 / _LARGEST_ACTIVATION]),
    }
    nodes: list[Any] = []
    for node in model.graph.node:
        weight = turned.get(node.input[1], "") if node.op_type == "MatMul" else ""
        if weight in weights and not any(part in weight for part in _KEPT):
            nodes += _product(node.input[0], weight, node.output[0], node.input[0] in rectified)
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(made.values())
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, target)


def _weights(graph: GraphProto, stored: set[str]) -> set[str]:
    """Tensors that are made of stored ones alone: in another format, scaled, several in one."""
    fixed, weights = constants(graph), set(stored)
    for node in graph.node:
        read = node.input if node.op_type == "Concat" else node.input[:1]
        if node.op_type in ("Cast", "Mul", "Concat") and node.output[0] in fixed and weights.issuperset(read):
            weights.add(node.output[0])
    return weights


def _product(activations: str, weight: str, output: str, positive: bool) -> list[Any]:
    """Nodes for activations [1, T, K], perhaps all positive, times the transpose of a weight [N, K].

    A frame of zeros over its peak is not a number, whatever integers that gives: times the peak they are 0.
    """
    from onnx import TensorProto, helper

    w, x = f"{output}/weight", f"{output}/activation"
    size = activations if positive else f"{x}/size"
    return [
        helper.make_node("Abs", [weight], [f"{w}/size"]),
        helper.make_node("ReduceMax", [f"{w}/size", "int8/last"], [f"{w}/peak"], keepdims=1),
        helper.make_node("Mul", [f"{w}/peak", "int8/weight"], [f"{w}/raw"]),
        helper.make_node("Add", [f"{w}/raw", "int8/least"], [f"{w}/scale"]),
        helper.make_node("Div", [weight, f"{w}/scale"], [f"{w}/whole"]),
        helper.make_node("Round", [f"{w}/whole"], [f"{w}/round"]),
        helper.make_node("Cast", [f"{w}/round"], [f"{w}/integer"], to=TensorProto.INT8),
        helper.make_node("Transpose", [f"{w}/integer"], [f"{w}/turned"], perm=[1, 0]),
        helper.make_node("Squeeze", [f"{w}/scale", "int8/last"], [f"{w}/scales"]),
        *([] if positive else [helper.make_node("Abs", [activations], [size])]),
        helper.make_node("ReduceMax", [size, "int8/last"], [f"{x}/peak"], keepdims=1),
        helper.make_node("Div", [activations, f"{x}/peak"], [f"{x}/share"]),
        helper.make_node("QuantizeLinear", [f"{x}/share", "int8/activation", "int8/zero"], [f"{x}/integer"]),
        helper.make_node(
            "MatMulIntegerToFloat",
            [f"{x}/integer", f"{w}/turned", "int8/activation", f"{w}/scales", "int8/zero"],
            [f"{x}/product"],
            domain=_DOMAIN,
        ),
        helper.make_node("Mul", [f"{x}/product", f"{x}/peak"], [output]),
    ]
