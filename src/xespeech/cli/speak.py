"""`xespeech speak`: speech synthesis of a text."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xespeech.cli.shared import (
    ModelOption,
    OutputOption,
    PrecisionOption,
    ProviderOption,
    ThreadsOption,
    check_output,
    with_options,
)
from xespeech.errors import AudioError, TextError, UserError
from xespeech.inference.options import SpeechOptions
from xespeech.progress import show
from xespeech.text.files import TextFile, decode, read_text_file
from xespeech.text.markup.ssml import is_ssml
from xespeech.text.script import check_text

if TYPE_CHECKING:
    import numpy as np

    from xespeech.inference import Voice

_DASHES = ("–", "—", "−")  # word processors replace the hyphens of options by them

_LONG = 5000  # characters; a longer text is written to disk in pieces


@with_options(SpeechOptions, "symbols")
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
    *,
    options: dict[str, Any],
    symbols: Annotated[
        str | None, typer.Option(help="Speak these symbols of the original front end instead of a text.")
    ] = None,
    timestamps: Annotated[
        Path | None, typer.Option(help="Write the times of words: .json with all sounds, or .srt subtitles.")
    ] = None,
    model: ModelOption = None,
    threads: ThreadsOption = None,
    provider: ProviderOption = "cpu",
    precision: PrecisionOption = None,
) -> None:
    """Speak a text in English, Mandarin or Japanese, or an SSML document.

    The voice is a name from `xespeech voices` or any recording (--reference) in any language.
    """
    if symbols is not None and (text or file is not None):
        raise TextError("--symbols stands in the place of a text: give one of them.")
    words = read_text(text or [], file) if symbols is None else symbols
    inputs = [path for path in (file, *options.values()) if isinstance(path, Path)]
    if stream:
        if sys.stdout.isatty():
            raise AudioError(
                "--stream writes sound to standard output: pipe it into a player, as in `| ffplay -nodisp -`."
            )
        if timestamps is not None:
            raise UserError("--timestamps needs a whole recording: leave --stream out.")
    elif raw:
        raise UserError("--raw is a form of --stream: give both, or choose the form of a file by its suffix.")
    else:
        check_output(output, inputs=inputs)
        if timestamps is not None:
            check_output(timestamps, inputs=[*inputs, output], suffixes=(".json", ".srt"))

    import xespeech

    settings = SpeechOptions(symbols=symbols is not None, **options)
    synthesizer = xespeech.load(model, threads=threads, provider=provider, precision=precision)
    if stream:
        chunks = (chunk.samples for chunk in synthesizer.stream(words, settings))
        return _write_stream(chunks, synthesizer.sample_rate, raw)
    started = time.perf_counter()
    if isinstance(words, str) and len(words) <= _LONG and timestamps is None:
        audio = synthesizer.speak(words, settings)
        elapsed = time.perf_counter() - started
        audio.save(output)
        duration = audio.duration
    else:
        if symbols is None and not (isinstance(words, str) and is_ssml(words)):
            check_text(words, markup=settings.markup)  # all of it, before it is spoken
        duration = _speak_long(synthesizer, words, output, settings, timestamps)
        elapsed = time.perf_counter() - started
    typer.echo(f"{output}: {duration:.2f} s of speech, made in {elapsed:.2f} s")


def read_text(arguments: list[str], file: Path | None) -> str | TextFile:
    """The text to speak, from exactly one of: the quoted argument, standard input (-), a file.

    Raises:
        TextError: there is none or more than one, the file cannot be read, or it is not UTF-8.
    """
    if len(arguments) > 1:
        raise TextError(f"the text came as {len(arguments)} separate words: put it in quotes.")
    if arguments and file is not None:
        raise TextError(f"there are two texts, the argument and {file}: give one of them.")
    if file is not None:
        return read_text_file(file)
    if not arguments:
        raise TextError("there is nothing to speak: give a text in quotes, - for standard input, or -f FILE.")
    if arguments[0].startswith(_DASHES) and arguments[0][1:2].isalpha() and " " not in arguments[0]:
        raise TextError(f"{arguments[0]!r} looks like an option: options begin with two hyphens (--).")
    if arguments[0] == "-":
        return _read_input()
    if any("\ud800" <= character <= "\udfff" for character in arguments[0]):  # a locale that knows ASCII alone
        return decode(os.fsencode(arguments[0]), "the text")
    return arguments[0]


def _read_input() -> str:
    try:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed")
        return decode(sys.stdin.buffer.read(), "standard input")
    except OSError as error:
        raise TextError(f"standard input cannot be read: {error.strerror}.") from error


def _speak_long(
    synthesizer: Voice,
    text: str | TextFile,
    output: Path,
    options: SpeechOptions,
    timestamps: Path | None,
) -> float:
    """Speak a text of any length with a progress bar; returns seconds of speech."""
    from xespeech.inference import long_form

    characters = sum(map(len, (text,) if isinstance(text, str) else text))
    with show("speaking, characters", characters) as shown:

        def report(progress: long_form.Progress) -> None:
            if progress.resumed:
                typer.echo(f"continuing after {_duration(progress.seconds)} of an earlier run", err=True)
            shown.advance(progress.characters - shown.done, f"{_duration(progress.seconds)} of speech")

        try:
            return long_form.speak_to_file(synthesizer, text, output, options, timestamps, report)
        except KeyboardInterrupt:
            typer.echo("stopped: the same command continues at the last paragraph", err=True)
            raise SystemExit(130) from None


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def _write_stream(chunks: Iterable[np.ndarray], sample_rate: int, raw: bool) -> None:
    """Write chunks as they come, 16 bits and one channel; a closed pipe ends the stream.

    Args:
        chunks: float32 [S] each.
        sample_rate: Hz.
        raw: leave out the WAV header.
    """
    from xespeech.audio.io import sixteen_bits, wav_header

    output = sys.stdout.buffer
    try:
        if not raw:
            output.write(wav_header(sample_rate))
        for samples in chunks:
            output.write(sixteen_bits(samples).astype("<i2").tobytes())
            output.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no flush to the closed pipe at exit
