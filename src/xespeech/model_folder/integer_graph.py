"""Graphs with 8-bit integer matrix products: the same weights, more than twice the speed on a CPU.

Weights are rounded per output channel when the file is opened, by operations on constants that ONNX Runtime folds: the
file still refers to the one `model.safetensors`. Activations are rounded per frame, not over the whole input, so that a
frame has the same result in every window, and streams stay exact.

Weights take 7 of the 8 bits: processors without VNNI instructions add two products in 16 bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

GRAPHS = ("text_to_content", "content", "recording_to_content", "spectrum_to_content", "sound")
"""The graphs that have an integer form: those that work on frames."""
SUFFIX = ".int8.onnx"
TOLERANCE = 0.1
"""Largest difference from PyTorch, relative to the size of the outputs; the usual one is a tenth of that."""
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
    weights = stored | {
        node.output[0] for node in model.graph.node if node.op_type == "Cast" and node.input[0] in stored
    }
    constants = {
        "int8/one": helper.make_tensor("int8/one", TensorProto.FLOAT, [], [1.0]),
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
    model.graph.initializer.extend(constants.values())
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, target)


def _scaled(values: str, name: str, limit: str, positive: bool = False) -> list[Any]:
    """Nodes for the rows of a matrix over their scales (`name`/whole), and for the scales (`name`/scale, a column)."""
    from onnx import helper

    size = values if positive else f"{name}/size"
    return [
        *([] if positive else [helper.make_node("Abs", [values], [size])]),
        helper.make_node("ReduceMax", [size, "int8/last"], [f"{name}/peak"], keepdims=1),
        helper.make_node("Mul", [f"{name}/peak", limit], [f"{name}/raw"]),
        helper.make_node("Add", [f"{name}/raw", "int8/least"], [f"{name}/scale"]),
        helper.make_node("Div", [values, f"{name}/scale"], [f"{name}/whole"]),
    ]


def _product(activations: str, weight: str, output: str, positive: bool) -> list[Any]:
    """Nodes for activations [1, T, K], perhaps all positive, times the transpose of a weight [N, K]."""
    from onnx import TensorProto, helper

    w, x = f"{output}/weight", f"{output}/activation"
    return [
        *_scaled(weight, w, "int8/weight"),
        helper.make_node("Round", [f"{w}/whole"], [f"{w}/round"]),
        helper.make_node("Cast", [f"{w}/round"], [f"{w}/integer"], to=TensorProto.INT8),
        helper.make_node("Transpose", [f"{w}/integer"], [f"{w}/turned"], perm=[1, 0]),
        helper.make_node("Squeeze", [f"{w}/scale", "int8/last"], [f"{w}/scales"]),
        *_scaled(activations, x, "int8/activation", positive),
        helper.make_node("QuantizeLinear", [f"{x}/whole", "int8/one", "int8/zero"], [f"{x}/integer"]),
        helper.make_node(
            "MatMulIntegerToFloat",
            [f"{x}/integer", f"{w}/turned", "int8/one", f"{w}/scales", "int8/zero"],
            [f"{x}/product"],
            domain=_DOMAIN,
        ),
        helper.make_node("Mul", [f"{x}/product", f"{x}/scale"], [output]),
    ]
