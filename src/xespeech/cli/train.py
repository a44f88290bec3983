"""`xespeech train`: train or fine-tune on prepared data; the same command resumes."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.cli.shared import DATA, bundled
from xespeech.errors import ConfigError
from xespeech.progress import show, silent


def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML recipe, such as recipes/compact.yaml.", show_default=False)],
    data: Annotated[list[Path], DATA],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Run folder: checkpoint, TensorBoard, result.")
    ] = None,
    content_encoder: Annotated[
        str | None,
        typer.Option(
            help="Content encoder: a run, a model folder, `default` (of the bundled voice), or a Whisper (folder or "
            "name); a voice needs one."
        ),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--from", help="Run or model folder to start a new run from; `default`: the bundled voice."),
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop after this long; the same command resumes.")
    ] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Total steps, of all calls.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; all cores when not given.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override a value: training.batch_frames=800.")
    ] = None,
    profile: Annotated[
        int | None,
        typer.Option(min=1, help="Measure the time of this many steps, and save nothing."),
    ] = None,
) -> None:
    """Train what a recipe describes; the same command resumes from the last checkpoint."""
    if threads is not None:  # before numba starts its threads: it would set those of torch to all cores
        os.environ["NUMBA_NUM_THREADS"] = str(threads)
    import torch

    from xespeech.architectures import architecture_of_task
    from xespeech.data.pack import Pack
    from xespeech.training import checkpoint
    from xespeech.training.loop import train as run
    from xespeech.training.precision import device_of, resolve_precision
    from xespeech.training.recipe import read_recipe, write_run
    from xespeech.training.start import load_start, sizes_of

    if out is None and profile is None:
        raise ConfigError("name the run folder with --out; only --profile needs none.")
    if max_minutes is not None and math.isnan(max_minutes):
        raise ConfigError("--max-minutes nan is not a time: give a number of minutes.")
    if threads is not None:
        torch.set_num_threads(threads)
    origin = None if start_from is None else Path(bundled(str(start_from)))
    settings = read_recipe(recipe, _overrides(set_ or []), None if origin is None else partial(sizes_of, origin))
    settings = replace(settings, training=resolve_precision(settings.training))
    content_encoder = _encoder_source(content_encoder, origin, settings.task)
    resumes = out is not None and profile is None and (out / checkpoint.NAME).is_file()
    initial = None if origin is None or resumes else load_start(origin, settings.task)
    leads = int(os.environ.get("RANK", "0")) == 0
    if leads:
        where = f"{device_of(settings.training)} in {settings.training.precision}"
        typer.echo(f"training on {where}, {torch.get_num_threads()} CPU threads", err=True)
    packs = [Pack(folder, jobs=threads or 2, progress=show if leads else silent) for folder in data]
    torch.manual_seed(settings.training.seed)
    task = architecture_of_task(settings.task).make_task(settings, packs, content_encoder)
    if profile is not None:
        from xespeech.training.profile import profile as measure

        typer.echo(measure(task, settings.training, profile, max_steps, initial).table())
        return
    assert out is not None
    describe = partial(write_run, settings, out, data, content_encoder, origin)
    steps = run(task, settings.training, out, max_minutes, max_steps, initial, describe)
    typer.echo(f"{steps} steps done; the run is in {out}")


def _overrides(assignments: list[str]) -> dict[str, Any]:
    """Values of a recipe by "section.name", from texts of the form section.name=value."""
    import yaml

    overrides = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or "." not in name:
            raise ConfigError(f"--set {assignment!r} is not of the form section.name=value.")
        try:
            overrides[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {assignment!r} is not readable YAML after the equals sign.") from error
    return overrides


def _encoder_source(given: str | None, origin: Path | None, task: str) -> str | None:
    """The content encoder of a run: as given, or that of the run or model that it starts from."""
    from xespeech.training.start import encoder_of

    if given is not None:
        return bundled(given)
    if task == "content":
        return None
    if origin is None:
        raise ConfigError("this recipe needs a content encoder: name it with --content-encoder.")
    return encoder_of(origin)
