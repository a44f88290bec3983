"""Loading the content encoder that recognises phones and Mandarin tones."""

from __future__ import annotations

from pathlib import Path

from xespeech.errors import ModelError
from xespeech.evaluation.intelligibility import PhoneRecognizer


def load_recognizer(folder: str | Path) -> PhoneRecognizer:
    """The recogniser of a model folder, of a content encoder or of its training run.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    path = _find(Path(folder))
    if path is not None:
        from xespeech.content.recognizer import PhoneRecognizer as WeightsRecognizer

        return WeightsRecognizer(path)
    raise ModelError(f"{folder} holds no content encoder: name a model folder or one with content_encoder.safetensors.")


def has_recognizer(folder: Path) -> bool:
    """Whether a folder may hold a recogniser; those of imported original models do not."""
    return _find(folder) is not None


def _find(folder: Path) -> Path | None:
    names = ("content_encoder.safetensors", "model.safetensors")
    return next((path for path in (folder, folder / "encoder") if any((path / n).is_file() for n in names)), None)
