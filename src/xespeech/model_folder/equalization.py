"""Activations of products whose channels are brought to one size, so that a constant scale rounds all frames.

An integer graph rounds each frame by its own peak, which takes four operations a product. Where the largest magnitude
of every channel is known from examples, the operations before a product can divide each channel by it instead, and its
weights multiply it again: the graph computes the same, and no frame needs a peak.

Source: cross-layer equalization of Nagel et al. 2019 ("Data-Free Quantization Through Weight Equalization and Bias
Correction") where a ReLU is between two products; Xiao et al. 2023 ("SmoothQuant") where a normalisation is before one.

Shapes: K channels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from xespeech.model_folder.graph_nodes import attribute_of, constants, makers, readers, rewrite

Inputs = Mapping[str, np.ndarray]
"""Inputs of a graph by name, with the batch axis."""
_MARGIN = 1.1  # what is spoken later may be larger than in the examples
_SMALLEST = 0.02  # divisor of a channel, of the largest one: channels that no example moved may move later
_COLUMN = "equal/column"  # a constant: the axis that makes a column of a vector
_NORMALISED = "LayerNormalization"


class _Constant(NamedTuple):
    """A constant that makes activations larger or smaller, input `place` of a node: [K], [*, K] of a table, or the
    weight [K, *] of a product, of which the node is the transpose.
    """

    node: NodeProto
    place: int


class _Source(NamedTuple):
    """What gives activations the size that they have.

    Attributes:
        constants: that are divided in place of the activations.
        split: of the sum that scale and shift of the activations come from, with those of other blocks, or None.
        parts: names of the scale and the shift.
    """

    constants: tuple[_Constant, ...]
    split: NodeProto | None = None
    parts: tuple[str, ...] = ()


def peaks_of(path: Path, examples: Sequence[Inputs]) -> dict[str, np.ndarray]:
    """Largest magnitude of each channel [K] of the activations that can be equalized, over some runs of a graph.

    Args:
        path: ONNX file that refers to its weights.
        examples: inputs of the runs.

    Raises:
        RuntimeError: a run has values that are not finite.
    """
    model = onnx.load(path, load_external_data=False)
    names = sorted(_Graph(model.graph).sources())
    if not names or not examples:
        return {}
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    watched = path.with_suffix(".watched.onnx")
    try:
        onnx.save(model, watched)
        session = open_graph(watched)
        peaks: dict[str, np.ndarray] = {}
        for example in examples:
            for name, values in zip(names, session.run(names, dict(example)), strict=True):
                peak = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
                peaks[name] = np.maximum(peak, peaks.get(name, peak))
    finally:
        watched.unlink(missing_ok=True)
    broken = [name for name, peak in peaks.items() if not np.isfinite(peak).all()]
    if broken:
        raise RuntimeError(f"{path.name} computes values that are not finite from the examples: {', '.join(broken)}.")
    return peaks


def open_graph(path: Path) -> onnxruntime.InferenceSession:
    """A graph in ONNX Runtime on the CPU, with as many threads as PyTorch has."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def equalize(graph: GraphProto, peaks: Mapping[str, np.ndarray]) -> set[str]:
    """Give activations values from -1 to 1 in every channel, and the products of them weights that undo it.

    Args:
        graph: to change.
        peaks: largest magnitude of each channel [K] by the name of the activations.

    Returns:
        Names of the activations that are equalized now.
    """
    found = _Graph(graph)
    sources = {name: source for name, source in found.sources().items() if np.max(peaks.get(name, 0)) > 0}
    splits = {id(source.split): source.split for source in sources.values() if source.split is not None}
    parts = {part: f"{name}/part" for name, source in sources.items() for part in source.parts}
    partial = {key for key, split in splits.items() if not parts.keys() >= set(split.output)}
    sources = {name: source for name, source in sources.items() if id(source.split) not in partial}
    terms = {key: found.terms(split.input[0]) for key, split in splits.items() if key not in partial}
    nodes: list[NodeProto] = []
    for name, source in sources.items():
        size = np.maximum(peaks[name], _SMALLEST * np.max(peaks[name])) * _MARGIN
        graph.initializer.append(numpy_helper.from_array(size.astype(np.float32), f"{name}/size"))
        nodes.append(helper.make_node("Reciprocal", [f"{name}/size"], [f"{name}/part"]))
        for constant in source.constants:
            nodes += _multiply(constant, f"{name}/part")
        for product in found.users[name]:
            nodes += _multiply(_Constant(found.made[product.input[1]], 0), f"{name}/size", of_rows=False)
    for key, constants_of_split in terms.items():
        split = splits[key]
        whole = f"{split.input[0]}/part"
        nodes.append(helper.make_node("Concat", [parts[part] for part in split.output], [whole], axis=0))
        for constant in constants_of_split:
            nodes += _multiply(constant, whole)
    if nodes:
        graph.initializer.append(numpy_helper.from_array(np.array([1]), _COLUMN))
    graph.node.extend(nodes)
    rewrite(graph, list(graph.node))
    return set(sources)


