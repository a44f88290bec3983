"""`xespeech evaluate`: evaluation of a model, one command for each kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from xespeech.cli.shared import DATA, ModelArgument, with_workers
from xespeech.errors import DataError, UserError
from xespeech.processes import Workers
from xespeech.progress import show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xespeech.evaluation.comparison import Subject
    from xespeech.evaluation.samples import Failure
    from xespeech.evaluation.summary import Table

_SWITCHES = {
    "--emotions": "emotions",
    "--zero-shot": "zero-shot",
    "--lengths": "lengths",
    "--encoder-only": "encoder",
    "--natural-only": "natural",
}
"""Switches of earlier versions and the commands that replace them."""


class _Measures(TyperGroup):
    """The commands; the switches of earlier versions are refused with the new command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            switch = next((given for given in args if given in _SWITCHES), None)
            name = _SWITCHES[switch] if switch else "speech"
            written = " ".join(given for given in args if given != switch)
            raise UserError(f"what is to be measured comes first now: xespeech evaluate {name} {written}")
        return super().parse_args(ctx, args)


app = typer.Typer(add_completion=False, no_args_is_help=True, cls=_Measures)


_Subset = Literal["dev", "train"]
_Data = Annotated[list[Path] | None, DATA]
_Set = Annotated[_Subset, typer.Option("--set", help="Which of its recordings.")]
_Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the report.")]
_Limit = Annotated[int, typer.Option(min=1, help="Most texts of a speaker, and of a voice in another language.")]
_Voice = Annotated[
    list[str] | None,
    typer.Option("--voice", "-v", help="Evaluate this voice; repeat for several. Else all that have recordings."),
]
_Whisper = Annotated[
    str | None,
    typer.Option(
        help="Whisper for word errors: a size such as small, a folder for faster-whisper, or a name on the hub, "
        "from which it is downloaded; else base, if it is on this machine."
    ),
]
_Recognizer = Annotated[Path | None, typer.Option(help="Content encoder that recognises phones.")]
_Model = Annotated[Path | None, typer.Option("--model", "-m", help="A model folder; else the default voice.")]
_Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Number of processes; 1 when not given.")]
_REPORT = Path("report")
_LIMIT = 20


_with_workers = with_workers(_Jobs, lambda jobs, ray: Workers(jobs or 1, ray))


@app.command()
@_with_workers
def speech(
    model: ModelArgument = None,
    data: _Data = None,
    subset: _Set = "dev",
    out: _Out = _REPORT,
    limit: _Limit = _LIMIT,
    voice: _Voice = None,
    cross_lingual: Annotated[
        bool, typer.Option("--cross-lingual", help="Every voice speaks the texts of the other languages as well.")
    ] = False,
    whisper: _Whisper = None,
    recognizer: Annotated[
        Path | None,
        typer.Option(help="Content encoder that recognises phones, the same for all models; else that of the model."),
    ] = None,
    *,
    workers: Workers,
) -> None:
    """Measure speech, conversion and copies beside natural recordings of the same texts.

    Writes report.md, report.html (to read and to listen to, in one file), results.json and the recordings.
    """
    from xespeech.content.store import has_encoder
    from xespeech.evaluation.comparison import Choice, compare
    from xespeech.evaluation.judges import find_judges
    from xespeech.inference.hub import find_model

    choice = Choice(_named(data), subset, limit, voice or (), cross_lingual)
    subject, weights = _subject(model), find_model(model)
    judges = find_judges(recognizer or (weights if has_encoder(weights) else None), whisper, workers)
    tables, failures = compare(choice, out, subject, judges, show)
    _finish(tables, out / "report.html", failures, judges.missing)


