"""Depthwise convolutions of a graph in two dimensions, one of them a single row.

ONNX Runtime convolves one dimension channel by channel, each a call of its own: 20 µs for a few frames, as long as for
forty. In two dimensions it has a kernel for blocks of channels, and reads and writes them in the layout of the other
operations: no transpose is left. The sums are the same, but for rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from xespeech.model_folder.fewer_nodes import ROW
from xespeech.model_folder.graph_nodes import attribute_of, makers, needed, readers, rewrite

_SWAPPED = [0, 2, 1]  # [B, T, C] to [B, C, T] and back
_ROWS = "depthwise/2"  # a constant: the axis of the single row of [B, C, T] and weights; ROW is that of [B, T, C]


def convolve_rows(graph: GraphProto) -> None:
    """Give depthwise convolutions of [B, C, T] the shape [B, C, 1, T], with the padding before them as their own."""
    made, users = makers(graph), readers(graph)
    outputs = {value.name for value in graph.output}
    kernels = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    nodes: list[Any] = []
    dropped: set[str] = set()  # outputs of nodes that nobody reads any more
    for node in graph.node:
        if not _is_depthwise(node, made, kernels):
            nodes.append(node)
            continue
        source, (before, after) = node.input[0], attribute_of(node, "pads", [0, 0])
        pad = made.get(source)
        if pad is not None and pad.op_type == "Pad":
            sizes = _constant(graph, pad.input[1], made)
            before, after, source = before + int(sizes[2]), after + int(sizes[5]), pad.input[0]
        name = node.output[0]
        swap = made.get(source)
        if swap is not None and swap.op_type == "Transpose" and attribute_of(swap, "perm") == _SWAPPED:
            nodes += [
                helper.make_node("Unsqueeze", [swap.input[0], ROW], [f"{name}/rows"]),
                helper.make_node("Transpose", [f"{name}/rows"], [f"{name}/in"], perm=[0, 3, 1, 2]),
            ]
        else:
            nodes.append(helper.make_node("Unsqueeze", [source, _ROWS], [f"{name}/in"]))
        nodes += [
            helper.make_node("Unsqueeze", [node.input[1], _ROWS], [f"{name}/weight"]),
            helper.make_node(
                "Conv",
                [f"{name}/in", f"{name}/weight", *node.input[2:]],
                [f"{name}/out"],
                name=node.name,
                group=attribute_of(node, "group"),
                kernel_shape=[1, *attribute_of(node, "kernel_shape")],
                dilations=[1, *attribute_of(node, "dilations", [1])],
                pads=[0, before, 0, after],
            ),
        ]
        after_it = users.get(name, [])
        if name not in outputs and all(
            reader.op_type == "Transpose" and attribute_of(reader, "perm") == _SWAPPED for reader in after_it
        ):
            nodes.append(helper.make_node("Transpose", [f"{name}/out"], [f"{name}/back"], perm=[0, 2, 3, 1]))
            for reader in after_it:
                nodes.append(helper.make_node("Squeeze", [f"{name}/back", ROW], list(reader.output)))
                dropped.add(reader.output[0])
        else:
            nodes.append(helper.make_node("Squeeze", [f"{name}/out", _ROWS], [name]))
    nodes = [node for node in nodes if not (node.op_type == "Transpose" and node.output[0] in dropped)]
    graph.initializer.extend(
        [numpy_helper.from_array(np.array([1]), ROW), numpy_helper.from_array(np.array([2]), _ROWS)]
    )
    rewrite(graph, nodes)


def _is_depthwise(node: NodeProto, made: dict[str, NodeProto], kernels: dict[str, list[int]]) -> bool:
    """Whether a node convolves one dimension, each channel with a kernel of its own."""
    if node.op_type != "Conv" or attribute_of(node, "group", 1) == 1:
        return False
    weight = node.input[1]
    weight = made[weight].input[0] if weight in made else weight  # weights of 16 bits pass a cast
    return len(kernels.get(weight, [])) == 3 and kernels[weight][0] == attribute_of(node, "group")


def _constant(graph: GraphProto, name: str, made: dict[str, NodeProto]) -> np.ndarray:
    """Value of a tensor that is computed from constants."""
    nodes = needed(graph.node, {name})
    read = {given for node in nodes for given in node.input}
    part = helper.make_graph(
        nodes,
        "constant",
        [],
        [helper.make_empty_tensor_value_info(name)],
        [tensor for tensor in graph.initializer if tensor.name in read],
    )
    (value,) = ReferenceEvaluator(helper.make_model(part)).run(None, {})
    return np.asarray(value)
