"""Export of graphs to ONNX files, verified against PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor

from xespeech.files import parse_json
from xespeech.model_folder.depthwise import convolve_rows
from xespeech.model_folder.equalization import Inputs, open_graph
from xespeech.model_folder.fewer_nodes import join_modulations, keep_rows, look_up_products, scale_weights
from xespeech.model_folder.graphs import Graph

OPSET = 18
TOLERANCE = 1e-4
"""Largest difference between a graph and its ONNX file, relative to the size of its outputs."""


def export_graph(graph: Graph, path: Path, weights: Path, state: Mapping[str, Tensor]) -> None:
    """Write one graph and make sure that ONNX Runtime agrees with PyTorch on inputs of two lengths.

    The file holds structure alone: every weight is a reference into the safetensors file beside it, which ONNX Runtime
    maps into memory. Weights of 16 bits pass a cast that ONNX Runtime folds away when it opens the file.

    Args:
        graph: what to write.
        path: of the file.
        weights: safetensors in the same folder, with the values that the graph's module has.
        state: tensors of the networks that the module is made of, by their names in `weights`.
    """
    axes = {
        name: {i: size for i, size in enumerate(shape) if isinstance(size, str)} for name, shape in graph.inputs.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces that it will be replaced
        torch.onnx.export(
            graph.module,
            tuple(torch.from_numpy(values) for values in _example(graph, 24).values()),
            str(path),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes={name: axis for name, axis in axes.items() if axis},
            opset_version=OPSET,
            do_constant_folding=False,  # it would store transposed copies of the weights
            dynamo=False,
        )
    names = {tensor.data_ptr(): name for name, tensor in state.items()}
    tensors = {name: names[tensor.data_ptr()] for name, tensor in graph.module.state_dict().items()}
    _refer_to_weights(path, weights, tensors)
    verify(graph, path)


def _refer_to_weights(path: Path, weights: Path, names: Mapping[str, str]) -> None:
    """Replace the weights of a graph by references to the tensors of a safetensors file.

    Args:
        path: of the graph.
        weights: the file, in the same folder.
        names: name in the file by name in the graph.
    """
    header, start = _header(weights)
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.name not in names:
            continue
        name, entry = tensor.name, header[names[tensor.name]]
        if list(tensor.dims) != entry["shape"]:
            raise RuntimeError(f"{path.name}: {name} has the shape {list(tensor.dims)}, not {entry['shape']}")
        kind = {"F16": onnx.TensorProto.FLOAT16, "F32": onnx.TensorProto.FLOAT}[entry["dtype"]]
        if kind != onnx.TensorProto.FLOAT:
            tensor.name = f"{name}/stored"
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
        first, stop = entry["data_offsets"]
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_type = kind
        tensor.data_location = onnx.TensorProto.EXTERNAL
        del tensor.external_data[:]
        for key, value in (("location", weights.name), ("offset", start + first), ("length", stop - first)):
            tensor.external_data.add(key=key, value=str(value))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for simplify in (convolve_rows, scale_weights, join_modulations, look_up_products, keep_rows):
        simplify(model.graph)
    onnx.save(model, path)
    onnx.checker.check_model(path)


def _header(weights: Path) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file, and where its data begin."""
    with weights.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        return parse_json(file.read(size)), 8 + size


def _example(graph: Graph, length: int) -> Inputs:
    generator = torch.Generator().manual_seed(length)
    example = {}
    for name, shape in graph.inputs.items():
        lengths = {"P": graph.pitch_frames * length}
        sizes = [lengths.get(size, length) if isinstance(size, str) else size for size in shape]
        if name in graph.ids:
            example[name] = torch.randint(0, graph.ids[name], sizes, generator=generator)
        else:
            example[name] = torch.randn(sizes, generator=generator)
    return {name: values.numpy() for name, values in example.items()}


def verify(graph: Graph, path: Path, tolerance: float = TOLERANCE, examples: Sequence[Inputs] = ()) -> None:
    """Make sure that ONNX Runtime agrees with PyTorch on examples, or else on random inputs of two lengths.

    Raises:
        RuntimeError: the root mean square of an output's error exceeds `tolerance` times that of the output (at
            least 1). The largest error would not do: inputs are random, and of thousands of values an integer graph
            rounds one far off.
    """
    session = open_graph(path)
    for inputs in examples or [_example(graph, length) for length in (10, 37)]:
        with torch.inference_mode():
            outputs = graph.module(*(torch.from_numpy(inputs[name]) for name in graph.inputs))
        found = session.run(None, dict(inputs))
        for name, expected, computed in zip(
            graph.outputs, outputs if isinstance(outputs, tuple) else (outputs,), found, strict=True
        ):
            scale = max(1.0, float(expected.square().mean().sqrt()))
            difference = float(np.sqrt(np.mean(np.square(computed - expected.numpy())))) / scale
            if not difference <= tolerance:
                raise RuntimeError(f"{path.name}: {name} is {difference:.2g} off what PyTorch gives")
