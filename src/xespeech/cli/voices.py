"""`xespeech voices`: who can speak."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from xespeech.cli.shared import ModelOption


def voices(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    model: ModelOption = None,
) -> None:
    import xespeech

    known = xespeech.load(model).voices
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(voice) for voice in known], ensure_ascii=False, indent=2))
        return

    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("voice", "languages", "emotions", "licence", box=box.SIMPLE)
    for voice in known:
        table.add_row(voice.name, " ".join(voice.languages), " ".join(voice.emotions), voice.licence)
    Console().print(table)
