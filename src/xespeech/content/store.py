"""The compact content encoder on disk: safetensors whose metadata carries the configuration."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from xespeech.config import LIVE_CONTENT, ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.errors import ModelError
from xespeech.files import parse_json, replacing

FILE = "content_encoder.safetensors"
MODEL_PREFIX = "content_encoder."
"""Prefix of the names of the encoder's tensors in a model folder."""
LIVE_PREFIX = "live_content_encoder."
"""The same of the encoder with little lookahead, for live conversion."""


def save_encoder(encoder: CompactContentEncoder, folder: Path, step: int) -> None:
    """Write `content_encoder.safetensors` into a folder, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.float().contiguous().cpu() for name, tensor in encoder.state_dict().items()}
    with replacing(folder / FILE) as temporary:
        save_file(state, temporary, metadata={"config": json.dumps(encoder.config.stored()), "step": str(step)})


def load_encoder(folder: str | Path) -> CompactContentEncoder:
    """Read the content encoder of a run's `encoder/`, of a model folder, or of the safetensors file in one of them.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    path = encoder_file(folder)
    about = _about(path)
    if "content" in about:
        return _read(path, about["content"], MODEL_PREFIX)
    return _read(path, about.get("config", ""), "")


def load_live_encoder(folder: str | Path) -> CompactContentEncoder | None:
    """The encoder with little lookahead of a model folder; None where there is none.

    Raises:
        ModelError: it is damaged.
    """
    path = encoder_file(folder)
    sizes = _about(path).get(LIVE_CONTENT)
    return None if sizes is None else _read(path, sizes, LIVE_PREFIX)


def _about(path: Path) -> dict[str, str]:
    """Metadata of a safetensors file.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with safe_open(path, "pt") as file:
            return dict(file.metadata() or {})
    except Exception as error:
        raise ModelError(f"{path} cannot be read as a content encoder: {str(error).splitlines()[0]}") from error


def _read(path: Path, sizes: str, prefix: str) -> CompactContentEncoder:
    """An encoder of a file, of these sizes in JSON, by the prefix of its tensors."""
    try:
        encoder = CompactContentEncoder(ContentConfig(**parse_json(sizes)))
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 - not a mapping
            state = {name.removeprefix(prefix): file.get_tensor(name).float() for name in names}
        encoder.load_state_dict(state)
    except Exception as error:
        raise ModelError(f"{path} cannot be read as a content encoder: {str(error).splitlines()[0]}") from error
    return encoder.eval()


def encoder_folder(path: Path) -> Path:
    """The folder of the content encoder of a run, which has it in `encoder/`, of its result or of a model."""
    return path / "encoder" if (path / "encoder").is_dir() else path


def has_encoder(folder: Path) -> bool:
    """Whether a folder holds a content encoder; model folders of imported originals do not."""
    try:
        return not {"content", "config"}.isdisjoint(_about(encoder_file(encoder_folder(folder))))
    except ModelError:
        return False


def encoder_file(folder: str | Path) -> Path:
    """The safetensors file that holds the content encoder of a folder.

    Raises:
        ModelError: there is none.
    """
    folder = Path(folder)
    paths = [folder] if folder.suffix == ".safetensors" else [folder / name for name in (FILE, "model.safetensors")]
    for path in paths:
        if path.is_file():
            return path
    raise ModelError(
        f"{folder} holds no content encoder: name a model folder, or a run of recipes/content-encoder.yaml."
    )
