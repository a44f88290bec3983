"""Start of a new run from an earlier run or a model folder: its weights, sizes and content encoder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from xespeech.architectures import COMPACT, architecture, architecture_of
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.store import encoder_folder, load_encoder, load_live_encoder
from xespeech.errors import DataError, ModelError
from xespeech.files import read_json, read_text
from xespeech.model_folder.description import Description
from xespeech.model_folder.files import ATTRIBUTION
from xespeech.training import checkpoint
from xespeech.training.attribution import rows_of_table


def load_start(folder: Path, task: str = "synthesis") -> dict[str, Tensor]:
    """Weights of the networks of a run folder (the averaged ones) or of a model folder, "NETWORK.parameter".

    Args:
        folder: of the run or model.
        task: of the recipe that is to go on from there; "content" gives the content encoder of the run or model,
            "live_content" the one with little lookahead beside it.

    Raises:
        DataError: there is neither.
        ModelError: the run's checkpoint or the model is damaged, or has no content encoder.
    """
    if task == "content" and not _trains("content", folder):
        return _encoder_weights(load_encoder(_encoder_home(folder)))
    if task == "live_content" and not _trains(task, folder):
        live = load_live_encoder(_encoder_home(folder))
        if live is None:
            raise ModelError(
                f"{folder} holds no content encoder for live conversion: leave --from out, or name a model or run that "
                "has one."
            )
        return _encoder_weights(live)
    if (folder / checkpoint.NAME).is_file():
        averaged: dict[str, Tensor] = checkpoint.read_checkpoint(folder)["averaged"]
        return averaged
    if not (folder / "config.json").is_file():
        raise DataError(f"{folder} is neither a run nor a model: --from wants the folder of one.")
    networks = architecture_of(folder).load_networks(folder)
    return {f"{name}.{k}": v for name, network in networks.items() for k, v in network.state_dict().items()}


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
        if _trains("content", folder):
            return dict(_described(folder)["content"])
        return asdict(load_encoder(_encoder_home(folder)).config)
    about = _described(folder)
    if "format" in about and architecture_of(folder) is architecture(COMPACT):
        return asdict(Description.load(folder).model)
    return about.get("model") or None


def encoder_of(folder: Path) -> str:
    """The content encoder of a run or model folder: a run names it, a model contains it.

    Raises:
        DataError: the description is damaged.
    """
    return str(_described(folder).get("content_encoder") or folder)


class Sources(NamedTuple):
    """What weights learnt from.

    Attributes:
        data: folders of prepared data, of runs.
        attribution: rows of the attribution files of models.
    """

    data: list[str]
    attribution: list[str]


def sources_of(folder: Path) -> Sources:
    """What the weights of a run or model folder learnt from, the runs and models before it included.

    Raises:
        DataError: the description is damaged, or the attribution file is not UTF-8.
    """
    folder = _owner(folder)
    about = _described(folder)
    earlier = about.get("earlier")
    if earlier is None and about.get("content_encoder"):  # a run of an earlier version names nothing else
        earlier = sources_of(Path(about["content_encoder"]))._asdict()
    earlier = earlier or {}
    file = folder / ATTRIBUTION
    rows = rows_of_table(read_text(file)) if file.is_file() else []
    return Sources([*about.get("data", []), *earlier.get("data", [])], [*rows, *earlier.get("attribution", [])])


def joined(sources: Iterable[Sources]) -> dict[str, list[str]]:
    """Several sources as one, as `recipe.json` has them: each folder and row once."""
    found = list(sources)
    return {
        name: list(dict.fromkeys(item for each in found for item in getattr(each, name))) for name in Sources._fields
    }


def _owner(path: Path) -> Path:
    """The run or model folder of a content encoder that is named by its file or by the `encoder/` of its run."""
    folder = path.parent if path.is_file() else path
    return folder.parent if folder.name == "encoder" and (folder.parent / "recipe.json").is_file() else folder


def _trains(task: str, folder: Path) -> bool:
    """Whether a folder is a run of a task."""
    return _described(folder).get("task") == task


def _encoder_weights(encoder: CompactContentEncoder) -> dict[str, Tensor]:
    """Weights of a content encoder, named as those of a run that trains it."""
    return {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}


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
