"""Recipes: what a run trains, read from YAML and kept in the run folder."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import yaml

from xespeech.config import (
    ContentConfig,
    JointConfig,
    MelConfig,
    ModelConfig,
    OriginalConfig,
    SynthesisConfig,
    TrainingConfig,
)
from xespeech.errors import ConfigError, DataError, UnknownNameError
from xespeech.files import replacing
from xespeech.text.symbols import MARKS, PHONES

TASKS = ("content", "synthesis", "original")
_Config = TypeVar("_Config")


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        task: "content" trains the content encoder, "synthesis" the compact synthesizer, "original" the published one.
        content, model, synthesis, training: configurations; those that the task does not use keep their defaults.
    """

    task: Literal["content", "synthesis", "original"]
    content: ContentConfig
    model: ModelConfig | OriginalConfig
    synthesis: SynthesisConfig | JointConfig
    training: TrainingConfig


def read_recipe(path: Path, overrides: dict[str, Any] | None = None, sizes: dict[str, Any] | None = None) -> Recipe:
    """Read a YAML recipe.

    Args:
        path: the file.
        overrides: values by dotted name ("training.batch_frames") that replace the file's.
        sizes: of the model where the recipe says nothing of them, because it goes on from trained weights.

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
        if not isinstance(content.get(section) or {}, dict):
            raise ConfigError(f"{name} cannot be set: {section} of {path} holds one value, not a mapping of names.")
        content[section] = {**(content.get(section) or {}), key: value}
    sections = {"task", "content", "model", "synthesis", "training"}
    for name in content:
        if name not in sections:
            raise UnknownNameError(f"section of {path}", name, sections)
    task = content.get("task")
    if task not in TASKS:
        raise ConfigError(f"{path}: task must be {', '.join(TASKS[:-1])} or {TASKS[-1]}, not {task!r}.")
    for name in sections - {"task"}:
        if not isinstance(content.setdefault(name, {}) or {}, dict):
            raise ConfigError(f"{path}: {name} must be a mapping of names to values.")
        content[name] = content[name] or {}
    if sizes is not None and task != "content" and not content["model"]:
        content["model"] = {k: MelConfig(**v) if k == "mel" else v for k, v in sizes.items()}
    tables = {"n_phones": len(PHONES)}
    model: ModelConfig | OriginalConfig
    synthesis: SynthesisConfig | JointConfig
    if task == "original":
        model = _fill(OriginalConfig, content["model"], f"{path}: model")
        synthesis = _fill(JointConfig, content["synthesis"], f"{path}: synthesis")
    else:
        own = tables | {"n_marks": len(MARKS)} | content["model"]
        model = _fill(ModelConfig, own, f"{path}: model")
        synthesis = _fill(SynthesisConfig, content["synthesis"], f"{path}: synthesis")
    return Recipe(
        task,
        _fill(ContentConfig, tables | content["content"], f"{path}: content"),
        model,
        synthesis,
        _fill(TrainingConfig, content["training"], f"{path}: training"),
    )


def _fill(kind: type[_Config], values: dict[str, Any], where: str) -> _Config:
    known = {field.name: field.type for field in dataclasses.fields(cast(Any, kind))}
    for name in values:
        if name not in known:
            raise UnknownNameError(f"setting in {where}", str(name), known)
    fixed = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    for key, value in fixed.items():
        if known[key] == "int" and isinstance(value, str):
            raise ConfigError(f"{where}: {key} must be a whole number, not {value!r}.")
        if known[key] == "bool" and not isinstance(value, bool):
            raise ConfigError(f"{where}: {key} must be true or false, not {value!r}.")
        if "float" in str(known[key]):
            fixed[key] = _numbers(value, f"{where}: {key}")
    try:
        return kind(**cast(Any, fixed))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _numbers(value: Any, where: str) -> Any:
    """A number, or several, of which YAML read some as text: it takes 1.0e-3 for a number, and 1e-3 not."""
    if isinstance(value, tuple):
        return tuple(_numbers(item, where) for item in value)
    if isinstance(value, dict):
        return {key: _numbers(item, where) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(f"{where} must be a number, not {value!r}.")
    return number


def write_run(recipe: Recipe, folder: Path, data: list[Path], content_encoder: str | None) -> None:
    """Write `recipe.json` into a run folder: all an export needs to know besides the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        **asdict(recipe),
        "data": [str(path.resolve()) for path in data],
        "content_encoder": _absolute(content_encoder),
    }
    with replacing(folder / "recipe.json") as temporary:
        temporary.write_text(json.dumps(about, indent=1, ensure_ascii=False), encoding="utf-8")


def _absolute(source: str | None) -> str | None:
    """A path that is found from anywhere; the name of a model on the hub stays what it is."""
    return source if source is None or not Path(source).exists() else str(Path(source).resolve())
