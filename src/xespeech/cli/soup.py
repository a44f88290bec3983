"""`xespeech soup`: the mean of several runs' weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def soup(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of training runs.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The run folder to write.", show_default=False)],
) -> None:
    """Average the weights of several training runs into a new run.

    The runs must have the same model sizes and content encoder, such as fine-tunings of the same weights. The new run
    can be exported, or trained further with --from.
    """
    from xespeech.training.soup import mean_of_runs

    steps = mean_of_runs(runs, out)
    typer.echo(f"{out}: the mean of {len(runs)} runs, the longest of {steps} steps; next: xespeech export {out}")
