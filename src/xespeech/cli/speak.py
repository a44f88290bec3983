"""`xespeech speak`: a text becomes a recording."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from xespeech.cli.pipe import check_pipe, write_stream
from xespeech.cli.shared import (
    EmotionOption,
    EmotionReferenceOption,
    IntensityOption,
    LexiconOption,
    ModelOption,
    OutputOption,
    PitchOption,
    ProviderOption,
    ReferenceOption,
    SeedOption,
    ThreadsOption,
    VoiceOption,
    check_output,
    intensity_of,
)
from xespeech.errors import TextError, UserError

_DASHES = ("–", "—", "−")  # what a word processor makes of the hyphens of an option

_MOST_CHARACTERS = 50_000  # about an hour of English


def speak(
    text: Annotated[
        list[str] | None, typer.Argument(help="What to say, in quotes; - reads standard input.", show_default=False)
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the text from this UTF-8 file.")] = None,
    output: OutputOption = Path("out.wav"),
    stream: Annotated[
        bool, typer.Option("--stream", help="Write to standard output while speaking, for a player, instead of -o.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="With --stream: 16-bit samples without a WAV header.")] = False,
    voice: VoiceOption = None,
    reference: ReferenceOption = None,
    emotion: EmotionOption = None,
    emotion_reference: EmotionReferenceOption = None,
    intensity: IntensityOption = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="en, zh or ja; detected per sentence when not given.")
    ] = None,
    speed: Annotated[float, typer.Option(help="2 speaks twice as fast; 0.25 to 4.")] = 1.0,
    pitch: PitchOption = 0.0,
    pause: Annotated[float, typer.Option(help="2 makes pauses twice as long; 0 to 10.")] = 1.0,
    noise: Annotated[
        float, typer.Option(help="How freely the voice varies, 0 to 1: 0 says a text in one way whatever the seed.")
    ] = 0.3,
    lexicon: LexiconOption = None,
    seed: SeedOption = 0,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    provider: ProviderOption = "cpu",
) -> None:
    """Speak a text in English, Mandarin or Japanese, or an SSML document.

    The voice is a name from `xespeech voices` or any recording (--reference), whatever language that recording is in.
    """
    words = read_text(text or [], file)
    if stream:
        check_pipe()
    elif raw:
        raise UserError("--raw is a form of --stream: give both, or choose the form of a file by its suffix.")
    else:
        check_output(output, inputs=[path for path in (reference, emotion_reference, file) if path is not None])

    import xespeech

    options = xespeech.SpeechOptions(
        voice=voice,
        reference=reference,
        emotion=emotion,
        emotion_reference=emotion_reference,
        intensity=intensity_of(intensity, emotion, emotion_reference),
        language=language,
        speed=speed,
        pitch=pitch,
        pause=pause,
        noise=noise,
        lexicon=lexicon,
        seed=seed,
    )
    synthesizer = xespeech.load(model, threads=threads, provider=provider)
    if stream:
        chunks = (chunk.samples for chunk in synthesizer.stream(words, options))
        return write_stream(chunks, synthesizer.sample_rate, raw)
    started = time.perf_counter()
    audio = synthesizer.speak(words, options)
    elapsed = time.perf_counter() - started
    audio.save(output)
    typer.echo(f"{output}: {audio.duration:.2f} s of speech, made in {elapsed:.2f} s")


def read_text(arguments: list[str], file: Path | None) -> str:
    """The text to speak, from exactly one of: the quoted argument, standard input (-), a file.

    Raises:
        TextError: there is none or more than one, it is too long for one recording, the file cannot be read, or it is
            not UTF-8.
    """
    text = _only_text(arguments, file)
    if len(text) > _MOST_CHARACTERS:
        raise TextError(
            f"the text has {len(text)} characters, {_MOST_CHARACTERS} at most become one recording: speak it in parts."
        )
    return text


def _only_text(arguments: list[str], file: Path | None) -> str:
    if len(arguments) > 1:
        raise TextError(f"the text came as {len(arguments)} separate words: put it in quotes.")
    if arguments and file is not None:
        raise TextError(f"there are two texts, the argument and {file}: give one of them.")
    if file is not None:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise TextError(f"cannot read the text file {file}: {error.strerror}.") from error
        return _decode(raw, str(file))
    if not arguments:
        raise TextError("there is nothing to speak: give a text in quotes, - for standard input, or -f FILE.")
    if arguments[0].startswith(_DASHES) and " " not in arguments[0]:
        raise TextError(f"{arguments[0]!r} looks like an option: options begin with two hyphens (--).")
    if arguments[0] == "-":
        return _decode(sys.stdin.buffer.read(), "standard input")
    return arguments[0]


def _decode(raw: bytes, source: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"{source} is not UTF-8 text (byte {error.start}): save it as UTF-8 first.") from error
