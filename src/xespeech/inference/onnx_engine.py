"""Runs the graphs with ONNX Runtime: the engine of the base install."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from xespeech.errors import ModelError
from xespeech.inference.engine import GRAPHS, Engine

_REPAIR = "export or copy the model again"


class OnnxEngine(Engine):
    """Each graph is opened when it is first run: speaking never loads what only conversion needs.

    Args:
        folder: model folder with `onnx/NAME.onnx` for every graph.
        threads: threads of a graph, or None for one on each core that this process may use.

    Raises:
        ModelError: a graph is missing.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._folder = folder / "onnx"
        for graph in GRAPHS:
            if not self._path(graph).is_file():
                raise ModelError(f"the model lacks {self._path(graph)}: {_REPAIR}.")
        self._threads = _default_threads() if threads is None else threads
        self._sessions: dict[str, Any] = {}
        self._lock = Lock()

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        with self._lock:
            session = self._sessions.get(graph) or self._open(graph)
        return session.run(None, dict(inputs))

    def _path(self, graph: str) -> Path:
        return self._folder / f"{graph}.onnx"

    def _open(self, graph: str) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle graphs leave the cores alone
        try:
            session = onnxruntime.InferenceSession(self._path(graph), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors share no narrower base
            raise ModelError(f"{self._path(graph)} cannot be opened as an ONNX graph: {_REPAIR}.") from error
        self._sessions[graph] = session
        return session


def _default_threads() -> int:
    """0, which is ONNX Runtime's own choice (physical cores), unless this process is confined to fewer cores."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return 0 if allowed == os.cpu_count() else int(allowed or 0)
