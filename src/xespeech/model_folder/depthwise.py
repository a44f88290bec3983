"""Depthwise convolutions of a graph in two dimensions, one of them a single row.

ONNX Runtime convolves one dimension channel by channel, each a call of its own: 20 µs for a few frames, as long as for
forty. In two dimensions it has a kernel for blocks of channels, and reads and writes them in the layout of the other
operations: no transpose is left. The sums are the same, but for rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

_SWAPPED = [0, 2, 1]  # [B, T, C] to [B, C, T] and back
_ROW, _ROWS = "depthwise/1", "depthwise/2"  # axes of the single row: of [B, T, C], and of [B, C, T] and weights


def convolve_rows(graph: GraphProto) -> None:
    """Give depthwise convolutions of [B, C, T] the shape [B, C, 1, T], with the padding before them as their own."""
    from onnx import helper, numpy_helper

    made = {output: node for node in graph.node for output in node.output}
    readers: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    outputs = {value.name for value in graph.output}
    kernels = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    nodes: list[Any] = []
    dropped: set[str] = set()  # outputs of nodes that nobody reads any more
    for node in graph.node:
        if not _is_depthwise(node, made, kernels):
            nodes.append(node)
            continue
        source, (before, after) = node.input[0], _attribute(node, "pads", [0, 0])
        pad = made.get(source)
        if pad is not None and pad.op_type == "Pad":
            sizes = _constant(graph, pad.input[1], made)
            before, after, source = before + int(sizes[2]), after + int(sizes[5]), pad.input[0]
        name = node.output[0]
        swap = made.get(source)
        if swap is not None and swap.op_type == "Transpose" and _attribute(swap, "perm") == _SWAPPED:
            nodes += [
                helper.make_node("Unsqueeze", [swap.input[0], _ROW], [f"{name}/rows"]),
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
                group=_attribute(node, "group"),
                kernel_shape=[1, *_attribute(node, "kernel_shape")],
                dilations=[1, *_attribute(node, "dilations", [1])],
                pads=[0, before, 0, after],
            ),
        ]
        after_it = readers.get(name, [])
        if name not in outputs and all(
            reader.op_type == "Transpose" and _attribute(reader, "perm") == _SWAPPED for reader in after_it
        ):
            nodes.append(helper.make_node("Transpose", [f"{name}/out"], [f"{name}/back"], perm=[0, 2, 3, 1]))
            for reader in after_it:
                nodes.append(helper.make_node("Squeeze", [f"{name}/back", _ROW], list(reader.output)))
                dropped.add(reader.output[0])
        else:
            nodes.append(helper.make_node("Squeeze", [f"{name}/out", _ROWS], [name]))
    nodes = [node for node in nodes if not (node.op_type == "Transpose" and node.output[0] in dropped)]
    del graph.node[:]
    graph.node.extend(_needed(nodes, outputs))
    graph.initializer.extend(
        [numpy_helper.from_array(np.array([1]), _ROW), numpy_helper.from_array(np.array([2]), _ROWS)]
    )


def _is_depthwise(node: NodeProto, made: dict[str, NodeProto], kernels: dict[str, list[int]]) -> bool:
    """Whether a node convolves one dimension, each channel with a kernel of its own."""
    if node.op_type != "Conv" or _attribute(node, "group", 1) == 1:
        return False
    weight = node.input[1]
    weight = made[weight].input[0] if weight in made else weight  # weights of 16 bits pass a cast
    return len(kernels.get(weight, [])) == 3 and kernels[weight][0] == _attribute(node, "group")


def _attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    from onnx import helper

    found = next((attribute for attribute in node.attribute if attribute.name == name), None)
    return default if found is None else helper.get_attribute_value(found)


def _constant(graph: GraphProto, name: str, made: dict[str, NodeProto]) -> np.ndarray:
    """Value of a tensor that is computed from constants."""
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    nodes = _needed(graph.node, {name})
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


def _needed(nodes: Any, outputs: set[str]) -> list[NodeProto]:
    """The nodes that some outputs are computed from, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]