@app.command()
@_with_workers
def copies(
    model: ModelArgument = None,
    data: _Data = None,
    subset: _Set = "dev",
    out: _Out = _REPORT,
    limit: _Limit = _LIMIT,
    voice: Annotated[
        list[str] | None, typer.Option("--voice", "-v", help="Copy this speaker's recordings; repeat for several.")
    ] = None,
    whisper: _Whisper = None,
    *,
    workers: Workers,
) -> None:
    """Measure recordings that go through the vocoder, and through latent and vocoder: the upper bound of quality.

    The speakers need not be voices of the model, the recordings need no texts, and any language will do.
    """
    from xespeech.evaluation.comparison import Choice, compare_copies
    from xespeech.evaluation.judges import find_judges

    choice, judges = Choice(_named(data), subset, limit, voice or ()), find_judges(None, whisper, workers)
    tables = compare_copies(choice, out, _subject(model), judges, show)
    _finish(tables, out / "report.html", missing=judges.missing)


@app.command()
@_with_workers
def natural(
    data: _Data = None,
    subset: _Set = "dev",
    out: _Out = _REPORT,
    limit: _Limit = _LIMIT,
    voice: _Voice = None,
    whisper: _Whisper = None,
    recognizer: _Recognizer = None,
    *,
    workers: Workers,
) -> None:
    """Measure natural recordings alone, as a reference for figures of models."""
    from xespeech.evaluation.comparison import Choice, compare
    from xespeech.evaluation.judges import find_judges
    from xespeech.inference.hub import DEFAULT_FOLDER

    choice = Choice(_named(data), subset, limit, voice or ())
    judges = find_judges(recognizer or (DEFAULT_FOLDER if DEFAULT_FOLDER.is_dir() else None), whisper, workers)
    tables, _ = compare(choice, out, None, judges, show)
    _finish(tables, out / "report.html", missing=judges.missing)


@app.command()
@_with_workers
def folder(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Recordings, with NAME.txt or metadata.csv where they have texts.")
    ],
    out: _Out = _REPORT,
    whisper: _Whisper = None,
    recognizer: _Recognizer = None,
    *,
    workers: Workers,
) -> None:
    """Measure any folder of recordings, each by itself, such as what `xespeech demo` or `xespeech batch` wrote."""
    from xespeech.evaluation.judges import find_judges
    from xespeech.evaluation.report import report_folder, write_report
    from xespeech.evaluation.scoring import score_folder
    from xespeech.evaluation.summary import file_table

    judges = find_judges(recognizer, whisper, workers)
    results = score_folder(directory, judges=judges)
    about = {"Folder": str(directory), **{f"Missing, {name}": reason for name, reason in judges.missing.items()}}
    tables = write_report(report_folder(out), about, results, found=[file_table(results)])
    _finish(tables, out / "report.html", missing=judges.missing)


@app.command()
def emotions(
    model: ModelArgument = None,
    data: _Data = None,
    out: _Out = _REPORT,
    limit: _Limit = _LIMIT,
    voice: _Voice = None,
) -> None:
    """Measure emotions with a classifier that is trained on natural recordings."""
    import xespeech
    from xespeech.evaluation.emotion import examine_emotions

    speaker = xespeech.load(model)
    tables = examine_emotions(_named(data), speaker, out, limit=limit, voices=voice or (), progress=show)
    _finish(tables, out / "report.md")


@app.command("zero-shot")
def zero_shot(model: ModelArgument = None, data: _Data = None, out: _Out = _REPORT, limit: _Limit = _LIMIT) -> None:
    """Measure zero-shot speech and conversion, in voices of unseen speakers."""
    import xespeech
    from xespeech.evaluation.zero_shot import examine_zero_shot

    tables, failures = examine_zero_shot(_named(data), xespeech.load(model), out, limit=limit, progress=show)
    _finish(tables, out / "report.md", failures)


