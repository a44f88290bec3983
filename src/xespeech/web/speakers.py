"""Backends of the page: a model in this process, or the workers of `xespeech serve`.

Uploads stay bytes here; the decoder refuses too long ones before they are decoded whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from anyio import from_thread

from xespeech.audio import Audio
from xespeech.audio.io import decode
from xespeech.errors import UserError
from xespeech.inference.options import ConversionOptions, SpeechOptions
from xespeech.text.reading import read

if TYPE_CHECKING:
    from xespeech.inference import Voice
    from xespeech.server.service import Service

_MOST_SPEECH = 900.0  # seconds that the page shows and draws
_REFERENCE = "reference"  # name of a reference's style in jobs of workers


class Speaker(Protocol):
    """Speaks and converts; errors of the visitor are UserErrors.

    Attributes:
        voice: the model, for its names.
    """

    voice: Voice

    def speak(self, text: str, options: SpeechOptions, reference: Path | None) -> Audio:
        """Speak a text, in the voice of a reference if one is given."""

    def read(self, text: str, options: dict[str, Any]) -> dict[str, Any]:
        """The reading of a text, as `TextReading.as_dict`; options are language and markup."""

    def convert(self, source: Path, voice: str | None, reference: Path | None, options: dict[str, Any]) -> Audio:
        """Convert a recording to a named voice or that of a reference; options are those of ConversionOptions."""


class ModelSpeaker:
    """A model in this process.

    Args:
        voice: the model.
        longest: seconds of an upload.
    """

    def __init__(self, voice: Voice, longest: float) -> None:
        self.voice, self._longest = voice, longest

    def speak(self, text: str, options: SpeechOptions, reference: Path | None) -> Audio:
        if reference is not None:
            options = replace(options, voice=None, reference=self._open(reference))
        return self.voice.speak(text, options)

    def read(self, text: str, options: dict[str, Any]) -> dict[str, Any]:
        return read(text, **options).as_dict()

    def convert(self, source: Path, voice: str | None, reference: Path | None, options: dict[str, Any]) -> Audio:
        opened = None if reference is None else self._open(reference)
        return self.voice.convert(self._open(source), ConversionOptions(voice=voice, reference=opened, **options))

    def _open(self, upload: Path) -> Audio:
        return decode(upload.read_bytes(), self._longest, upload.name)


class ServedSpeaker:
    """The workers of a server, with the limits of all its requests.

    To be called from a thread, as Gradio does.
    """

    def __init__(self, service: Service) -> None:
        self.voice, self._service = service.voice, service

    def speak(self, text: str, options: SpeechOptions, reference: Path | None) -> Audio:
        content = {key: value for key, value in asdict(options).items() if value is not None}
        style = None
        if reference is not None:
            enrol = partial(self._service.result, "enrol", longest=self._service.settings.max_seconds)
            with _errors_of_visitors({"the recording": reference.name}):
                style = from_thread.run(enrol, reference.read_bytes()).content["style"]
            content["voice"] = _REFERENCE
        most = min(self._service.settings.max_speech, _MOST_SPEECH)
        work = partial(self._audio, "speak", text=text, options=content, style=style, growing=False, most=most)
        return from_thread.run(work)

    def read(self, text: str, options: dict[str, Any]) -> dict[str, Any]:
        return from_thread.run(self._read, text, options)

    def convert(self, source: Path, voice: str | None, reference: Path | None, options: dict[str, Any]) -> Audio:
        pieces = [path.read_bytes() for path in (source, reference) if path is not None]
        names = {"the source": source.name, "the reference": "" if reference is None else reference.name}
        work = partial(self._audio, "convert", *pieces, names=names, longest=self._service.settings.max_seconds)
        return from_thread.run(partial(work, options={"voice": voice, **options}, style=None))

    async def _read(self, text: str, options: dict[str, Any]) -> dict[str, Any]:
        with self._admitted({}):
            return (await self._service.result("read", text=text, options=options)).content["reading"]

    async def _audio(self, kind: str, *pieces: bytes, names: dict[str, str] | None = None, **content: Any) -> Audio:
        from xespeech.server.service import Held

        with self._admitted(names or {}):
            held = Held(self._service)
            try:
                return decode(await self._service.whole(held, kind, "/ui", *pieces, format="wav", **content))
            finally:
                held.release()

    @contextmanager
    def _admitted(self, names: dict[str, str]) -> Iterator[None]:
        """A request among those of the server; see `_errors_of_visitors`."""
        with _errors_of_visitors(names):
            self._service.admit()
            try:
                yield
            finally:
                self._service.leave()


@contextmanager
def _errors_of_visitors(names: dict[str, str]) -> Iterator[None]:
    """Errors of the visitor, or of a full server, become UserErrors with the names of the files."""
    from xespeech.server.problems import Problem

    try:
        yield
    except Problem as error:
        if error.status_code == 500:
            raise
        sentence = error.detail
        for word, name in names.items():
            if sentence.startswith(word):
                sentence = name + sentence[len(word) :]
        raise UserError(sentence) from error
