"""`xespeech train`: train or fine-tune on prepared data; the same command resumes."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

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
    import yaml

    from xespeech.architectures import architecture_of_task
    from xespeech.data.pack import Pack
    from xespeech.training import checkpoint
    from xespeech.training.loop import train as run
    from xespeech.training.precision import device_of, resolve_precision
    from xespeech.training.recipe import read_recipe, write_run
    from xespeech.training.start import encoder_of, load_start, sizes_of

    if out is None and profile is None:
        raise ConfigError("name the run folder with --out; only --profile needs none.")
    if max_minutes is not None and math.isnan(max_minutes):
        raise ConfigError("--max-minutes nan is not a time: give a number of minutes.")
    overrides = {}
    for assignment in set_ or []:
        name, equals, value = assignment.partition("=")
        if not equals or "." not in name:
            raise ConfigError(f"--set {assignment!r} is not of the form section.name=value.")
        try:
            overrides[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {assignment!r} is not readable YAML after the equals sign.") from error
    origin = None if start_from is None else Path(bundled(str(start_from)))
    content_encoder = None if content_encoder is None else bundled(content_encoder)
    settings = read_recipe(recipe, overrides, None if origin is None else sizes_of(origin))
    if threads is not None:
        torch.set_num_threads(threads)
    settings = replace(settings, training=resolve_precision(settings.training))
    if content_encoder is None and origin is not None and settings.task != "content":
        content_encoder = encoder_of(origin)
    if content_encoder is None and settings.task != "content":
        raise ConfigError("this recipe trains a voice: name its content encoder with --content-encoder.")
    resumes = out is not None and profile is None and (out / checkpoint.NAME).is_file()
    initial = None if origin is None or resumes else load_start(origin)
    leads = int(os.environ.get("RANK", "0")) == 0
    if leads:
        said = f"training on {device_of(settings.training)} in {settings.training.precision}"
        typer.echo(f"{said}, {torch.get_num_threads()} CPU threads", err=True)
    packs = [Pack(folder, jobs=threads or 2, progress=show if leads else silent) for folder in data]
    torch.manual_seed(settings.training.seed)
    task = architecture_of_task(settings.task).make_task(settings, packs, content_encoder)
    if profile is not None:
        from xespeech.training.profile import profile as measure

        typer.echo(measure(task, settings.training, profile, max_steps, initial).table())
        return
    assert out is not None
    describe = partial(write_run, settings, out, data, content_encoder)
    steps = run(task, settings.training, out, max_minutes, max_steps, initial, describe)
    typer.echo(f"{steps} steps done; the run is in {out}")
