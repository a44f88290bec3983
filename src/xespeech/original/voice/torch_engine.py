"""Runs the graphs of the published model with PyTorch, from the safetensors of a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.errors import UnknownNameError
from xespeech.inference.engine import Engine, check_numbers


class OriginalTorchEngine(Engine):
    """The published model in PyTorch.

    Args:
        folder: made by `xespeech import`.
        threads: threads of PyTorch, or None for its own choice.
        precision: "fp32"; or "bf16", which computes latents and sound with 16 bits, twice as fast on processors that
            have instructions for it (AVX-512 BF16, AMX). Text and durations stay at 32 bits.

    Raises:
        ModelError: weights are missing, damaged or of another model.
        UnknownNameError: there is no such precision.
    """

    def __init__(self, folder: Path, threads: int | None = None, precision: str = "fp32") -> None:
        import torch

        from xespeech.original.folder.files import load_synthesizer
        from xespeech.original.folder.graphs import build_original_graphs

        if precision not in ("fp32", "bf16"):
            raise UnknownNameError("precision", precision, ("fp32", "bf16"))
        self._opened = folder, threads, precision
        if threads is not None:
            torch.set_num_threads(threads)
        synthesizer = load_synthesizer(folder).requires_grad_(False)
        self._half = precision == "bf16"
        if self._half:
            synthesizer.decoder.bfloat16()
        self._graphs = build_original_graphs(synthesizer)

    def __reduce__(self) -> tuple[type[OriginalTorchEngine], tuple[Any, ...]]:
        """For another process, which loads the weights itself."""
        return OriginalTorchEngine, self._opened

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        import torch

        own = self._graphs[graph]
        ordered = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in own.inputs]
        half = self._half and graph not in ("text", "style", "sound")  # the decoder's weights have 16 bits themselves
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            outputs = own.module(*ordered)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        return check_numbers([output.float().numpy() for output in outputs])
