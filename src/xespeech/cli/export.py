"""`xespeech export`: the model folder of a training run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xespeech.errors import ConfigError
from xespeech.files import read_json
from xespeech.progress import show

if TYPE_CHECKING:
    from xespeech.training.attribution import Credit


def export(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The model folder to write; a model already there is replaced.")
    ],
    default_voice: Annotated[
        str | None, typer.Option(help="The voice that is used when none is given; else the most recorded one.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The licence of the weights.")] = None,
    voice_licences: Annotated[
        Path | None,
        typer.Option(
            help='JSON file: licence of the recordings by voice or pattern, {"kathleen": "CC0", ...}, '
            'or with its source: {"licence": ..., "source": ..., "credit": ...}.'
        ),
    ] = None,
    precision: Annotated[str, typer.Option(help="How weights are stored: fp16, or fp32 for twice the size.")] = "fp16",
    live_content_encoder: Annotated[
        Path | None,
        typer.Option(
            help="A run of recipes/live-content-encoder.yaml, for live conversion; else the one beside the content "
            "encoder, if there is one."
        ),
    ] = None,
    voices: Annotated[
        list[str] | None,
        typer.Option(
            "--voice", help='A speaker, or a pattern such as "aishell-*", to become a voice; repeat; else all.'
        ),
    ] = None,
) -> None:
    """Turn a training run into a model folder that speaks.

    The folder holds the averaged weights, the content encoder, a style for every voice and emotion of the training
    data, ONNX graphs that are checked against PyTorch, and the recordings' attribution. It appears whole or not at all.
    """
    credits = _read_credits(voice_licences)

    from xespeech.architectures import architecture_of_run
    from xespeech.training.attribution import UNKNOWN_LICENCE
    from xespeech.training.export import ExportOptions

    options = ExportOptions(
        licence=UNKNOWN_LICENCE if licence is None else licence,
        credits=credits,
        default_voice=default_voice,
        precision=precision,
        voices=tuple(voices or ("*",)),
        live_content_encoder=live_content_encoder,
    )
    made = architecture_of_run(run).export_run(run, output, options, show)
    typer.echo(f"{output}: {made}")


def _read_credits(path: Path | None) -> dict[str, Credit]:
    if path is None:
        return {}
    from xespeech.training.attribution import read_credits

    try:
        content = read_json(path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}.") from error
    return read_credits(content, str(path))
