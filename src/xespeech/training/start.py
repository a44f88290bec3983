"""Start of a new run from an earlier run or a model folder: its weights, sizes and content encoder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from xespeech.architectures import architecture_of
from xespeech.content.store import encoder_folder, load_encoder
from xespeech.errors import DataError
from xespeech.files import read_json
from xespeech.model_folder.before_vocoder import is_before_vocoder, training_sizes
from xespeech.training import checkpoint


def load_start(folder: Path, task: str = "synthesis") -> dict[str, Tensor]:
    """Weights of the networks of a run folder (the averaged ones) or of a model folder, "NETWORK.parameter".

    Args:
        folder: of the run or model.
        task: of the recipe that is to go on from there; "content" gives the content encoder of the run or model.

    Raises:
        DataError: there is neither.
        ModelError: the run's checkpoint or the model is damaged, or has no content encoder.
    """
    if task == "content" and not _trains_content(folder):
        encoder = load_encoder(_encoder_home(folder))
        return {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}
    if (folder / checkpoint.NAME).is_file():
        averaged: dict[str, Tensor] = checkpoint.read_checkpoint(folder)["averaged"]
        return averaged
    if not (folder / "config.json").is_file():
        raise DataError(f"{folder} is neither a run nor a model: --from wants the folder of one.")
    return _of_model(folder)


def sizes_of(folder: Path, task: str = "synthesis") -> dict[str, Any] | None:
    """Sizes of what a recipe trains, in a run or model folder: fields of its configuration; None where it gives none.

    Args:
        folder: of the run or model.
        task: of the recipe; "content" gives the sizes of the content encoder, another one those of the synthesizer.

    Raises:
        DataError: the description is damaged.
        ModelError: the content encoder is wanted and there is none.
    """
    if task == "content":
        if _trains_content(folder):
            return dict(_described(folder)["content"])
        return asdict(load_encoder(_encoder_home(folder)).config)
    sizes = _described(folder).get("model") or None
    if sizes is None or not is_before_vocoder(sizes):
        return sizes
    return training_sizes(sizes)


def encoder_of(folder: Path) -> str:
    """The content encoder of a run or model folder: a run names it, a model contains it.

    Raises:
        DataError: the description is damaged.
    """
    return str(_described(folder).get("content_encoder") or folder)


def _trains_content(folder: Path) -> bool:
    """Whether a folder is a run that trains a content encoder."""
    return _described(folder).get("task") == "content"


def _encoder_home(folder: Path) -> Path:
    """The folder of the content encoder that a voice's run or model listens with, or that a folder holds itself."""
    return encoder_folder(Path(encoder_of(folder)))


def _described(folder: Path) -> dict[str, Any]:
    """recipe.json of a run or config.json of a model."""
    for path in (folder / "recipe.json", folder / "config.json"):
        if path.is_file():
            try:
                return dict(read_json(path))
            except (ValueError, TypeError) as error:
                raise DataError(f"{path} is damaged: name another folder with --from.") from error
    return {}


def _of_model(folder: Path) -> dict[str, Tensor]:
    networks = architecture_of(folder).load_networks(folder)
    return {f"{name}.{k}": v for name, network in networks.items() for k, v in network.state_dict().items()}
