"""Graphs to ONNX files that equal them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import torch

from xespeech.checkpoints.graphs import Graph

OPSET = 18
_STORED_WHOLE = 64  # values; smaller tensors stay float32
TOLERANCE = 1e-4
"""Largest difference between a graph and its ONNX file, relative to the size of its outputs."""
HALF_TOLERANCE = 1e-2
"""The same when weights are stored as float16."""


def export_graph(graph: Graph, path: Path, half: bool) -> None:
    """Write one graph and make sure that ONNX Runtime agrees with PyTorch on inputs of two lengths.

    Args:
        graph: what to write.
        path: of the file.
        half: store weights as float16, to be widened when the file is opened: half the size, the same speed.
    """
    axes = {
        name: {i: size for i, size in enumerate(shape) if isinstance(size, str)} for name, shape in graph.inputs.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces that it will be replaced
        torch.onnx.export(
            graph.module,
            tuple(_example(graph, 24).values()),
            str(path),
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes={name: own for name, own in axes.items() if own},
            opset_version=OPSET,
            dynamo=False,
        )
    if half:
        _halve_weights(path)
    _verify(graph, path, HALF_TOLERANCE if half else TOLERANCE)


def _example(graph: Graph, length: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(length)
    example = {}
    for name, shape in graph.inputs.items():
        sizes = [length if isinstance(size, str) else size for size in shape]
        if name in graph.ids:
            example[name] = torch.randint(0, graph.ids[name], sizes, generator=generator)
        else:
            example[name] = torch.randn(sizes, generator=generator)
    return example


def _halve_weights(path: Path) -> None:
    """Store float32 initialisers as float16, each behind a cast that ONNX Runtime folds away when it opens the file."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _STORED_WHOLE:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}/float16"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}/float16"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _verify(graph: Graph, path: Path, tolerance: float) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    for length in (10, 37):
        example = _example(graph, length)
        with torch.inference_mode():
            outputs = graph.module(*example.values())
        found = session.run(None, {name: value.numpy() for name, value in example.items()})
        for name, expected, own in zip(
            graph.outputs, outputs if isinstance(outputs, tuple) else (outputs,), found, strict=True
        ):
            scale = max(1.0, float(expected.abs().max()))
            difference = float(np.abs(own - expected.numpy()).max()) / scale
            if not difference <= tolerance:
                raise RuntimeError(f"{path.name}: {name} is {difference:.2g} off what PyTorch gives at length {length}")
