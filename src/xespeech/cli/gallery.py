"""`xespeech gallery`: a page with samples of every voice, language and emotion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xespeech.cli.shared import ModelArgument
from xespeech.errors import UserError
from xespeech.progress import show


def gallery(
    model: ModelArgument = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page: one HTML file.")] = Path("gallery.html"),
    voice: Annotated[
        list[str] | None, typer.Option("--voice", "-v", help="Show this voice; repeat for several. Else the first 12.")
    ] = None,
    emotion: Annotated[
        list[str] | None, typer.Option("--emotion", "-e", help="Show this emotion; repeat for several. Else all.")
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="A prepared data folder, whose recordings are shown for comparison; repeatable."),
    ] = None,
) -> None:
    """Write a page with samples of every voice, language and emotion, to be opened in any browser, offline."""
    import xespeech
    from xespeech.evaluation.gallery import choose_recordings, write_gallery

    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{output} is not a name for a page: end it in .html.")
    recordings = {}
    if data:
        from xespeech.data.manifest import load_cuts

        recordings = choose_recordings(list(load_cuts(data, "dev")))
    count = write_gallery(
        xespeech.load(model),
        output,
        voices=voice or (),
        emotions=emotion or (),
        recordings=recordings,
        title=f"xespeech: {model.name if model else 'the default voice'}",
        progress=show,
    )
    typer.echo(f"{count} samples are in {output}")
