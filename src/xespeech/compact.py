"""The compact architecture: implements `xespeech.architectures.Architecture`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xespeech.config import ModelConfig
from xespeech.inference.compact import open_compact as open_voice

if TYPE_CHECKING:
    from torch import nn

    from xespeech.data.pack import Pack
    from xespeech.progress import Progress
    from xespeech.training.export import ExportOptions
    from xespeech.training.recipe import Recipe
    from xespeech.training.task import Task

__all__ = ["configurations", "export_run", "load_networks", "make_task", "open_voice"]


def load_networks(folder: Path) -> dict[str, nn.Module]:
    """The synthesizer of a model folder.

    Raises:
        ModelError: the weights are missing or damaged, or of another version.
    """
    from xespeech.model_folder import weights
    from xespeech.model_folder.description import Description

    Description.load(folder)  # says what is wrong with a folder of another version
    return {"synthesizer": weights.load_networks(folder).synthesizer}


def configurations() -> tuple[type, type, dict[str, Any]]:
    """See `Architecture`; the sizes of the symbol tables are fixed."""
    from xespeech.text.symbols import MARKS, PHONES
    from xespeech.training.config import SynthesisConfig

    return ModelConfig, SynthesisConfig, {"n_phones": len(PHONES), "n_marks": len(MARKS)}


def make_task(recipe: Recipe, packs: list[Pack], content_encoder: str | None) -> Task:
    """The task of a recipe for a content encoder or for the synthesizer."""
    from xespeech.training.config import SynthesisConfig

    if recipe.task == "content":
        from xespeech.training.content_task import ContentTask

        return ContentTask(recipe.content, packs, recipe.training)
    from xespeech.content.store import encoder_folder
    from xespeech.training.stages import StageSetup, make_stage

    assert content_encoder is not None
    folder = encoder_folder(Path(content_encoder))
    if recipe.task == "live_content":
        from xespeech.training.live_content_task import LiveContentTask

        return LiveContentTask(recipe.content, packs, recipe.training, folder)
    assert isinstance(recipe.model, ModelConfig)
    assert isinstance(recipe.synthesis, SynthesisConfig)
    return make_stage(StageSetup(recipe.model, recipe.synthesis, packs, folder, recipe.training))


def export_run(run: Path, folder: Path, options: ExportOptions, progress: Progress) -> str:
    """See `Architecture`."""
    from xespeech.training import export

    started = time.perf_counter()
    description = export.export_run(run, folder, options, progress)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return (
        f"{len(description.voices)} voices after {description.step} steps, {size:.1f} MB, "
        f"made in {time.perf_counter() - started:.1f} s"
    )
