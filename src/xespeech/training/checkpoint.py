"""A run folder: `checkpoint.pt`, with the state of training and the averaged weights, and `recipe.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from xespeech.errors import DataError, ModelError
from xespeech.files import read_json, replacing

NAME = "checkpoint.pt"


def write_checkpoint(run: Path, state: dict[str, Any]) -> None:
    """Replace the checkpoint of a run by a newer one, whole or not at all.

    Raises:
        DataError: it cannot be written.
    """
    path = run / NAME
    try:
        with replacing(path) as temporary:
            torch.save(state, temporary)
    except (OSError, RuntimeError) as error:  # PyTorch's writer raises the latter
        reason = error.strerror if isinstance(error, OSError) else "is the disk full?"
        kept = "the checkpoint before it is kept: make room, and the same command goes on from there"
        raise DataError(f"{path} cannot be written ({reason}); {kept}.") from error


def read_checkpoint(run: Path) -> dict[str, Any]:
    """The checkpoint of a run: `step`, states of `networks`, their `averaged` weights and the `optimizers`.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    path = run / NAME
    if not path.is_file():
        raise ModelError(f"{run} has no {NAME} yet: train for some minutes first.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {**state, "step": int(state["step"]), "averaged": dict(state["averaged"])}
    except Exception as error:
        raise ModelError(f"{path} is damaged: name the folder of another run.") from error


def read_run(run: Path, needed: Sequence[str] = ("model", "data", "content_encoder")) -> dict[str, Any]:
    """`recipe.json` of a run that trains a synthesizer: its settings, data and content encoder.

    Args:
        run: its folder.
        needed: keys that the caller reads.

    Raises:
        ModelError: there is no such run, its recipe is damaged, or it trains something else.
    """
    path, remedy = run / "recipe.json", "name a folder that `xespeech train` writes"
    if not run.is_dir():
        raise ModelError(f"{run} is not a training run, there is no such folder: {remedy}.")
    try:
        recipe = read_json(path)
    except FileNotFoundError:
        raise ModelError(f"{run} is not a training run, it has no recipe.json: {remedy}.") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is damaged ({error}): restore it or train again.") from error
    for key in needed:
        if not isinstance(recipe, dict) or not recipe.get(key):
            raise ModelError(f"{run} trains no synthesizer, its recipe.json names no {key}: name a run that does.")
    if str(recipe.get("task")).endswith("content"):
        raise ModelError(f"{run} trains a content encoder and no synthesizer: name a run that does.")
    return recipe
