"""Passes that leave a graph fewer nodes and the same sums, but for rounding.

A node takes ONNX Runtime 2 to 4 µs, however short the sentence, and a pass through memory for each frame.
"""

from __future__ import annotations

from typing import NamedTuple

from onnx import GraphProto, NodeProto, helper

from xespeech.model_folder.graph_nodes import attribute_of, constants, makers, readers, rewrite

_ANY_RANK = ("Add", "Sub", "Mul", "Relu", "Cast", "LayerNormalization", "MatMul")
"""Operations on the last axis, or on single values, which take rows of pictures [1, 1, T, C] for frames [1, T, C]."""
ROW = "depthwise/1"
"""Name of a constant: the axis of the single row of a picture [B, 1, T, C]."""


def scale_weights(graph: GraphProto) -> None:
    """Multiply the weights and bias of a product by the scale of the residual instead of what comes out of it."""
    made, fixed, users = makers(graph), constants(graph), readers(graph)
    nodes = list(graph.node)
    for node in graph.node:
        if node.op_type != "Mul":
            continue
        scale, total = node.input
        add = made.get(total)
        if scale not in fixed or add is None or add.op_type != "Add":
            continue
        bias, product = add.input if add.input[0] in fixed else reversed(add.input)
        matmul = made.get(product)
        if bias not in fixed or matmul is None or matmul.op_type != "MatMul" or matmul.input[1] not in fixed:
            continue
        turned = made.get(matmul.input[1])
        if turned is None or turned.op_type != "Transpose" or any(len(users[name]) > 1 for name in (total, product)):
            continue
        name = node.output[0]
        nodes = [kept for kept in nodes if kept.output[0] not in (name, total, product)]
        nodes += [
            helper.make_node("Unsqueeze", [scale, ROW], [f"{name}/column"]),
            helper.make_node("Mul", [turned.input[0], f"{name}/column"], [f"{name}/weight"]),
            helper.make_node("Transpose", [f"{name}/weight"], [f"{name}/turned"], perm=[1, 0]),
            helper.make_node("Mul", [bias, scale], [f"{name}/bias"]),
            helper.make_node("MatMul", [matmul.input[0], f"{name}/turned"], [f"{name}/product"]),
            helper.make_node("Add", [f"{name}/bias", f"{name}/product"], [name]),
        ]
    rewrite(graph, nodes)


class _Modulation(NamedTuple):
    """Scale and shift of a block: products of conditions and a bias, added and split.

    Attributes:
        split: the node; its outputs are the scale, less 1, and the shift.
        weights: by condition, the weight [N, K].
        bias: [N].
        scale: name of the scale.
    """

    split: NodeProto
    weights: dict[str, str]
    bias: str
    scale: str


def join_modulations(graph: GraphProto) -> None:
    """Compute the scales and shifts of all blocks under the same conditions by one product for each condition."""
    groups: dict[tuple[str, ...], list[_Modulation]] = {}
    made = makers(graph)
    for found in _modulations(graph):
        groups.setdefault(tuple(found.weights), []).append(found)
    nodes = list(graph.node)
    for conditions, group in groups.items():
        name = next(iter(group[0].weights.values()))  # tells what it is for: products of pitch and durations stay exact
        terms, biases = [f"{name}/biases"], []
        # a style alone, before there is a row for each frame
        for condition in sorted(conditions, key=lambda one: one not in made or made[one].op_type != "Unsqueeze"):
            joined = f"{name}/joined/{len(terms)}"
            nodes += [
                helper.make_node("Concat", [one.weights[condition] for one in group], [joined], axis=0),
                helper.make_node("Transpose", [joined], [f"{joined}/turned"], perm=[1, 0]),
                helper.make_node("MatMul", [condition, f"{joined}/turned"], [f"{joined}/product"]),
            ]
            terms.append(f"{joined}/product")
        for one in group:
            scale, shift, one_more = (f"{one.scale}/{part}" for part in ("scale", "shift", "one"))
            nodes += [
                helper.make_node("Split", [one.bias, one.split.input[1]], [scale, shift], axis=0),
                helper.make_node("Add", [scale, f"{name}/one"], [one_more]),
            ]
            biases += [one_more, shift]
        nodes += [
            helper.make_node("Constant", [], [f"{name}/one"], value_float=1.0),
            helper.make_node("Concat", biases, [terms[0]], axis=0),
            helper.make_node("Concat", [one.split.input[1] for one in group], [f"{name}/sizes"], axis=0),
        ]
        total = terms[0]
        for term in terms[1:]:
            nodes.append(helper.make_node("Add", [total, term], [f"{term}/sum"]))
            total = f"{term}/sum"
        parts = [output for one in group for output in (one.scale, one.split.output[1])]
        replaced = {*parts, *(one.split.output[0] for one in group)}
        nodes = [node for node in nodes if not replaced.intersection(node.output)]
        nodes.append(helper.make_node("Split", [total, f"{name}/sizes"], parts, axis=-1))
    rewrite(graph, nodes)


