"""Recipes: what a run trains, read from YAML and kept in the run folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from xespeech.architectures import ARCHITECTURES, architecture_of_task
from xespeech.config import ContentConfig, ModelConfig, OriginalConfig
from xespeech.errors import ConfigError, DataError, UnknownNameError
from xespeech.files import write_text
from xespeech.model_folder.description import PARTS
from xespeech.text.symbols import PHONES
from xespeech.training import checkpoint
from xespeech.training.config import JointConfig, SynthesisConfig, TrainingConfig
from xespeech.training.start import joined, sources_of

TASKS = tuple(task for entry in ARCHITECTURES.values() for task in entry.tasks)
_Config = TypeVar("_Config")
_STAGES = {"prosody_only": "prosody", "decoder_only": "vocoder"}
"""Names of stages in older recipes."""


@dataclass(frozen=True)
class Recipe:
    """One training run.

    Attributes:
        task: one of TASKS: "content" trains the content encoder, "live_content" the one of live conversion,
            "synthesis" the compact synthesizer, "original" the published one.
        content, model, synthesis, training: configurations; those that the task does not use keep their defaults.
    """

    task: str
    content: ContentConfig
    model: ModelConfig | OriginalConfig
    synthesis: SynthesisConfig | JointConfig
    training: TrainingConfig


def read_recipe(
    path: Path,
    overrides: dict[str, Any] | None = None,
    sizes: Callable[[str], dict[str, Any] | None] | None = None,
) -> Recipe:
    """Read a YAML recipe.

    Args:
        path: the file.
        overrides: values by dotted name ("training.batch_frames") that replace the file's.
        sizes: of what a task trains, from the weights that it starts from; those of a content encoder are defaults of
            the recipe's, those of a synthesizer are used if the recipe has none.

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
        UnknownNameError.check(f"section of {path}", name, sections)
    task = content.get("task")
    if task not in TASKS:
        raise ConfigError(f"{path}: task must be {', '.join(TASKS[:-1])} or {TASKS[-1]}, not {task!r}.")
    for name in sections - {"task"}:
        if not isinstance(content.setdefault(name, {}) or {}, dict):
            raise ConfigError(f"{path}: {name} must be a mapping of names to values.")
        content[name] = content[name] or {}
    if sizes is not None and task == "content":
        content["content"] = (sizes(task) or {}) | content["content"]
    elif sizes is not None and not content["model"]:
        content["model"] = sizes(task) or {}
    model, synthesis, given = architecture_of_task(task).configurations()
    return Recipe(
        task,
        _fill(ContentConfig, {"n_phones": len(PHONES)} | content["content"], f"{path}: content"),
        _fill(model, given | content["model"], f"{path}: model"),
        _fill(synthesis, content["synthesis"], f"{path}: synthesis"),
        _fill(TrainingConfig, content["training"], f"{path}: training"),
    )


def _fill(kind: type[_Config], values: dict[str, Any], where: str) -> _Config:
    """A configuration from the values that are given; lists become tuples, mappings of sizes become these."""
    fields = {field.name: field for field in dataclasses.fields(cast(Any, kind))}
    for name in values:
        if name in _STAGES:
            raise ConfigError(f"{where}: {name} is now one of several stages: set stage: {_STAGES[name]} instead.")
        if name not in fields:
            raise UnknownNameError(f"setting in {where}", str(name), fields)
    no_default = dataclasses.MISSING
    for name, field in fields.items():
        if name not in values and field.default is no_default and field.default_factory is no_default:
            raise ConfigError(f"{where}: {name} is missing.")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, part in PARTS.items():
        if isinstance(given.get(name), dict):
            given[name] = _fill(part, given[name], f"{where}.{name}")
    try:
        config = kind(**cast(Any, given))
        if isinstance(config, SynthesisConfig):
            config.check_losses(given)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    return config


def write_run(
    recipe: Recipe, folder: Path, data: list[Path], content_encoder: str | None, origin: Path | None = None
) -> None:
    """Write `recipe.json` into a run folder: all an export needs to know besides the weights.

    Args:
        recipe: of the run.
        folder: of the run.
        data: folders of prepared data.
        content_encoder: run or model folder, or the name of a model on the hub.
        origin: run or model folder that the run starts from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    begun = [sources_of(Path(path)) for path in (origin, content_encoder) if path is not None]
    if (folder / checkpoint.NAME).is_file():  # resumed: perhaps with other data, or without --from
        begun.append(sources_of(folder))
    about = {
        **asdict(recipe),
        "data": [str(path.resolve()) for path in data],
        "content_encoder": _absolute(content_encoder),
        "earlier": joined(begun),
    }
    write_text(folder / "recipe.json", json.dumps(about, indent=1, ensure_ascii=False))


def _absolute(source: str | None) -> str | None:
    """A path that is found from anywhere; the name of a model on the hub stays what it is."""
    return source if source is None or not Path(source).exists() else str(Path(source).resolve())
