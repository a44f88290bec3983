"""`xespeech convert`: voice conversion of a recording."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.cli.shared import (
    ModelOption,
    OutputOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    check_output,
    check_speaker,
    with_options,
)
from xespeech.inference.options import ConversionOptions


@with_options(ConversionOptions)
def convert(
    source: Annotated[Path, typer.Argument(help="The recording to convert.", show_default=False)],
    output: OutputOption = Path("out.wav"),
    *,
    options: dict[str, Any],
    model: ModelOption = None,
    threads: ThreadsOption = None,
    provider: ProviderOption = "cpu",
    precision: PrecisionOption = None,
) -> None:
    """Convert a recording to another voice or emotion: same words, same timing.

    The new voice is a name from `xespeech voices` or any recording (--reference).
    """
    check_speaker(options)
    check_output(output, inputs=[source, *(path for path in options.values() if isinstance(path, Path))])

    import xespeech

    settings = ConversionOptions(**options)
    converter = xespeech.load(model, threads=threads, provider=provider, precision=precision)
    started = time.perf_counter()
    audio = converter.convert(source, settings)
    elapsed = time.perf_counter() - started
    audio.save(output)
    typer.echo(f"{output}: {audio.duration:.2f} s of speech, made in {elapsed:.2f} s")
