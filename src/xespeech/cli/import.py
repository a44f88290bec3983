"""`xespeech import`: the model folder of a released checkpoint of X-E-Speech."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xespeech.architectures import architecture

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command("import")
def import_checkpoint(
    generator: Annotated[Path, typer.Argument(help="The generator, G_*.pth.", show_default=False)],
    config: Annotated[Path, typer.Option(help="The config.json that came with it.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Model folder to write.", show_default=False)],
    discriminator: Annotated[Path | None, typer.Option(help="D_*.pth of the same epoch, for further training.")] = None,
    content_encoder: Annotated[
        str | None,
        typer.Option(
            help="The Whisper it was trained with, a name on the Hugging Face hub or a folder; else that of the paper."
        ),
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of the weights.")] = "unknown",
) -> None:
    """Turn a released checkpoint of X-E-Speech into a model folder that speaks, converts and can be trained further.

    Only tensors are read: a file with code is refused. Every key must be one of the model.
    """
    about = architecture("original").import_released(
        generator, config, output, discriminator=discriminator, licence=licence, content_encoder=content_encoder
    )
    typer.echo(f"{output}: {about}")
