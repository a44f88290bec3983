"""The state that the routes of a server share: names of the model, workers, enrolled voices, counters."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

from xespeech.errors import UnknownNameError
from xespeech.inference import load
from xespeech.inference.hub import find_model
from xespeech.model_folder.description import NEUTRAL
from xespeech.server.enrolled import EnrolledVoices
from xespeech.server.messages import Message
from xespeech.server.metrics import Metrics
from xespeech.server.pool import Pool
from xespeech.server.problems import Problem
from xespeech.server.settings import MIB, Settings
from xespeech.server.stock_clients import ALIASES, MODEL, is_known_model, stand_in


class Held:
    """Memory of one request: its body, and its answer where that is sent whole.

    Args:
        service: with the totals.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._body = self._answer = 0

    def body(self, size: int) -> None:
        """Reserve memory for a part of the body.

        Raises:
            Problem: the bodies of all requests together are too large.
        """
        most = self._service.settings.max_bodies
        if self._service.body_bytes + size > most:
            message = f"requests of {most / MIB:g} MiB are being worked on, no more fit: send it again after a while."
            raise Problem(503, message, "busy", retry_after=5)
        self._body += size
        self._service.body_bytes += size

    def answer(self, size: int) -> None:
        """Reserve memory for a part of an answer.

        Raises:
            Problem: the answers that have not been taken yet are too large.
        """
        most = self._service.settings.max_answers
        if self._service.answer_bytes + size > most:
            message = (
                f"answers of {most / MIB:g} MiB wait for their clients: send it again after a while, ask for less at "
                'once, or for "stream": true.'
            )
            raise Problem(503, message, "busy", retry_after=5)
        self._answer += size
        self._service.answer_bytes += size

    def discard_answer(self) -> None:
        """Free the memory of the answer so far: it is made again."""
        self._service.answer_bytes -= self._answer
        self._answer = 0

    def release(self) -> None:
        """Free the memory of the request."""
        self.discard_answer()
        self._service.body_bytes -= self._body
        self._body = 0


class Service:
    """The shared state of a server.

    Args:
        settings: of it.

    Raises:
        ModelError: the model cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        self.folder = find_model(settings.model)  # once, not again for every worker
        self.settings = settings = replace(settings, model=self.folder)
        self.voice = load(self.folder)
        """For its names; it opens no graph."""
        self.metrics = Metrics()
        self.pool = Pool(settings, self.metrics)
        self.enrolled = EnrolledVoices(
            settings.voices_folder, self.voice.identity, self.voice.style_channels, settings.max_voices
        )
        self.in_flight = self.live = 0
        self.body_bytes = self.answer_bytes = 0
        """Of all requests; see Held."""
        self.stopping = False

    @property
    def names(self) -> list[str]:
        """Of the voices of the model."""
        return [voice.name for voice in self.voice.voices]

    @property
    def emotions(self) -> list[str]:
        """All emotions that can be transferred: some voice was recorded in them and in plain speech."""
        plain = [voice for voice in self.voice.voices if NEUTRAL in voice.emotions]
        return sorted({emotion for voice in plain for emotion in voice.emotions})

    def check_room(self) -> None:
        """Refuse requests when the server is full.

        Raises:
            Problem: the server is full or about to stop.
        """
        if self.stopping:
            raise Problem(503, "the server is being stopped: send the request again.", "stopping", retry_after=5)
        if self.in_flight >= self.settings.n_workers + self.settings.queue:
            wait = math.ceil(self.pool.seconds_of_a_job * self.in_flight / self.settings.n_workers)
            message = f"{self.in_flight} requests are being worked on, no more fit: send it again after a while."
            raise Problem(429, message, "busy", retry_after=min(max(wait, 1), 60))

    def admit(self) -> None:
        """Accept one more request; it counts until `leave`.

        Raises:
            Problem: the server is full or about to stop.
        """
        self.check_room()
        self.in_flight += 1
        self.metrics.in_flight.set(self.in_flight)

    def leave(self) -> None:
        """A request accepted by `admit` has ended."""
        self.in_flight -= 1
        self.metrics.in_flight.set(self.in_flight)

    @contextmanager
    def admit_live(self) -> Iterator[None]:
        """Accept one more live conversion for as long as the block lasts.

        Raises:
            Problem: there are as many as allowed, or the server is about to stop.
        """
        if self.stopping:
            raise Problem(503, "the server is being stopped: connect again.", "stopping")
        if self.live >= self.settings.live:
            message = f"{self.live} live conversions are running, no more fit: connect again later."
            raise Problem(429, message, "busy")
        self.live += 1
        self.metrics.live.set(self.live)
        try:
            yield
        finally:
            self.live -= 1
            self.metrics.live.set(self.live)

    def check_model(self, name: str) -> None:
        """Refuse names of models that are not served.

        Raises:
            Problem: there is no such model.
        """
        if not is_known_model(name):
            known = ", ".join((MODEL, *ALIASES))
            raise Problem(404, f"there is no model {name!r}: choose one of {known}.", "model_not_found", "model")

    def check_length(self, text: str) -> None:
        """Refuse a text that is too long.

        Raises:
            Problem: it has more characters than the settings allow.
        """
        most = self.settings.max_characters
        if len(text) > most:
            message = f"the input has {len(text)} characters: {most} at most, send it in parts."
            raise Problem(400, message, "too_long", "input")

    async def speaker(self, voice: str | None) -> str | None:
        """The voice that a client's name stands for: names of OpenAI's voices are mapped to voices of the model."""
        if voice is None or await asyncio.to_thread(self.enrolled.has, voice):
            return voice
        return stand_in(voice, [each.name for each in self.voice.voices if NEUTRAL in each.emotions])

    async def style(self, voice: str | None) -> list[float] | None:
        """The style vector [G] of an enrolled voice; None for voices of the model.

        Raises:
            UnknownNameError: there is no such voice.
        """
        of_model = self.names
        if voice is None or voice in of_model:
            return None
        enrolled = await asyncio.to_thread(self.enrolled.get, voice)
        if enrolled is None:
            names = [each.name for each in await asyncio.to_thread(self.enrolled.all)]
            raise UnknownNameError("voice", voice, [*of_model, *names])
        return enrolled.style

    async def audio(self, kind: str, route: str, *pieces: bytes, **content: Any) -> AsyncGenerator[bytes, None]:
        """The audio of a job, as it is made; see `Pool.run`."""
        async with aclosing(self.pool.run(kind, *pieces, **content)) as messages:
            async for message in messages:
                if message.type == "audio":
                    yield message.pieces[0]
                else:
                    self.metrics.audio_seconds.labels(route).inc(message.content["seconds"])

    async def whole(self, held: Held, kind: str, route: str, *pieces: bytes, **content: Any) -> bytes:
        """The whole audio of a job.

        Args:
            held: by the request, until its answer is sent.
            kind, route, pieces, content: see `audio`.
        """
        data = bytearray()

        def discard() -> None:
            data.clear()
            held.discard_answer()

        async with aclosing(self.audio(kind, route, *pieces, discard=discard, **content)) as audio:
            async for piece in audio:
                held.answer(len(piece))
                data += piece
        return bytes(data)

    async def result(self, kind: str, *pieces: bytes, **content: Any) -> Message:
        """The last message of a job without audio."""
        async with aclosing(self.pool.run(kind, *pieces, **content)) as messages:
            async for message in messages:
                last = message
        return last
