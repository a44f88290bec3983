"""`xespeech evaluate`: a model beside natural recordings that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xespeech.cli.shared import show_progress
from xespeech.errors import DataError, UserError

if TYPE_CHECKING:
    from xespeech.evaluation.samples import Failure
    from xespeech.evaluation.summary import Table


LIMIT = 20


class Subset(str, Enum):
    """Part of a prepared data folder."""

    dev = "dev"
    train = "train"


def evaluate(
    model: Annotated[
        Path | None,
        typer.Argument(
            help="A model folder made by `xespeech export`; else the default voice. With --encoder-only also the run "
            "that trained a content encoder."
        ),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="A prepared data folder; repeat for several.")
    ] = None,
    subset: Annotated[Subset, typer.Option("--set", help="Which of its recordings.")] = Subset.dev,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for report and recordings.")] = Path("report"),
    limit: Annotated[
        int, typer.Option(min=1, help="Most texts of a speaker, and of a voice in another language.")
    ] = LIMIT,
    voice: Annotated[
        list[str] | None,
        typer.Option("--voice", "-v", help="Judge this voice; repeat for several. Else all that have recordings."),
    ] = None,
    cross_lingual: Annotated[
        bool, typer.Option("--cross-lingual", help="Every voice speaks the texts of the other languages as well.")
    ] = False,
    natural_only: Annotated[bool, typer.Option("--natural-only", help="Measure the natural recordings alone.")] = False,
    encoder_only: Annotated[
        bool,
        typer.Option(
            "--encoder-only", help="Measure the content encoder alone: what it hears, and whether it hides who speaks."
        ),
    ] = False,
    emotions: Annotated[
        bool,
        typer.Option("--emotions", help="Measure emotions alone: does a classifier find those that were asked for?"),
    ] = False,
    zero_shot: Annotated[
        bool,
        typer.Option("--zero-shot", help="Measure voices of recordings alone, of speakers whom the model never heard."),
    ] = False,
    lengths: Annotated[
        bool, typer.Option("--lengths", help="Measure durations alone: does any text last too long or too short?")
    ] = False,
    recognizer: Annotated[
        Path | None,
        typer.Option(help="Content encoder that judges phones, so that models share a judge; else the model's own."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that measure.")] = 1,
) -> None:
    """Measure how well a model speaks and converts, beside natural recordings of the same texts.

    Writes report.md, report.html (to read and to listen to, in one file), results.json and the recordings; of what is
    measured alone, report.md and results.json. Nothing is downloaded.
    """
    from xespeech.inference.voice import DEFAULT_FOLDER

    if not data:
        raise DataError("which recordings? Name a folder made by `xespeech prepare` with --data.")
    if natural_only and cross_lingual:
        raise UserError("--natural-only measures no model, so --cross-lingual does nothing: leave one of them out.")
    folder = model or DEFAULT_FOLDER
    alone = {"--encoder-only": encoder_only, "--emotions": emotions, "--zero-shot": zero_shot, "--lengths": lengths}
    mode = next((name for name, given in alone.items() if given), "")
    if mode:
        others = {
            **alone,
            "--set": subset is not Subset.dev,
            "--cross-lingual": cross_lingual,
            "--natural-only": natural_only,
            "--recognizer": recognizer is not None,
        }
        if mode == "--encoder-only":
            others["--limit"] = limit != LIMIT
        else:
            others["--jobs"] = jobs != 1
        if mode in ("--encoder-only", "--zero-shot"):
            others["--voice"] = bool(voice)
        for option, given in others.items():
            if given and option != mode:
                raise UserError(f"{mode} and {option} cannot be combined: leave one of them out.")
        tables, failures = _measure_alone(mode, data, model, out, limit, voice or (), jobs)
        _print(tables, failures)
        typer.echo(f"the report is {out / 'report.md'}")
        return
    import xespeech
    from xespeech.evaluation.comparison import compare

    tables, failures = compare(
        data,
        out,
        None if natural_only else xespeech.load(model),
        about="" if natural_only else str(model or "the default voice"),
        recognizer=recognizer or (folder if model or folder.is_dir() else None),
        subset=subset.value,
        limit=limit,
        voices=voice or (),
        cross_lingual=cross_lingual,
        jobs=jobs,
        progress=show_progress,
    )
    _print(tables, failures)
    typer.echo(f"the report is {out / 'report.html'}")


def _measure_alone(
    mode: str, data: Sequence[Path], model: Path | None, out: Path, limit: int, voices: Sequence[str], jobs: int
) -> tuple[list[Table], list[Failure]]:
    """Tables of a measure that is not part of the comparison, and what the model refused."""
    import xespeech
    from xespeech.inference.voice import DEFAULT_FOLDER

    if mode == "--encoder-only":
        from xespeech.evaluation.encoder import examine

        return examine(data, model or DEFAULT_FOLDER, out, jobs=jobs, progress=show_progress), []
    speaker = xespeech.load(model)
    if mode == "--emotions":
        from xespeech.evaluation.emotion import examine_emotions

        return examine_emotions(data, speaker, out, limit=limit, voices=voices, progress=show_progress), []
    if mode == "--zero-shot":
        from xespeech.evaluation.zero_shot import examine_zero_shot

        return examine_zero_shot(data, speaker, out, limit=limit, progress=show_progress)
    from xespeech.evaluation.lengths import examine_lengths

    return examine_lengths(data, speaker, out, limit=limit, voices=voices, progress=show_progress)


def _print(tables: list[Table], failures: list[Failure]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as Printed

    console = Console()
    console.width = max(console.width, 150)  # a narrow window wraps lines rather than hide figures
    for table in tables:
        heading, *rows = table.cells()
        printed = Printed(title=table.title, title_justify="left", box=box.SIMPLE)
        for index, name in enumerate(heading):
            printed.add_column(name, justify="left" if index < len(table.labels) else "right")
        for row in rows:
            printed.add_row(*row)
        console.print(printed)
    for failure in failures:
        typer.echo(f"not made: {failure.id}: {failure.reason}", err=True)
