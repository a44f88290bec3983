"""`xespeech batch`: batch synthesis of a list of texts."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.audio.io import SUFFIXES
from xespeech.cli.shared import ModelOption, OutputFolderOption, ProviderOption, RayOption, with_options
from xespeech.errors import DataError, UserError
from xespeech.inference.options import SpeechOptions
from xespeech.machine import usable_cores
from xespeech.progress import show


@with_options(SpeechOptions)
def batch(
    texts: Annotated[
        Path, typer.Argument(help="A .csv, .tsv or .jsonl with a text and, perhaps, options in each row.")
    ],
    output: OutputFolderOption,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", help="Processes; one for each core when not given.")
    ] = None,
    ray: RayOption = None,
    format: Annotated[str, typer.Option(help="Format of recordings without an output column: wav, flac, ...")] = "wav",
    *,
    options: dict[str, Any],
    model: ModelOption = None,
    provider: ProviderOption = "cpu",
) -> None:
    """Speak every text of a list into one file each, in parallel. A second run continues the first.

    Options given here apply to all rows that do not set them.
    """
    suffix = f".{format.removeprefix('.')}"
    if suffix not in SUFFIXES:
        raise UserError(f"unknown format {format!r}: choose one of {', '.join(suffix[1:] for suffix in SUFFIXES)}.")
    if workers is not None and workers < 1:
        raise UserError(f"{workers} workers cannot speak: choose at least 1.")

    import xespeech
    from xespeech.files import locked
    from xespeech.inference.batch import Job, Manifest, read_rows, speak_row
    from xespeech.processes import map_unordered

    settings = SpeechOptions(**options)
    total = sum(1 for _ in read_rows(texts, settings, suffix))  # checks all rows first
    speaker = xespeech.load(model, provider=provider)  # and the model and common options
    if speaker.voices or settings.reference is not None:  # else rows must have references
        speaker.style(settings)
    with locked(output):
        manifest = Manifest.open(output)
        waiting = {row.number for row in read_rows(texts, settings, suffix) if not manifest.has(row, model)}
        rows = (row for row in read_rows(texts, settings, suffix) if row.number in waiting)
        if len(waiting) < total:
            typer.echo(f"{total - len(waiting)} of {total} are there already", err=True)

        started, seconds, failures = time.perf_counter(), 0.0, 0
        speak = partial(speak_row, Job(output, model, provider))
        with show("speaking", len(waiting)) as shown:
            if ray is None:
                results = map_unordered(speak, rows, min(workers or usable_cores(), max(1, len(waiting))))
            else:
                from xespeech.data.cluster import map_on_ray

                results = map_on_ray(list(rows), speak, ray)
            for done in results:
                if done.error:
                    failures += 1
                    typer.echo(f"{texts}, line {done.number}: {done.error}", err=True)
                else:
                    manifest.add(done)
                    seconds += done.seconds
                shown.advance()
        elapsed = time.perf_counter() - started
    typer.echo(f"{output}: {len(waiting) - failures} recordings, {seconds:.1f} s of speech, made in {elapsed:.1f} s")
    if failures:
        raise DataError(f"{failures} of {total} rows could not be spoken: correct them and run the command again.")
