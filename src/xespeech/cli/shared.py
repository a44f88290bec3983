"""Options and checks that several verbs share. The checks run before any model is loaded: a mistake costs no wait."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from xespeech.errors import AudioError, UserError
from xespeech.files import check_plain

OutputOption = Annotated[
    Path, typer.Option("--output", "-o", help="Where to write; the suffix decides: .wav .flac .ogg .opus .mp3")
]
VoiceOption = Annotated[str | None, typer.Option("--voice", "-v", help="A name from `xespeech voices`.")]
ReferenceOption = Annotated[
    Path | None,
    typer.Option("--reference", "-r", help="A recording, in any language, whose voice and emotion to take."),
]
EmotionOption = Annotated[str | None, typer.Option("--emotion", "-e", help="An emotion from `xespeech voices`.")]
IntensityOption = Annotated[
    float | None, typer.Option(help="How strongly to express the emotion: 0 not at all, 1 as recorded, at most 2.")
]
EmotionReferenceOption = Annotated[
    Path | None,
    typer.Option(help="A recording whose emotion to take, and nothing else of it, instead of --emotion."),
]
PitchOption = Annotated[float, typer.Option(help="Shift the melody by semitones: -12 to 12.")]
LexiconOption = Annotated[
    Path | None,
    typer.Option(help="Your own pronunciations: lines of word, tab, [[IPA]] or respelling, tab, language; or a .pls."),
]
SeedOption = Annotated[int, typer.Option(help="Another seed gives another reading; the same one the same samples.")]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", "-m", help="A model folder, or owner/name on the Hugging Face hub; else the default voice."
    ),
]
ThreadsOption = Annotated[int | None, typer.Option(help="CPU threads; as many as suit the machine when not given.")]
ProviderOption = Annotated[str, typer.Option(help="What computes: cpu, cuda, coreml or directml.")]
PrecisionOption = Annotated[
    str | None, typer.Option(help="int8 (fast) or fp32 (exact); int8 where the model has it when not given.")
]

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")


def intensity_of(intensity: float | None, emotion: str | None, emotion_reference: Path | None) -> float:
    """The intensity asked for, or as recorded.

    Raises:
        UserError: one was given, but no emotion.
    """
    if intensity is not None and emotion is None and emotion_reference is None:
        raise UserError("--intensity does nothing without --emotion: name the emotion as well.")
    return 1.0 if intensity is None else intensity


def check_output(output: Path, inputs: Sequence[Path] = (), suffixes: Sequence[str] = SUFFIXES) -> None:
    """Make sure that a file of one of the suffixes can be written to `output` without harming any of the `inputs`.

    Raises:
        AudioError: unknown suffix, missing or unwritable folder, a folder of that name, or one of the inputs.
    """
    if output.suffix.lower() not in suffixes:
        raise AudioError(f"cannot write {output}: its suffix must be one of {' '.join(suffixes)}")
    try:
        folder = check_plain(output).parent
    except OSError as error:
        remedy = " --stream writes to a pipe." if error.errno == errno.EINVAL else ""
        raise AudioError(f"cannot write {output}: {error.strerror}.{remedy}") from error
    if not folder.is_dir():
        raise AudioError(f"cannot write {output}: the folder {folder} does not exist, create it first.")
    if not os.access(folder, os.W_OK) or (output.exists() and not os.access(output, os.W_OK)):
        raise AudioError(f"cannot write {output}: no permission to write there.")
    for path in inputs:
        if output.exists() and path.exists() and output.samefile(path):
            raise AudioError(f"{output} is also what is to be read: choose another output, it would be overwritten.")


def show_progress(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    """The items, with a progress bar on the terminal while they are gone through."""
    from rich.progress import track

    return track(items, what, total)
