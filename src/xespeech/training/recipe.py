"""Recipes: what a run trains, read from YAML and kept in the run folder."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import yaml

from xespeech.config import ContentConfig, ModelConfig, SynthesisConfig, TrainingConfig
from xespeech.errors import ConfigError, DataError, UnknownNameError
from xespeech.text.symbols import MARKS, PHONES

_Config = TypeVar("_Config", ContentConfig, ModelConfig, SynthesisConfig, TrainingConfig)


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        task: "content" trains the content encoder, "synthesis" the synthesizer.
        content, model, synthesis, training: configurations; those that the task does not use keep their defaults.
    """

    task: Literal["content", "synthesis"]
    content: ContentConfig
    model: ModelConfig
    synthesis: SynthesisConfig
    training: TrainingConfig


def read_recipe(path: Path, overrides: dict[str, Any] | None = None) -> Recipe:
    """Read a YAML recipe.

    Args:
        path: the file.
        overrides: values by dotted name ("training.batch_frames") that replace the file's.

    Raises:
        ConfigError: not YAML, or a value is missing, unknown or out of range.
        DataError: no such file.
    """
    if not path.is_file():
        raise DataError(f"no recipe at {path}: name a file such as recipes/compact.yaml.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not readable YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} is empty or not a mapping of names to values: see recipes/ for examples.")
    for name, value in (overrides or {}).items():
        section, _, key = name.partition(".")
        content[section] = {**(content.get(section) or {}), key: value}
    sections = {"task", "content", "model", "synthesis", "training"}
    for name in content:
        if name not in sections:
            raise UnknownNameError(f"section of {path}", name, sections)
    if content.get("task") not in ("content", "synthesis"):
        raise ConfigError(f"{path}: task must be content or synthesis, not {content.get('task')!r}.")
    tables = {"n_phones": len(PHONES)}
    return Recipe(
        content["task"],
        _fill(ContentConfig, tables | (content.get("content") or {}), f"{path}: content"),
        _fill(ModelConfig, tables | {"n_marks": len(MARKS)} | (content.get("model") or {}), f"{path}: model"),
        _fill(SynthesisConfig, content.get("synthesis") or {}, f"{path}: synthesis"),
        _fill(TrainingConfig, content.get("training") or {}, f"{path}: training"),
    )


def _fill(kind: type[_Config], values: Any, where: str) -> _Config:
    if not isinstance(values, dict):
        raise ConfigError(f"{where} must be a mapping of names to values.")
    known = {field.name for field in dataclasses.fields(kind)}
    for name in values:
        if name not in known:
            raise UnknownNameError(f"setting in {where}", str(name), known)
    fixed = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    try:
        return kind(**cast(Any, fixed))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def write_run(recipe: Recipe, folder: Path, data: list[Path], content_encoder: Path | None) -> None:
    """Write `recipe.json` into a run folder: all an export needs to know besides the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        **asdict(recipe),
        "data": [str(path.resolve()) for path in data],
        "content_encoder": None if content_encoder is None else str(content_encoder.resolve()),
    }
    temporary = folder / "recipe.json.part"
    temporary.write_text(json.dumps(about, indent=1, ensure_ascii=False))
    temporary.replace(folder / "recipe.json")