@app.command()
def lengths(
    model: ModelArgument = None,
    data: _Data = None,
    out: _Out = _REPORT,
    limit: _Limit = _LIMIT,
    voice: _Voice = None,
) -> None:
    """Measure durations and count outliers."""
    import xespeech
    from xespeech.evaluation.lengths import examine_lengths

    speaker = xespeech.load(model)
    tables, failures = examine_lengths(_named(data), speaker, out, limit=limit, voices=voice or (), progress=show)
    _finish(tables, out / "report.md", failures)


@app.command()
def encoder(
    model: Annotated[
        Path | None,
        typer.Argument(help="The run that trained a content encoder, or a model folder; else the default voice."),
    ] = None,
    data: _Data = None,
    out: _Out = _REPORT,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that pack data.")] = 1,
) -> None:
    """Measure a content encoder: its errors, and how well it hides the speaker."""
    from xespeech.evaluation.encoder import examine
    from xespeech.inference.hub import find_model

    tables = examine(_named(data), find_model(model), out, jobs=jobs, progress=show)
    _finish(tables, out / "report.md")


@app.command()
def live(
    recording: Annotated[Path, typer.Argument(help="The recording to convert.")],
    voice: Annotated[str, typer.Option("--voice", "-v", help="The target voice.", show_default=False)],
    model: _Model = None,
    out: _Out = _REPORT,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long; the recording is repeated.")] = 10.0,
) -> None:
    """Measure live conversion: latency, speed, and how far it is from the conversion of a whole file."""
    import xespeech
    from xespeech.evaluation.live import examine_live

    _finish([examine_live(recording, voice, xespeech.load(model, threads=1), out, minutes)], out / "report.md")


@app.command()
def delays(
    voice: Annotated[str, typer.Option("--voice", "-v", help="Whose voice it gets.", show_default=False)],
    data: _Data = None,
    frames: Annotated[
        list[str] | None,
        typer.Option(help="Frames at once + lookahead, such as 1+2; repeat for several. Else the named settings."),
    ] = None,
    model: _Model = None,
    out: _Out = _REPORT,
    limit: _Limit = 4,
    whisper: _Whisper = None,
) -> None:
    """Measure the quality of live conversion at each latency: words, similarity and naturalness."""
    import xespeech
    from xespeech.evaluation.delays import examine_delays, read_delays
    from xespeech.evaluation.judges import find_judges

    speaker = xespeech.load(model, threads=1)
    settings, judges = read_delays(speaker, frames or ()), find_judges(None, whisper)
    table = examine_delays(_named(data), voice, speaker, out, settings, limit=limit, judges=judges, progress=show)
    _finish([table], out / "report.md")


def _subject(model: Path | None) -> Subject:
    import xespeech
    from xespeech.evaluation.comparison import Subject
    from xespeech.evaluation.copies import copy_paths
    from xespeech.inference.hub import find_model

    voice = xespeech.load(model)
    return Subject(voice, str(model or "the default voice"), copy_paths(find_model(model)))


def _named(data: list[Path] | None) -> list[Path]:
    """The data folders.

    Raises:
        DataError: there are none.
    """
    if not data:
        raise DataError("which recordings? Name a folder made by `xespeech prepare` with --data.")
    return data


def _finish(
    tables: Sequence[Table], report: Path, failures: Sequence[Failure] = (), missing: Mapping[str, str] | None = None
) -> None:
    """Print the tables, failures, missing judges and the path of the report."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as Printed

    console = Console()
    console.width = max(console.width, 150)  # a narrow window wraps lines instead of hiding figures
    for table in tables:
        heading, *rows = table.cells()
        printed = Printed(title=table.title, title_justify="left", box=box.SIMPLE)
        for index, name in enumerate(heading):
            printed.add_column(name, justify="left" if index < table.n_labels else "right")
        for row in rows:
            printed.add_row(*row)
        console.print(printed)
    for failure in failures:
        typer.echo(f"not made: {failure.id}: {failure.reason}", err=True)
    for name, reason in (missing or {}).items():
        typer.echo(f"missing: {name}: {reason}", err=True)
    typer.echo(f"the report is {report}")
