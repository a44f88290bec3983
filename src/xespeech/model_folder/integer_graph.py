"""Graphs with 8-bit integer matrix products: the same weights, more than twice the speed on a CPU.

Weights are rounded per output channel when the file is opened, by operations on constants that ONNX Runtime folds: the
file still refers to the one `model.safetensors`. Activations are rounded per frame, not over the whole input, so that a
frame has the same result in every window, and streams stay exact.

Weights take 7 of the 8 bits: processors without VNNI instructions add two products in 16 bits.

Text, durations and pitch are rounded more finely: weights and activations in groups of 64, each with a peak of its own,
by one operation of ONNX Runtime. For many frames it takes as long as 32 bits do; for a few, reading weights from memory
is what a sentence costs, and they are a quarter as large.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, TensorProto, helper
from onnx.shape_inference import infer_shapes

from xespeech.model_folder.equalization import equalize
from xespeech.model_folder.graph_nodes import constants, readers, rewrite

GRAPHS = ("text", "text_to_content", "content", "live_content", "recording_to_content", "spectrum_to_content", "sound")
"""The graphs that have an integer form: those that speech and conversion run."""
SUFFIX = ".int8.onnx"
TOLERANCE = 0.5
"""Largest difference from PyTorch, relative to the size of the outputs; phases come to 0.3, all else to 0.1."""
_FINE = ("text_encoder", "pitch", "durations")  # in names of weights: parts whose errors change durations or pitch
_GROUP = 64  # values with a peak of their own in fine products
_FEW = 128  # inputs of a product, which stay what they are
_OF_WEIGHTS = ("Cast", "Mul", "Slice", "Concat")  # operations that keep weights what they are
_LARGEST_WEIGHT, _LARGEST_ACTIVATION, _LARGEST_POSITIVE = 63.0, 127.0, 255.0
_DOMAIN = "com.microsoft"
_WITH_BIAS = {"MatMulNBits": 5, "MatMulIntegerToFloat": 6}
"""Operations that add a bias, with its place among the inputs."""


def write_integer_graph(path: Path, target: Path, peaks: Mapping[str, np.ndarray] | None = None) -> None:
    """Write the integer form of a graph.

    Args:
        path: ONNX file that refers to its weights.
        target: file in the same folder.
        peaks: largest magnitudes that activations had in examples (`peaks_of`); those that are missing are rounded by
            the peak of each frame.
    """
    model = onnx.load(path, load_external_data=False)
    rounded, read = _rounded(model), readers(model.graph)
    coarse = {name for name, shape in rounded.items() if shape is None}
    known = {
        name: peak
        for name, peak in (peaks or {}).items()
        if all(node.output[0] in coarse for node in read.get(name, ()))
    }
    equal = equalize(model.graph, known)
    turned = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose"}
    rectified = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Relu"}
    made = {
        "int8/least": helper.make_tensor("int8/least", TensorProto.FLOAT, [], [1e-9]),
        "int8/zero": helper.make_tensor("int8/zero", TensorProto.UINT8, [], [128]),
        "int8/last": helper.make_tensor("int8/last", TensorProto.INT64, [1], [-1]),
        "int8/weight": helper.make_tensor("int8/weight", TensorProto.FLOAT, [], [1 / _LARGEST_WEIGHT]),
        "int8/activation": helper.make_tensor("int8/activation", TensorProto.FLOAT, [], [1 / _LARGEST_ACTIVATION]),
        "int8/nothing": helper.make_tensor("int8/nothing", TensorProto.UINT8, [], [0]),
        "int8/positive": helper.make_tensor("int8/positive", TensorProto.FLOAT, [], [1 / _LARGEST_POSITIVE]),
        "int8/middle": helper.make_tensor("int8/middle", TensorProto.FLOAT, [], [128]),
        "int8/fine": helper.make_tensor("int8/fine", TensorProto.FLOAT, [], [1 / 127]),
        "int8/groups": helper.make_tensor("int8/groups", TensorProto.INT64, [3], [0, -1, _GROUP]),
    }
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.output[0] not in rounded:
            nodes.append(node)
            continue
        given, weight, output = node.input[0], turned[node.input[1]], node.output[0]
        shape = rounded[output]
        if shape is not None:
            nodes += _fine_product(given, weight, output, shape)
        elif given in equal:
            nodes += _equal_product(given, weight, output, rectified.get(given))
        else:
            nodes += _product(given, weight, output, given in rectified)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(made.values())
    _add_biases(model.graph)
    model.opset_import.append(helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, target)


def _rounded(model: ModelProto) -> dict[str, tuple[int, int] | None]:
    """The products by weights that are rounded, by output: the shape [N, K] of those rounded finely, else None."""
    turned = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Transpose"}
    stored = {tensor.name for tensor in model.graph.initializer if tensor.external_data}
    fixed, weights, shapes = constants(model.graph), _weights(model.graph, stored), _shapes(model)
    found: dict[str, tuple[int, int] | None] = {}
    for node in model.graph.node:
        weight = turned.get(node.input[1], "") if node.op_type == "MatMul" else ""
        if weight not in weights or node.input[0] in fixed:
            continue
        *rows, inputs = shapes.get(node.input[0]) or [0]
        inputs = inputs or (shapes.get(weight) or [0])[-1]
        is_fine = any(part in weight for part in _FINE)
        is_one = rows == [1, 1]  # a row of the style, for which long sentences pay no more than short ones
        if 0 < inputs < _FEW:  # rounding them takes longer than multiplying them
            continue
        if (is_fine or is_one) and inputs and inputs % _GROUP == 0 and weights[weight] >= _GROUP:
            found[node.output[0]] = weights[weight], inputs
        elif not is_fine:
            found[node.output[0]] = None
    return found


def _weights(graph: GraphProto, stored: set[str]) -> dict[str, int]:
    """N of each matrix [N, K] made of stored ones alone: in another format, scaled, in part, several in one."""
    fixed = constants(graph)
    sizes = {tensor.name: tensor.dims[0] for tensor in graph.initializer if tensor.name in stored}
    for node in graph.node:
        read = node.input if node.op_type == "Concat" else node.input[:1]
        if node.op_type in _OF_WEIGHTS and node.output[0] in fixed and sizes.keys() >= set(read):
            sizes[node.output[0]] = sum(sizes[name] for name in read)
    return sizes


def _shapes(model: ModelProto) -> dict[str, list[int]]:
    """Sizes of the tensors of a graph; 0 for what depends on the input."""
    graph = infer_shapes(model, data_prop=True).graph
    found = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info):
        found[value.name] = [size.dim_value for size in value.type.tensor_type.shape.dim]
    return found


def _product(activations: str, weight: str, output: str, positive: bool) -> list[Any]:
    """Nodes for activations [1, T, K], perhaps all positive, times the transpose of a weight [N, K].

    A frame of zeros over its peak is not a number, whatever integers that gives: times the peak they are 0.
    """
    x = f"{output}/activation"
    size = activations if positive else f"{x}/size"
    return [
        *_rounded_weight(weight, f"{output}/weight"),
        *([] if positive else [helper.make_node("Abs", [activations], [size])]),
        helper.make_node("ReduceMax", [size, "int8/last"], [f"{x}/peak"], keepdims=1),
        helper.make_node("Div", [activations, f"{x}/peak"], [f"{x}/share"]),
        helper.make_node("QuantizeLinear", [f"{x}/share", "int8/activation", "int8/zero"], [f"{x}/integer"]),
        _integer_product(output, "int8/activation", "int8/zero", f"{x}/product"),
        helper.make_node("Mul", [f"{x}/product", f"{x}/peak"], [output]),
    ]


def _equal_product(activations: str, weight: str, output: str, before_relu: str | None) -> list[Any]:
    """Nodes for activations [1, T, K] from -1 to 1 times the transpose of a weight [N, K].

    Rounding to integers from 0 on does what the ReLU before it did.
    """
    scale, zero = ("int8/activation", "int8/zero") if before_relu is None else ("int8/positive", "int8/nothing")
    integer = f"{output}/activation/integer"
    return [
        *_rounded_weight(weight, f"{output}/weight"),
        helper.make_node("QuantizeLinear", [before_relu or activations, scale, zero], [integer]),
        _integer_product(output, scale, zero, output),
    ]


def _rounded_weight(weight: str, name: str) -> list[Any]:
    """Nodes for a weight [N, K] as integers, turned [K, N], and the scales [N] of its rows."""
    return [
        helper.make_node("Abs", [weight], [f"{name}/size"]),
        helper.make_node("ReduceMax", [f"{name}/size", "int8/last"], [f"{name}/peak"], keepdims=1),
        helper.make_node("Mul", [f"{name}/peak", "int8/weight"], [f"{name}/raw"]),
        helper.make_node("Add", [f"{name}/raw", "int8/least"], [f"{name}/scale"]),
        helper.make_node("Div", [weight, f"{name}/scale"], [f"{name}/whole"]),
        helper.make_node("Round", [f"{name}/whole"], [f"{name}/round"]),
        helper.make_node("Cast", [f"{name}/round"], [f"{name}/integer"], to=TensorProto.INT8),
        helper.make_node("Transpose", [f"{name}/integer"], [f"{name}/turned"], perm=[1, 0]),
        helper.make_node("Squeeze", [f"{name}/scale", "int8/last"], [f"{name}/scales"]),
    ]


def _integer_product(name: str, scale: str, zero: str, output: str) -> Any:
    """The node that multiplies the integers of activations and weight of a product by its name."""
    given = [f"{name}/activation/integer", f"{name}/weight/turned", scale, f"{name}/weight/scales", zero]
    return helper.make_node("MatMulIntegerToFloat", given, [output], domain=_DOMAIN)


def _fine_product(activations: str, weight: str, output: str, shape: tuple[int, int]) -> list[Any]:
    """Nodes for activations [1, T, K] times the transpose of a weight [N, K], both rounded in groups."""
    w, (n_outputs, n_inputs) = f"{output}/weight", shape
    return [
        helper.make_node("Reshape", [weight, "int8/groups"], [f"{w}/groups"]),
        helper.make_node("Abs", [f"{w}/groups"], [f"{w}/size"]),
        helper.make_node("ReduceMax", [f"{w}/size", "int8/last"], [f"{w}/peak"], keepdims=1),
        helper.make_node("Mul", [f"{w}/peak", "int8/fine"], [f"{w}/raw"]),
        helper.make_node("Add", [f"{w}/raw", "int8/least"], [f"{w}/scale"]),
        helper.make_node("Div", [f"{w}/groups", f"{w}/scale"], [f"{w}/whole"]),
        helper.make_node("Round", [f"{w}/whole"], [f"{w}/round"]),
        helper.make_node("Add", [f"{w}/round", "int8/middle"], [f"{w}/positive"]),
        helper.make_node("Cast", [f"{w}/positive"], [f"{w}/integer"], to=TensorProto.UINT8),
        helper.make_node("Squeeze", [f"{w}/scale", "int8/last"], [f"{w}/scales"]),
        helper.make_node(
            "MatMulNBits",
            [activations, f"{w}/integer", f"{w}/scales"],
            [output],
            domain=_DOMAIN,
            bits=8,
            block_size=_GROUP,
            accuracy_level=4,  # activations are rounded to 8 bits, too
            K=n_inputs,
            N=n_outputs,
        ),
    ]


def _add_biases(graph: GraphProto) -> None:
    """Let products add the bias themselves."""
    fixed, users = constants(graph), readers(graph)
    nodes = list(graph.node)
    for node in graph.node:
        if node.op_type not in _WITH_BIAS:
            continue
        added = users.get(node.output[0], [])
        biases = [name for name in added[0].input if name in fixed] if [one.op_type for one in added] == ["Add"] else []
        if len(biases) == 1:
            node.input.extend(["" for _ in range(_WITH_BIAS[node.op_type] - len(node.input))] + biases)
            node.output[:] = added[0].output
            nodes.remove(added[0])
    rewrite(graph, nodes)
