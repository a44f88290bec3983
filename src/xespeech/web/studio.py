"""The actions of the page: texts and uploads to recordings, pictures and timings.

This module does not depend on Gradio. Errors of the visitor raise a UserError.
"""

from __future__ import annotations

import html
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xespeech.audio import Audio
from xespeech.audio.pictures import sound_png
from xespeech.errors import AudioError, TextError, UserError
from xespeech.inference.options import SpeechOptions
from xespeech.model_folder.description import NEUTRAL
from xespeech.text.files import decode

if TYPE_CHECKING:
    from xespeech.web.speakers import Speaker

_PICTURED = 60.0  # seconds of a recording that are drawn


@dataclass(frozen=True)
class Limits:
    """Limits of one request of the page.

    Attributes:
        characters: of a text, and of all lines of a batch together.
        upload_bytes: of a file.
        upload_seconds: of a recording, found from its header before it is decoded.
        stored_bytes: of all uploads and results of an hour; the oldest are deleted first.
        lines: of a batch.
        waiting: length of the queue; further requests are refused.
    """

    characters: int = 2000
    upload_bytes: int = 20_000_000
    upload_seconds: float = 300.0
    stored_bytes: int = 160_000_000
    lines: int = 50
    waiting: int = 32


class Style(NamedTuple):
    """Voice, reference, emotion and intensity; empty strings for none."""

    voice: str
    reference: str | None
    emotion: str
    intensity: float


class Take(NamedTuple):
    """Paths of a recording and its picture, and a line of timings."""

    recording: str
    picture: str
    timings: str


