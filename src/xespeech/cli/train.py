"""`xespeech train`: train or fine-tune on prepared data; the same command resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xespeech.errors import ConfigError, DataError


def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML recipe, such as recipes/compact.yaml.", show_default=False)],
    data: Annotated[
        list[Path], typer.Option("--data", help="A prepared data folder; repeat for several.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Run folder: checkpoint, TensorBoard, result.")
    ] = None,
    content_encoder: Annotated[
        Path | None, typer.Option(help="Trained content encoder (run or model folder); recipes of a voice need it.")
    ] = None,
    start_from: Annotated[
        Path | None, typer.Option("--from", help="Run folder whose weights a new run starts from.")
    ] = None,
    max_minutes: Annotated[float | None, typer.Option(min=0, help="Stop after this long; call again to go on.")] = None,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Steps in all, over all calls.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; all cores when not given.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override a value: training.batch_frames=800.")
    ] = None,
    profile: Annotated[
        int | None,
        typer.Option(min=1, help="Run this many steps, show what their time is spent on, and keep nothing."),
    ] = None,
) -> None:
    """Train what a recipe describes; killed at any moment, the same command goes on from the last checkpoint."""
    import torch
    import yaml

    from xespeech.data.pack import Pack
    from xespeech.training.content_task import ContentTask
    from xespeech.training.loop import Task, load_networks
    from xespeech.training.loop import train as run
    from xespeech.training.recipe import read_recipe, write_run
    from xespeech.training.synthesis_task import SynthesisTask

    if out is None and profile is None:
        raise ConfigError("name the run folder with --out; only --profile needs none.")
    overrides = {}
    for assignment in set_ or []:
        name, equals, value = assignment.partition("=")
        if not equals or "." not in name:
            raise ConfigError(f"--set {assignment!r} is not of the form section.name=value.")
        try:
            overrides[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {assignment!r} is not readable YAML after the equals sign.") from error
    settings = read_recipe(recipe, overrides)
    if threads is not None:
        torch.set_num_threads(threads)
    if settings.task == "synthesis" and content_encoder is None:
        raise ConfigError("this recipe trains a voice: name its content encoder with --content-encoder.")
    if start_from is not None and not (start_from / "checkpoint.pt").is_file():
        raise DataError(f"no checkpoint.pt in {start_from}: --from wants the folder of an earlier run.")
    packs = [Pack(folder, jobs=threads or 2, progress=_progress(folder)) for folder in data]
    torch.manual_seed(settings.training.seed)
    task: Task
    if settings.task == "content":
        task = ContentTask(settings.content, packs, settings.training.batch_frames)
    else:
        assert content_encoder is not None
        encoder = content_encoder / "encoder" if (content_encoder / "encoder").is_dir() else content_encoder
        task = SynthesisTask(settings.model, settings.synthesis, packs, encoder, settings.training.batch_frames)
    initial = None if start_from is None else load_networks(start_from)
    if profile is not None:
        from xespeech.training.profile import profile as measure

        typer.echo(measure(task, settings.training, profile, max_steps, initial).table())
        return
    assert out is not None
    about = out / "recipe.json"
    earlier = about.read_bytes() if about.is_file() else None
    write_run(settings, out, data, content_encoder)
    try:
        steps = run(task, settings.training, out, max_minutes, max_steps, initial)
    except DataError:  # the checkpoint there is of another recipe, and stays exportable with it
        if earlier is not None:
            about.write_bytes(earlier)
        raise
    typer.echo(f"{steps} steps done; the run is in {out}")


def _progress(folder: Path):
    def show(done: int, total: int) -> None:
        typer.echo(f"\rpacking {folder.name}: {done}/{total}", nl=False, err=True)

    return show
