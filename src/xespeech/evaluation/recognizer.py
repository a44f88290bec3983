"""The content encoder that judges phones, and Mandarin tones, in whatever form it comes.

Shapes: T frames (50/s).
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_CONTENT
from xespeech.errors import ModelError
from xespeech.evaluation.intelligibility import PhoneRecognizer
from xespeech.text import PHONES


def load_recognizer(folder: str | Path) -> PhoneRecognizer:
    """The recogniser of a model folder, of a content encoder's own folder or of its training run.

    Weights hear phones and tones; a model folder that holds only ONNX graphs hears phones.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    folder = Path(folder)
    for path in (folder, folder / "encoder"):
        if any((path / name).is_file() for name in ("content_encoder.safetensors", "model.safetensors")):
            from xespeech.content.recognizer import PhoneRecognizer as WeightsRecognizer

            return WeightsRecognizer(path)
    if (folder / "onnx" / "content.onnx").is_file():
        return GraphRecognizer(folder)
    raise ModelError(f"{folder} holds no content encoder: name a model folder or one with content_encoder.safetensors.")


class GraphRecognizer:
    """The content graph of a model folder, run by ONNX Runtime."""

    def __init__(self, folder: Path) -> None:
        from xespeech.inference.onnx_engine import OnnxEngine

        self._engine = OnnxEngine(folder, threads=1)

    def transcribe(self, audio: Audio) -> list[str]:
        """Phones in the order they are heard."""
        _, log_probs = self._engine.content(log_mel(audio.resample(MEL_CONTENT.sample_rate).samples, MEL_CONTENT))
        best = log_probs.argmax(axis=1)  # [T]; class 0 is the blank of CTC
        heard = (int(index) for index, _ in groupby(best) if index != 0)
        return [PHONES[index] for index in heard]
