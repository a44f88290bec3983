"""Runs the graphs with PyTorch, from the safetensors of a model folder: for research and to check the ONNX graphs."""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xespeech.inference.engine import Engine, check_numbers

if TYPE_CHECKING:
    from xespeech.model_folder.graphs import Graph


class ModuleEngine(Engine):
    """Runs graphs that are PyTorch modules.

    Args:
        graphs: by name, float32 or less precise.
        opened: arguments that the engine was made with: another process makes it anew and loads the weights itself.
        half: names of graphs that are computed in bfloat16.
    """

    def __init__(self, graphs: Mapping[str, Graph], opened: tuple[Any, ...], half: Container[str] = ()) -> None:
        self._graphs, self._opened, self._half = graphs, opened, half

    def __reduce__(self) -> tuple[type[ModuleEngine], tuple[Any, ...]]:
        return type(self), self._opened

    def has(self, graph: str) -> bool:
        return graph in self._graphs

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        import torch

        found = self._graphs[graph]
        ordered = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in found.inputs]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=graph in self._half):
            outputs = found.module(*ordered)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return check_numbers([output.float().numpy() for output in outputs])


class TorchEngine(ModuleEngine):
    """The modules that the ONNX graphs were made from.

    Args:
        folder: model folder with `model.safetensors`.
        threads: threads of PyTorch, or None for its own choice.

    Raises:
        ModelError: weights are missing, damaged or of another model.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        import torch

        from xespeech.model_folder.graphs import build_graphs
        from xespeech.model_folder.weights import load_networks

        if threads is not None:
            torch.set_num_threads(threads)
        super().__init__(build_graphs(load_networks(folder)), (folder, threads))
