"""Naturalness by DistillMOS, which is sensitive to artefacts of synthesis that DNSMOS ignores.

Source: Stahl & Gamper, "Distillation and pruning for scalable self-supervised representation-based speech quality
assessment", 2025. The weights are in the distillmos wheel.

Shapes: S samples.
"""

from __future__ import annotations

import contextlib
import io
import sys
from types import ModuleType
from typing import Any

from xespeech.audio import Audio
from xespeech.errors import require

INSTALL_DISTILLMOS = "pip install --no-deps distillmos xls-r-sqa"
"""Without dependencies: torchaudio is needed by its command only, and often does not fit the installed torch."""

_SAMPLE_RATE = 16_000


class NaturalnessJudge:
    """DistillMOS on the CPU.

    Raises:
        UserError: distillmos or torch is not installed.
    """

    def __init__(self) -> None:
        network = _network_module().ConvTransformerSQAModel
        with contextlib.redirect_stdout(io.StringIO()):  # it prints the path of its weights
            self._network: Any = network().eval()

    def judge(self, audio: Audio) -> float:
        """Mean opinion score of a recording, 1 bad to 5 excellent; long ones are judged in windows of 7.7 s."""
        import torch

        samples = torch.from_numpy(audio.resample(_SAMPLE_RATE).samples.copy())[None]  # [1, S]
        with torch.inference_mode():
            return float(self._network(samples)[0])


def _network_module() -> Any:
    """The module of DistillMOS's network, imported with an empty module instead of torchaudio.

    Its module imports torchaudio at the top and uses it to read files for its command only. Where torchaudio is
    missing, or was built for a CUDA that this torch lacks, that import would fail.
    """
    kept = sys.modules.get("torchaudio")
    if kept is None:
        sys.modules["torchaudio"] = ModuleType("torchaudio")
    try:
        return require("distillmos", "judging naturalness", INSTALL_DISTILLMOS)
    finally:
        if kept is None:
            del sys.modules["torchaudio"]
