"""Runs the graphs of the published model with PyTorch, from the safetensors of a model folder."""

from __future__ import annotations

from pathlib import Path

from xespeech.errors import UnknownNameError
from xespeech.inference.torch_engine import ModuleEngine


class OriginalTorchEngine(ModuleEngine):
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

        UnknownNameError.check("precision", precision, ("fp32", "bf16"))
        if threads is not None:
            torch.set_num_threads(threads)
        synthesizer = load_synthesizer(folder).requires_grad_(False)
        half: tuple[str, ...] = ()
        if precision == "bf16":
            synthesizer.decoder.bfloat16()  # the graph "sound", which needs no casting then
            half = ("text_to_content", "recording_to_content", "content_to_spec")
        super().__init__(build_original_graphs(synthesizer), (folder, threads, precision), half)