class Studio:
    """Speaks and converts for the page.

    Args:
        speaker: the backend.
        folder: for results, each in a new folder with an unguessable name; the caller cleans it up.
        limits: of each request.
        make_room: called with the bytes of each file before it is written there.
    """

    def __init__(
        self,
        speaker: Speaker,
        folder: Path,
        limits: Limits = Limits(),
        make_room: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.speaker, self.limits = speaker, limits
        self._folder, self._make_room = folder, make_room

    def emotions(self, voice: str | None) -> list[str]:
        """Emotions of a voice besides plain speech: recorded ones, and those transferred from other voices."""
        known = self.speaker.voice.voices
        lent = {emotion for other in known if NEUTRAL in other.emotions for emotion in other.emotions}
        recorded = {emotion for info in known if info.name == voice for emotion in info.emotions}
        return sorted((lent | recorded) - {NEUTRAL})

    def speak(self, text: str, style: Style, options: dict[str, Any], suffix: str) -> Take:
        """Speak a text; options are further ones of SpeechOptions.

        Raises:
            UserError: the text, the reference or a number cannot be used.
        """
        self._check_text(text)
        return self._take(lambda: self._speak(text, style, options), f"speech{suffix}")

    def read(self, text: str, options: dict[str, Any]) -> str:
        """The reading of a text as HTML: its sentences, then what is left out; or the error.

        Args:
            text: typed by the visitor.
            options: language and markup, if chosen.
        """
        if not text.strip():
            return ""
        try:
            self._check_text(text)
            return _reading_html(self.speaker.read(text, options))
        except UserError as error:  # while typing, errors are shown in place
            return f"<p>{html.escape(str(error))}</p>"

    def convert(self, source: str | None, style: Style, options: dict[str, Any], suffix: str) -> Take:
        """Convert a recording; options are further ones of ConversionOptions.

        Raises:
            UserError: the source, the reference or a number cannot be used.
        """
        if source is None:
            raise AudioError("there is nothing to convert: upload or record a source first.")
        options = {"emotion": style.emotion or None, "intensity": style.intensity, **options}
        reference = None if style.reference is None else self._upload(style.reference)
        voice = None if reference is not None else style.voice or self.speaker.voice.default_voice
        recording = self._upload(source)
        return self._take(lambda: self.speaker.convert(recording, voice, reference, options), f"converted{suffix}")

    def batch(
        self, lines: str, file: str | None, style: Style, options: dict[str, Any], suffix: str
    ) -> Iterator[tuple[list[list[str]], str | None]]:
        """Speak many lines; one that cannot be spoken is reported and does not stop the others.

        Yields:
            The rows of the table so far (file, seconds, text or error), and at the end the path of a zip with all
            recordings.

        Raises:
            UserError: there are no lines or too many, or the file or the reference cannot be used.
        """
        texts = self._lines(lines, file)
        rows: list[list[str]] = []
        archive = self._place("batch.zip")
        with zipfile.ZipFile(archive, "w") as bundle:
            for index, text in enumerate(texts, start=1):
                name = f"{index:03d}{suffix}"
                try:
                    audio = self._speak(text, style, options)
                except UserError as error:
                    rows.append(["–", "–", f"{text}: {error}"])
                else:
                    self._make_room(4 * audio.samples.size)
                    file_of_line = audio.save(archive.with_name(name))
                    bundle.write(file_of_line, name)
                    file_of_line.unlink()
                    rows.append([name, f"{audio.duration:.2f}", text])
                yield rows, None
        if all(row[0] == "–" for row in rows):
            raise TextError("none of the lines could be spoken: see the table.")
        yield rows, str(archive)

    def _lines(self, lines: str, file: str | None) -> list[str]:
        if file is not None:
            data = Path(file).read_bytes()[: 4 * self.limits.characters + 4]
            lines = decode(data, Path(file).name)
        texts = [line.strip() for line in lines.splitlines() if line.strip()]
        if not texts:
            raise TextError("there are no lines to speak: write one text on each line.")
        if len(texts) > self.limits.lines:
            raise TextError(f"there are {len(texts)} lines, {self.limits.lines} at most are spoken at once.")
        self._check_text("".join(texts))
        return texts

    def _check_text(self, text: str) -> None:
        if len(text) > self.limits.characters:
            raise TextError(
                f"the text has {len(text):,} characters, {self.limits.characters:,} at most are spoken at once: "
                "shorten it, or install xespeech and speak without a limit."
            )

    def _speak(self, text: str, style: Style, options: dict[str, Any]) -> Audio:
        reference = None if style.reference is None else self._upload(style.reference)
        settings = SpeechOptions(
            voice=None if reference is not None else style.voice or self.speaker.voice.default_voice,
            emotion=style.emotion or None,
            intensity=style.intensity,
            **options,
        )
        return self.speaker.speak(text, settings, reference)

    def _upload(self, path: str) -> Path:
        """The path of an upload of an allowed size."""
        size = Path(path).stat().st_size
        if size > self.limits.upload_bytes:
            raise AudioError(
                f"{Path(path).name} has {size / 1e6:.1f} MB, {self.limits.upload_bytes / 1e6:g} at most: cut it first."
            )
        return Path(path)

    def _take(self, make: Callable[[], Audio], name: str) -> Take:
        started = time.perf_counter()
        audio = make()
        elapsed = time.perf_counter() - started
        recording = self._place(name)
        self._make_room(2 * audio.samples.size)
        audio.save(recording)
        picture = recording.with_name("picture.png")
        picture.write_bytes(sound_png(audio, longest=_PICTURED))
        factor = elapsed / audio.duration
        timings = f"**{audio.duration:.2f} s** made in **{elapsed:.2f} s**, {factor:.3f} of real time"
        return Take(str(recording), str(picture), timings)

    def _place(self, name: str) -> Path:
        """A path in a new folder."""
        folder = self._folder / secrets.token_hex(16)
        folder.mkdir(parents=True)
        return folder / name


def _reading_html(reading: dict[str, Any]) -> str:
    """A reading as a list of its sentences; text of the visitor is escaped."""
    items = "".join(
        f"<li><span>{html.escape(sentence['spoken'])}</span><br><small>{html.escape(sentence['reading'])}</small></li>"
        for sentence in reading["sentences"]
    )
    left_out = ", ".join(f"{html.escape(part['text'])} ({html.escape(part['why'])})" for part in reading["left_out"])
    return f"<ul>{items}</ul>" + (f"<p>Left out: {left_out}</p>" if left_out else "")
