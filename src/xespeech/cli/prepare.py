"""`xespeech prepare`: recordings in, training data out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Turn recordings into training data.")

_Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the prepared data.", show_default=False)]
_Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; all cores by default.")]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@app.command()
def folder(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with metadata.csv and the recordings.")],
    out: _Out,
    language: Annotated[
        str | None, typer.Option(help="Language of recordings whose metadata do not tell: en, zh or ja.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="Speaker of recordings whose metadata do not tell.")] = None,
    jobs: _Jobs = None,
) -> None:
    """Prepare a folder of recordings listed in metadata.csv.

    The list has the columns file|language|speaker|style|text, or is one of LJSpeech's kind: id|text|normalised with the
    recordings in wavs/. Recordings without text are kept for the parts of training that need none. The folder is only
    read. A run that was stopped goes on where it was.
    """
    from rich.console import Console

    from xespeech.data.folder import prepare_folder

    report = prepare_folder(directory, out, language=language, speaker=speaker, jobs=jobs or _cores())
    report.print(Console())


@app.command("hts-japanese")
def hts_japanese(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with .htsvoice files and sentences.csv.")],
    out: _Out,
    hours: Annotated[float, typer.Option(help="Hours of speech in all, about.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Seed of the distribution of the sentences over the voices.")] = 0,
    jobs: _Jobs = None,
) -> None:
    """Speak Japanese sentences with HTS voices and prepare the recordings: emotional speech with text."""
    from rich.console import Console

    from xespeech.data.hts_japanese import prepare_hts_japanese

    report = prepare_hts_japanese(directory, out, hours=hours, seed=seed, jobs=jobs or _cores())
    report.print(Console())
