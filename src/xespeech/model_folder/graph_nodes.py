"""Reading and ordering the nodes of an ONNX graph, for the passes that rewrite it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from onnx import GraphProto, NodeProto, helper


def attribute_of(node: NodeProto, name: str, default: Any = None) -> Any:
    """Value of an attribute of a node."""
    found = next((attribute for attribute in node.attribute if attribute.name == name), None)
    return default if found is None else helper.get_attribute_value(found)


def makers(graph: GraphProto) -> dict[str, NodeProto]:
    """The node that makes each tensor."""
    return {output: node for node in graph.node for output in node.output}


def readers(graph: GraphProto) -> dict[str, list[NodeProto]]:
    """The nodes that read each tensor."""
    found: dict[str, list[NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            found.setdefault(name, []).append(node)
    return found


def constants(graph: GraphProto) -> set[str]:
    """Tensors that do not depend on the graph's inputs: ONNX Runtime computes them once, when it opens the file."""
    found = {"", *(tensor.name for tensor in graph.initializer)}
    for node in graph.node:
        if all(name in found for name in node.input):
            found.update(node.output)
    return found


def needed(nodes: Iterable[NodeProto], outputs: Iterable[str]) -> list[NodeProto]:
    """The nodes that some outputs are computed from, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(list(nodes)):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1]


def rewrite(graph: GraphProto, nodes: Iterable[NodeProto]) -> None:
    """Give a graph other nodes, in any order: they are sorted, and those that no output needs are left out."""
    waiting = list(nodes)
    known = {"", *(value.name for value in graph.input), *(tensor.name for tensor in graph.initializer)}
    ordered: list[NodeProto] = []
    while waiting:
        left = []
        for node in waiting:
            if all(name in known for name in node.input):
                ordered.append(node)
                known.update(node.output)
            else:
                left.append(node)
        if len(left) == len(waiting):
            raise RuntimeError(f"the graph reads {left[0].input[0]!r} or the like, which nothing makes")
        waiting = left
    kept = needed(ordered, [value.name for value in graph.output])
    del graph.node[:]
    graph.node.extend(kept)
