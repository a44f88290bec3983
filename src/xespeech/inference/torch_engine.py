"""Runs the graphs with PyTorch, from the safetensors of a model folder: for research and to check the ONNX graphs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.inference.engine import Engine, check_numbers


class TorchEngine(Engine):
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

        self._opened = folder, threads
        if threads is not None:
            torch.set_num_threads(threads)
        self._graphs = build_graphs(*load_networks(folder))

    def __reduce__(self) -> tuple[type[TorchEngine], tuple[Any, ...]]:
        """For another process, which loads the weights itself."""
        return TorchEngine, self._opened

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        import torch

        module = self._graphs[graph].module
        ordered = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in self._graphs[graph].inputs]
        with torch.inference_mode():
            outputs = module(*ordered)
        return check_numbers([output.numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))])
