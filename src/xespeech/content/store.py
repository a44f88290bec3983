"""The compact content encoder on disk: safetensors whose metadata carries the configuration."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save_file

from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.errors import ModelError


def save_encoder(encoder: CompactContentEncoder, folder: Path, step: int) -> None:
    """Write `content_encoder.safetensors` into a folder, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / "content_encoder.part"
    state = {name: tensor.float().contiguous().cpu() for name, tensor in encoder.state_dict().items()}
    save_file(state, temporary, metadata={"config": json.dumps(asdict(encoder.config)), "step": str(step)})
    temporary.replace(folder / "content_encoder.safetensors")


def load_encoder(folder: str | Path) -> CompactContentEncoder:
    """Read a content encoder from a folder that holds `content_encoder.safetensors`, or from the file itself.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    path = Path(folder)
    path = path if path.suffix == ".safetensors" else path / "content_encoder.safetensors"
    if not path.exists():
        raise ModelError(f"no content encoder at {path}: train one with recipes/content-encoder.yaml.")
    try:
        with safe_open(path, "pt") as file:
            config = ContentConfig(**json.loads(file.metadata()["config"]))
        encoder = CompactContentEncoder(config)
        encoder.load_state_dict(load_file(path))
    except Exception as error:
        raise ModelError(f"{path} cannot be read as a content encoder: {str(error).splitlines()[0]}") from error
    return encoder.eval()
