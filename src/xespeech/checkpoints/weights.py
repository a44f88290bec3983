"""The synthesizer's weights as safetensors."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from xespeech.config import ModelConfig
from xespeech.errors import ModelError
from xespeech.model.synthesizer import Synthesizer


def save_synthesizer(synthesizer: Synthesizer, path: Path, metadata: dict[str, str]) -> None:
    """Write all weights as float32, with metadata that travels in the file."""
    state = {name: tensor.detach().float().contiguous().cpu() for name, tensor in synthesizer.state_dict().items()}
    save_file(state, path, metadata=metadata)


def load_synthesizer(path: Path, config: ModelConfig) -> Synthesizer:
    """A synthesizer in evaluation mode.

    Raises:
        ModelError: the file is damaged, or a weight is missing, surplus or of another shape.
    """
    synthesizer = Synthesizer(config)
    try:
        synthesizer.load_state_dict(load_file(path))
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{path} does not hold this model's weights ({reason}): export or copy the model again."
        ) from error
    return synthesizer.eval()
