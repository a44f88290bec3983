"""The content encoder as a recogniser of phones, and of Mandarin tones.

Shapes: F mel frames (100/s), T frames (50/s).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_CONTENT
from xespeech.errors import ModelError
from xespeech.evaluation.intelligibility import PhoneRecognizer
from xespeech.text import PHONES


def load_recognizer(folder: str | Path) -> PhoneRecognizer:
    """The recogniser of a model folder or of a content encoder's own folder.

    Weights hear phones and tones; a model folder that holds only ONNX graphs hears phones.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    folder = Path(folder)
    for path in (folder, folder / "content_encoder.safetensors", folder / "encoder" / "content_encoder.safetensors"):
        if path.suffix == ".safetensors" and path.is_file():
            return EncoderRecognizer(path)
    if (folder / "onnx" / "content.onnx").is_file():
        return GraphRecognizer(folder)
    raise ModelError(f"{folder} holds no content encoder: name a model folder or one with content_encoder.safetensors.")


class EncoderRecognizer:
    """A content encoder's weights, run by PyTorch.

    Args:
        path: content_encoder.safetensors.

    Raises:
        ModelError: it is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        from xespeech.content.store import load_encoder

        self._encoder = load_encoder(path)

    def transcribe(self, audio: Audio) -> list[str]:
        """Phones in the order they are heard."""
        return [PHONES[index] for index in _collapse(self._classify(audio).phone_log_probs[0].numpy())]

    def transcribe_tones(self, audio: Audio) -> list[str]:
        """Tones "1" to "5" in the order they are heard; of use for Mandarin only."""
        return [str(tone) for tone in _collapse(self._classify(audio).tone_log_probs[0].numpy())]

    def _classify(self, audio: Audio) -> Any:
        import torch

        with torch.inference_mode():
            return self._encoder(torch.from_numpy(_mel(audio)[None]))


class GraphRecognizer:
    """The content graph of a model folder, run by ONNX Runtime."""

    def __init__(self, folder: Path) -> None:
        from xespeech.inference.onnx_engine import OnnxEngine

        self._engine = OnnxEngine(folder, threads=1)

    def transcribe(self, audio: Audio) -> list[str]:
        """Phones in the order they are heard."""
        _, log_probs = self._engine.content(_mel(audio))
        return [PHONES[index] for index in _collapse(log_probs)]


def _mel(audio: Audio) -> np.ndarray:
    return log_mel(audio.resample(MEL_CONTENT.sample_rate).samples, MEL_CONTENT)


def _collapse(log_probs: np.ndarray) -> list[int]:
    """Greedy CTC decoding of log-probabilities [T, classes], class 0 blank: repeats merged, blanks dropped."""
    best = log_probs.argmax(axis=1)
    changes = np.flatnonzero(np.diff(best, prepend=-1))
    return [int(index) for index in best[changes] if index != 0]