def _multiply(constant: _Constant, factors: str, of_rows: bool = True) -> Iterable[NodeProto]:
    """Let a node read a constant times factors: of its values [K], or of the rows or columns of a matrix."""
    node, place = constant
    given, name = node.input[place], f"{node.output[0]}/times/{place}/{factors}"
    node.input[place] = name
    if node.op_type == "Transpose" and of_rows:
        yield helper.make_node("Unsqueeze", [factors, _COLUMN], [f"{name}/column"])
        factors = f"{name}/column"
    yield helper.make_node("Mul", [given, factors], [name])


class _Graph:
    """The nodes of a graph by what they make and read."""

    def __init__(self, graph: GraphProto) -> None:
        self.made, self.fixed, self.users = makers(graph), constants(graph), readers(graph)
        self.outputs = {value.name for value in graph.output}

    def sources(self) -> dict[str, _Source]:
        """Activations that only products with constant weights read, and that constants can make smaller, by name."""
        found = {}
        for name, reading in self.users.items():
            node = self.made.get(name)
            if node is None or name in self.fixed or name in self.outputs or not all(map(self.is_weighted, reading)):
                continue
            source: _Source | None = None
            if node.op_type == "Relu" and self.is_read_once(node.input[0]):
                terms = self.terms(node.input[0])
                source = _Source(tuple(terms)) if terms else None
            elif node.op_type == _NORMALISED and self.fixed.issuperset(node.input[1:]):
                source = _Source(tuple(_Constant(node, place) for place in range(1, len(node.input))))
            elif node.op_type == "Add":
                source = self.block_of(node)
            if source is not None:
                found[name] = source
        return found

    def is_read_once(self, name: str) -> bool:
        """Whether one node reads a tensor, and nobody else."""
        return len(self.users.get(name, ())) == 1 and name not in self.outputs

    def is_weighted(self, node: NodeProto) -> bool:
        """Whether a node multiplies by the transpose of a constant that no other node reads."""
        turned = self.made.get(node.input[1]) if node.op_type == "MatMul" else None
        return (
            turned is not None
            and turned.op_type == "Transpose"
            and turned.output[0] in self.fixed
            and self.is_read_once(turned.output[0])
        )

    def block_of(self, node: NodeProto) -> _Source | None:
        """What gives a sum its size, if it is normalised frames times a scale, plus a shift, of one split."""
        by_kind = {self.made[name].op_type: name for name in node.input if name in self.made}
        if by_kind.keys() != {"Mul", "Split"}:
            return None
        multiplied, split = self.made[by_kind["Mul"]], self.made[by_kind["Split"]]
        parts = (*(name for name in multiplied.input if self.made.get(name) is split), by_kind["Split"])
        alone = all(map(self.is_read_once, (*parts, multiplied.output[0], split.input[0])))
        if len(parts) != 2 or not alone or not self.terms(split.input[0]):
            return None
        return _Source((), split, parts)

    def terms(self, name: str) -> list[_Constant]:
        """The constants that a sum of constants, products with them and rows of them is made of; empty if it is no such
        sum.
        """
        found, waiting = [], [name]
        while waiting:
            name = waiting.pop()
            node = self.made.get(name)
            if node is None or not self.is_read_once(name):
                return []
            if self.is_weighted(node):
                found.append(_Constant(self.made[node.input[1]], 0))
            elif node.op_type == "Gather" and node.input[0] in self.fixed and attribute_of(node, "axis", 0) == 0:
                found.append(_Constant(node, 0))
            elif node.op_type == "Add":
                for place, given in enumerate(node.input):
                    if given in self.fixed:
                        found.append(_Constant(node, place))
                    else:
                        waiting.append(given)
            else:
                return []
        return found