def _modulations(graph: GraphProto) -> list[_Modulation]:
    """The scales and shifts that are sums of products and one bias, in order."""
    made, fixed, users = makers(graph), constants(graph), readers(graph)
    found = []
    for node in graph.node:
        more = users.get(node.output[0], [])
        if node.op_type != "Split" or attribute_of(node, "axis") != -1 or [one.op_type for one in more] != ["Add"]:
            continue
        weights: dict[str, str] = {}
        biases: list[str] = []
        waiting = [node.input[0]]
        while waiting:
            name = waiting.pop()
            maker = made.get(name)
            turned = made.get(maker.input[1]) if maker is not None and maker.op_type == "MatMul" else None
            if name in fixed:
                biases.append(name)
            elif maker is not None and maker.op_type == "Add":
                waiting += maker.input
            elif (
                maker is not None and turned is not None and turned.op_type == "Transpose" and turned.input[0] in fixed
            ):
                weights[maker.input[0]] = turned.input[0]
            else:
                break
        else:
            if weights and len(biases) == 1:
                found.append(_Modulation(node, dict(sorted(weights.items())), biases[0], more[0].output[0]))
    return found


def keep_rows(graph: GraphProto) -> None:
    """Leave pictures of one row [1, 1, T, C] what they are between depthwise convolutions, where nothing minds."""
    fixed = constants(graph)
    rows: dict[str, str] = {}  # pictures by the name of the same frames
    nodes: list[NodeProto] = []

    def with_inputs(node: NodeProto, names: list[str]) -> NodeProto:
        copy = type(node)()
        copy.CopyFrom(node)
        copy.input[:] = names
        return copy

    for node in graph.node:
        name = node.output[0]
        if node.op_type == "Squeeze" and node.input[1] == ROW:
            rows[name] = node.input[0]
        elif node.op_type == "Unsqueeze" and node.input[1] == ROW and node.input[0] in rows:
            rows[name] = rows[node.input[0]]
        elif node.op_type == "Transpose" and node.input[0] in rows and attribute_of(node, "perm") == [0, 3, 1, 2]:
            nodes.append(with_inputs(node, [rows[node.input[0]]]))
        elif (
            node.op_type in _ANY_RANK
            and rows.keys() & set(node.input)
            and (node.op_type not in ("MatMul", "LayerNormalization") or fixed.issuperset(node.input[1:]))
        ):
            rows[name] = f"{name}/row"
            nodes.append(with_inputs(node, [rows.get(given, given) for given in node.input]))
            nodes[-1].output[:] = [rows[name]]
        else:
            nodes.append(node)
    read = {given for node in nodes for given in node.input} | {value.name for value in graph.output}
    nodes += [helper.make_node("Squeeze", [rows[name], ROW], [name]) for name in rows if name in read]
    rewrite(graph, nodes)


def look_up_products(graph: GraphProto) -> None:
    """Look up products of a table's rows with constant weights, instead of rows that are multiplied each time."""
    made, fixed, users = makers(graph), constants(graph), readers(graph)
    nodes = list(graph.node)
    for node in graph.node:
        lookup = made.get(node.input[0]) if node.op_type == "MatMul" else None
        if lookup is None or lookup.op_type != "Gather" or not fixed.issuperset((lookup.input[0], node.input[1])):
            continue
        if attribute_of(lookup, "axis", 0) != 0:
            continue
        name = table = f"{node.output[0]}/table"
        nodes.append(helper.make_node("MatMul", [lookup.input[0], node.input[1]], [name]))
        last = node
        after = users.get(node.output[0], [])
        if len(after) == 1 and after[0].op_type == "Add" and fixed.intersection(after[0].input):
            last = after[0]
            bias = next(given for given in last.input if given in fixed)
            table = f"{name}/sum"
            nodes.append(helper.make_node("Add", [name, bias], [table]))
        nodes = [one for one in nodes if one.output[0] not in (node.output[0], last.output[0])]
        nodes.append(helper.make_node("Gather", [table, lookup.input[1]], [last.output[0]], axis=0))
    rewrite(graph, nodes)
