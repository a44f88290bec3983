"""`xespeech read`: the reading of a text, without audio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xespeech.cli.shared import with_options
from xespeech.cli.speak import read_text
from xespeech.inference.options import SpeechOptions

if TYPE_CHECKING:
    from xespeech.text.reading import TextReading


@with_options(SpeechOptions, only=("language", "lexicon", "markup"))
def read(
    text: Annotated[
        list[str] | None, typer.Argument(help="What to read, in quotes; - reads standard input.", show_default=False)
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the text from this UTF-8 file.")] = None,
    *,
    options: dict[str, Any],
    as_json: Annotated[bool, typer.Option("--json", help="All details, as JSON.")] = False,
) -> None:
    """Show the reading of a text: words, sounds and pauses of each sentence, and what is left out.

    Numbers and signs are written out. The text may be an SSML document.
    """
    words = read_text(text or [], file)

    import xespeech

    reading = xespeech.read(words, **options)
    typer.echo(json.dumps(reading.as_dict(), ensure_ascii=False, indent=2) if as_json else _table(reading))


def _table(reading: TextReading) -> str:
    """The reading as text: each sentence with its words, sounds and notation."""
    blocks = []
    for sentence in reading.sentences:
        rows = [f"{sentence.language}  {sentence.text}", f"    {sentence.spoken}", f"    {sentence.reading}"]
        blocks.append("\n".join([*rows, f"    {sentence.ipa}"]))
    if reading.left_out:
        blocks.append("left out:\n" + "\n".join(f"    {part.text}  ({part.why})" for part in reading.left_out))
    return "\n\n".join(blocks)
