"""`xespeech demo`: samples of the default voice."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from xespeech.cli.shared import OutputFolderOption
from xespeech.errors import AudioError
from xespeech.progress import show, track

if TYPE_CHECKING:
    from xespeech.audio import Audio

EMOTION = "happy"
TARGET = "kumo"  # voice that the recording is converted to
SENTENCES = {
    "en": ("english", "Good morning! This voice was trained from scratch, and it runs on an ordinary computer."),
    "zh": ("mandarin", "早上好！这个声音可以说三种语言，而且不需要联网。"),
    "ja": ("japanese", "おはようございます。この声は三つの言葉を話すことができます。"),
}

# Spoken before anything is timed: dictionaries and graphs are loaded once per language, not once per sentence.
WARM_UP = {"en": "One.", "zh": "一。", "ja": "一。"}


def demo(output: OutputFolderOption = Path("demo")) -> None:
    """Speak three languages in the default voice, transfer one emotion across them, and convert a real recording."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    import xespeech

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"cannot make the folder {output}: {error.strerror}.") from error
    synthesizer = xespeech.load()
    voice = synthesizer.default_voice
    for language, word in WARM_UP.items():
        synthesizer.speak(word, voice=voice, language=language)
    table = Table("file", "language", "voice", "emotion", box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("seconds", justify="right")
    table.add_column("real-time\nfactor", justify="right")

    def write(name: str, language: str, voice: str | None, emotion: str | None, make: Callable[[], Audio]) -> None:
        started = time.perf_counter()
        audio = make()
        factor = (time.perf_counter() - started) / audio.duration
        path = output / f"{table.row_count + 1:02d}-{name}.wav"
        audio.save(path)
        work = "(recorded)" if name == "recording" else f"{factor:.3f}"
        table.add_row(str(path), language, voice, emotion or "neutral", f"{audio.duration:.2f}", work)

    plan = [(emotion, language) for emotion in (None, EMOTION) for language in SENTENCES]
    for emotion, language in track(plan, "speaking", show):
        name, text = SENTENCES[language]
        speak = partial(synthesizer.speak, text, voice=voice, language=language, emotion=emotion)
        write("-".join(filter(None, [name, emotion])), language, voice, emotion, speak)

    with as_file(files("xespeech") / "voices" / "demo" / "kathleen.opus") as recording:
        write("recording", "en", "kathleen", None, partial(xespeech.audio.read, recording))
        write("converted", "en", TARGET, None, partial(synthesizer.convert, recording, voice=TARGET))

    console = Console(width=1000)  # a path that is to be opened is never shortened or folded
    console.print(table)
    console.print(f"{table.row_count} files to listen to are in {output.resolve()}")
