"""What a recipe trains, made ready from its settings."""

from __future__ import annotations

from pathlib import Path

from xespeech.config import JointConfig, ModelConfig, OriginalConfig, SynthesisConfig
from xespeech.data.pack import Pack
from xespeech.training.recipe import Recipe
from xespeech.training.task import Task


def make_task(recipe: Recipe, packs: list[Pack], content_encoder: str | None) -> Task:
    """The task of a recipe.

    Args:
        recipe: what to train.
        packs: where recordings come from.
        content_encoder: of recipes that train a voice: run, model folder, Whisper, or folder of features.

    Raises:
        ModelError, DataError: the content encoder or the data do not serve.
    """
    if recipe.task == "content":
        from xespeech.training.content_task import ContentTask

        return ContentTask(recipe.content, packs, recipe.training)
    assert content_encoder is not None
    if recipe.task == "synthesis":
        from xespeech.training.stages import StageSetup, make_stage

        assert isinstance(recipe.model, ModelConfig)
        assert isinstance(recipe.synthesis, SynthesisConfig)
        folder = Path(content_encoder)
        folder = folder / "encoder" if (folder / "encoder").is_dir() else folder
        return make_stage(StageSetup(recipe.model, recipe.synthesis, packs, folder, recipe.training))
    from xespeech.original.training.task import OriginalTask
    from xespeech.training.content_features import find_features

    assert isinstance(recipe.model, OriginalConfig)
    assert isinstance(recipe.synthesis, JointConfig)
    features = find_features(content_encoder)
    return OriginalTask(recipe.model, recipe.synthesis, packs, features, recipe.training)
