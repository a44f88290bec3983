"""The published model, as `xespeech.architectures` asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from xespeech.config import OriginalConfig
from xespeech.original.voice.voice import open_original as open_voice

if TYPE_CHECKING:
    from torch import nn

    from xespeech.data.pack import Pack
    from xespeech.progress import Progress
    from xespeech.training.export import ExportOptions
    from xespeech.training.recipe import Recipe
    from xespeech.training.task import Task

__all__ = ["configurations", "export_run", "import_released", "load_networks", "make_task", "open_voice"]


def load_networks(folder: Path) -> dict[str, nn.Module]:
    """The synthesizer of a model folder, and the discriminators where they are kept.

    Raises:
        ModelError: the weights are missing or damaged.
    """
    from xespeech.original.folder import files

    networks: dict[str, nn.Module] = {"synthesizer": files.load_synthesizer(folder)}
    if (folder / files.DISCRIMINATORS).is_file():
        networks["discriminators"] = files.load_discriminators(folder)
    return networks


def configurations() -> tuple[type, type, dict[str, Any]]:
    """Of the synthesizer and of its training."""
    from xespeech.training.config import JointConfig

    return OriginalConfig, JointConfig, {}


def make_task(recipe: Recipe, packs: list[Pack], content_encoder: str | None) -> Task:
    """The published training."""
    from xespeech.original.training.task import OriginalTask
    from xespeech.training.config import JointConfig
    from xespeech.training.content_features import find_features

    assert content_encoder is not None
    assert isinstance(recipe.model, OriginalConfig)
    assert isinstance(recipe.synthesis, JointConfig)
    return OriginalTask(recipe.model, recipe.synthesis, packs, find_features(content_encoder), recipe.training)


def export_run(run: Path, folder: Path, options: ExportOptions, progress: Progress) -> str:
    """See `Architecture`."""
    from xespeech.original.training.export import export_original_run

    made = export_original_run(run, folder, options.licence)
    return f"the original configuration after {made.iteration} steps"


def import_released(checkpoint: Path, config: Path, folder: Path, **about: Any) -> str:
    """Write the model folder of `G_*.pth`; returns what it is. Arguments and errors are those of `import_original`."""
    from xespeech.original.folder.files import import_original

    made = import_original(checkpoint, config, folder, **about)
    return f"epoch {made.iteration}, {made.model.n_languages} languages"
