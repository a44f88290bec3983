"""Runs the graphs with ONNX Runtime: the engine of the base install."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np

from xespeech.errors import ConfigError, ModelError, UnknownNameError, UserError
from xespeech.inference.engine import GRAPHS, Engine, check_numbers
from xespeech.machine import usable_cores
from xespeech.model_folder.graph_files import check_file, check_graph

PROVIDERS = {
    "cpu": ("CPUExecutionProvider", "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml"),
}
"""By name: the execution provider of ONNX Runtime, and the package that has it."""
PRECISIONS = ("int8", "fp32")
"""Of matrix products."""
_INTEGERS = ".int8.onnx"
_REPAIR = "export or copy the model again"
_LEARNT = 8 << 20  # bytes of an array, for glibc to learn from

_SINCE = {"spectrum_to_content": ", since it was exported by an older xespeech (--clarity 0 does without)"}
"""Graphs that older models lack, and what is said when they are needed."""


class OnnxEngine(Engine):
    """Each graph is opened when it is first run: speaking never loads what only conversion needs.

    Any number of threads may share an engine.

    Args:
        folder: model folder with `NAME.onnx` for every graph and `model.safetensors` beside them.
        threads: CPU threads; None for one on each core that this process may use.
        provider: one of PROVIDERS; operators that it lacks run on the CPU.
        precision: "int8" for products of 8-bit integers, on the CPU and with exported models only; "fp32"; None for
            int8 where there is such a graph.
        graphs: names of the model's graphs.
        at_once: graphs that run in parallel and share the threads.

    Raises:
        ModelError: a graph is missing, or the weights are missing or damaged.
        ConfigError: the number of threads is not positive.
        UserError: the installed ONNX Runtime lacks the provider, or the model the precision.
    """

    def __init__(
        self,
        folder: Path,
        threads: int | None = None,
        provider: str = "cpu",
        precision: str | None = None,
        graphs: Sequence[str] = GRAPHS,
        at_once: int = 1,
    ) -> None:
        self._folder = folder
        for graph in graphs:
            if not self._path(graph).is_file() and graph not in _SINCE:
                raise ModelError(f"the model lacks {self._path(graph)}: {_REPAIR}.")
        _check_weights(folder / "model.safetensors")
        if threads is not None and (not isinstance(threads, int) or threads < 1):
            raise ConfigError(f"the number of threads must be 1 or more, not {threads!r}.")
        UnknownNameError.check("provider", provider, PROVIDERS)
        if provider != "cpu":
            _check_provider(provider)
        has_integers = provider == "cpu" and any(self._folder.glob(f"*{_INTEGERS}"))
        if precision not in (None, *PRECISIONS):
            raise UnknownNameError("precision", precision, PRECISIONS)
        if precision == "int8" and not has_integers:
            raise ConfigError(f"{folder} has no graphs of 8-bit integers for {provider}: choose the precision fp32.")
        self._suffix = _INTEGERS if has_integers and precision != "fp32" else ".onnx"
        self._provider = provider
        self.threads = usable_cores() if threads is None else threads
        self._threads = max(1, self.threads // at_once)
        if threads is None and at_once == 1 and self.threads == os.cpu_count():
            self._threads = 0  # lets ONNX Runtime choose: physical cores
        self._sessions: dict[str, tuple[Any, list[str]]] = {}
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Without the sessions: another process opens them anew."""
        return {**vars(self), "_sessions": {}, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def has(self, graph: str) -> bool:
        return self._path(graph).is_file()

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        session, outputs = self._session(graph)
        return check_numbers(session.run(outputs, inputs))

    def prepare(self, *graphs: str) -> None:
        if all(graph in self._sessions for graph in graphs):
            return

        def open_all() -> None:
            with suppress(ModelError):  # raised again in the caller when the graph is run
                for graph in graphs:
                    self._session(graph)

        Thread(target=open_all).start()

    def _session(self, graph: str) -> tuple[Any, list[str]]:
        """An open graph and the names of its outputs."""
        session = self._sessions.get(graph)
        if session is None:
            with self._lock:
                session = self._sessions.get(graph) or self._open(graph)
        return session

    def _path(self, graph: str) -> Path:
        return self._folder / f"{graph}.onnx"

    def _open(self, graph: str) -> tuple[Any, list[str]]:
        import onnxruntime

        path = self._folder / f"{graph}{self._suffix}"
        path = path if path.is_file() else self._path(graph)
        if not path.is_file():
            since = _SINCE.get(graph, "")
            raise ModelError(f"the model lacks {path}{since}: {_REPAIR}.")
        check_graph(path)
        if self.keeps_memory:
            _keep_freed_memory()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = self.keeps_memory
        options.enable_mem_pattern = False  # it would plan the memory of every length anew and keep the plan
        options.log_severity_level = 3
        options.add_session_config_entry("session.force_spinning_stop", "1")  # idle graphs leave the cores alone
        providers = list(dict.fromkeys([PROVIDERS[self._provider][0], PROVIDERS["cpu"][0]]))
        try:
            session = onnxruntime.InferenceSession(path, options, providers=providers)
        except Exception as error:  # ONNX Runtime's errors share no narrower base
            raise ModelError(f"{path} cannot be opened as an ONNX graph: {_REPAIR}.") from error
        opened = session, [output.name for output in session.get_outputs()]
        self._sessions[graph] = opened
        return opened


def _keep_freed_memory() -> None:
    """Let the arrays of a sentence take the memory of the one before.

    glibc returns freed memory at the end of its heap to the system above a size that it learns: twice that of the
    largest array that it has freed. Before it has seen a large one, some processes take the memory of every sentence
    anew, page by page, which takes 1 to 2 ms.
    """
    np.empty(_LEARNT, np.uint8)  # nothing touches it, so it takes no memory


def _check_weights(path: Path) -> None:
    """Refuse truncated weights, by the header of the file."""
    from safetensors import SafetensorError, safe_open

    check_file(path)
    try:
        with safe_open(path, "np"):
            pass
    except FileNotFoundError:
        raise ModelError(f"the model lacks {path}: {_REPAIR}.") from None
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged: {_REPAIR}.") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error


def _check_provider(provider: str) -> None:
    import onnxruntime

    name, package = PROVIDERS[provider]
    if name not in onnxruntime.get_available_providers():
        raise UserError(
            f"this ONNX Runtime cannot use {provider}: put `pip install {package}` in the place of onnxruntime, "
            "on a machine that has the hardware."
        )
