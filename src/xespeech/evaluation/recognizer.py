"""The content encoder that judges phones, and Mandarin tones, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from xespeech.errors import ModelError
from xespeech.evaluation.intelligibility import PhoneRecognizer


def load_recognizer(folder: str | Path) -> PhoneRecognizer:
    """The recogniser of a model folder, of a content encoder's own folder or of its training run.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    folder = Path(folder)
    for path in (folder, folder / "encoder"):
        if any((path / name).is_file() for name in ("content_encoder.safetensors", "model.safetensors")):
            from xespeech.content.recognizer import PhoneRecognizer as WeightsRecognizer

            return WeightsRecognizer(path)
    raise ModelError(f"{folder} holds no content encoder: name a model folder or one with content_encoder.safetensors.")
