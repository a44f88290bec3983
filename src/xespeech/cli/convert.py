"""`xespeech convert`: a recording is said again in another voice or emotion."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from xespeech.cli.shared import (
    EmotionOption,
    EmotionReferenceOption,
    IntensityOption,
    ModelOption,
    OutputOption,
    PitchOption,
    PrecisionOption,
    ProviderOption,
    ReferenceOption,
    SeedOption,
    ThreadsOption,
    VoiceOption,
    check_output,
    intensity_of,
)
from xespeech.errors import UserError


def convert(
    source: Annotated[Path, typer.Argument(help="The recording to convert.", show_default=False)],
    output: OutputOption = Path("out.wav"),
    voice: VoiceOption = None,
    reference: ReferenceOption = None,
    emotion: EmotionOption = None,
    emotion_reference: EmotionReferenceOption = None,
    intensity: IntensityOption = None,
    pitch: PitchOption = 0.0,
    prosody: Annotated[
        Literal["source", "target"],
        typer.Option(help="source keeps the melody, moved to the new voice's height; target takes the new voice's."),
    ] = "source",
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="en, zh or ja; found by what is heard when not given.")
    ] = None,
    noise: Annotated[
        float, typer.Option(help="How freely the voice varies, 0 to 1; of the original model alone.")
    ] = 0.0,
    content: Annotated[
        Path | None, typer.Option(help="Content features of the source (.npy), of the original model alone.")
    ] = None,
    seed: SeedOption = 0,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    provider: ProviderOption = "cpu",
    precision: PrecisionOption = None,
) -> None:
    """Say a recording again in another voice or emotion: same words, same timing.

    The new voice is a name from `xespeech voices` or any recording (--reference).
    """
    if voice is None and reference is None:
        raise UserError("who should say it? Name a voice with --voice or a recording with --reference.")
    check_output(output, inputs=[path for path in (source, reference, emotion_reference) if path is not None])

    import xespeech

    options = xespeech.ConversionOptions(
        voice=voice,
        reference=reference,
        emotion=emotion,
        emotion_reference=emotion_reference,
        intensity=intensity_of(intensity, emotion, emotion_reference),
        pitch=pitch,
        prosody=prosody,
        language=language,
        noise=noise,
        content=content,
        seed=seed,
    )
    converter = xespeech.load(model, threads=threads, provider=provider, precision=precision)
    started = time.perf_counter()
    audio = converter.convert(source, options)
    elapsed = time.perf_counter() - started
    audio.save(output)
    typer.echo(f"{output}: {audio.duration:.2f} s of speech, made in {elapsed:.2f} s")
