"""A worker process: it decodes, speaks and converts, one job at a time, isolated from the server.

The last message of a job is `end`, `refused` (an error of the user), `defect` (a bug) or `cancelled`.

Shapes: S samples, G style channels.
"""

from __future__ import annotations

import logging
import select
import signal
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.io import Encoder, decode, file_format
from xespeech.errors import ModelError, TextError, UnknownNameError, UserError, trace
from xespeech.inference.engine import WatchedEngine
from xespeech.inference.options import SpeechOptions, StyleOptions
from xespeech.inference.timing import Sentence
from xespeech.inference.voice import AudioChunk, Voice, load
from xespeech.server.formats import GrowingFile, to_pcm
from xespeech.server.messages import Message, pack, read_message
from xespeech.text.reading import read

PCM_RATE = 24_000
"""Hz of the format pcm, whatever the rate of the model."""
_BYTES = 1 << 18  # bytes of a file per message


_Piece = TypeVar("_Piece", AudioChunk, Sentence)


class Cancelled(Exception):
    """The job was cancelled."""


class Hangup(Exception):
    """The server has closed the connection."""


def main(connection: socket.socket, model: Path | None) -> None:
    """Answer jobs until the server closes the connection.

    Args:
        connection: to the server.
        model: model folder; None for the default voice.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal: the server decides
    logging.getLogger("xespeech.text").setLevel(logging.ERROR)  # its warnings quote texts of users
    worker = _Worker(connection)
    try:
        voice = load(model, threads=1)
        voice.engine.keeps_memory = False  # after a recording of minutes, all graphs together would keep 190 MB
        worker.voice = voice.with_engine(WatchedEngine(voice.engine, worker.check))
    except ModelError as error:
        worker.send(pack("refused", **describe(error)))
        return
    worker.send(pack("ready"))
    while (job := worker.next_job()) is not None:
        try:
            worker.answer(job)
        except Hangup:
            return


def describe(error: UserError) -> dict[str, Any]:
    """An error of the user as the fields of OpenAI's error object."""
    if isinstance(error, UnknownNameError):
        return {"message": str(error), "code": f"unknown_{error.kind}", "param": error.kind}
    kind = type(error).__name__.removesuffix("Error").lower()
    return {"message": str(error), "code": "invalid_request" if kind == "user" else f"invalid_{kind}", "param": None}


def _bounded(chunks: Iterator[_Piece], most: float) -> Iterator[_Piece]:
    """The chunks, up to a limit of duration: a few words of SSML can ask for hours."""
    seconds = 0.0
    for chunk in chunks:
        seconds += len(chunk.samples) / chunk.sample_rate
        if seconds > most:
            raise TextError(f"the speech lasts more than {most / 60:g} minutes: send the text in parts.")
        yield chunk


class _Worker:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._is_live = False
        self.voice: Voice

    def send(self, message: bytes) -> None:
        try:
            self._connection.sendall(message)
        except OSError as error:
            raise Hangup from error

    def next_job(self) -> Message | None:
        """The next job; a late cancellation of the last one is skipped."""
        while (message := read_message(self._connection)) is not None and message.type == "cancel":
            pass
        return message

    def check(self) -> None:
        """Raise if the server has cancelled the job or closed the connection."""
        if not self._is_live and select.select([self._connection], [], [], 0)[0]:
            if read_message(self._connection) is None:
                raise Hangup
            raise Cancelled

    def answer(self, job: Message) -> None:
        """Do a job; its last message is always sent."""
        try:
            done = getattr(self, f"_{job.type}")(job)
            self.send(pack("end", **done))
        except Cancelled:
            self.send(pack("cancelled"))
        except UserError as error:
            self.send(pack("refused", **describe(error)))
        except Hangup:
            raise
        except Exception as error:  # a bug must not end the worker
            self.send(pack("defect", trace=trace(error)))

    def _speak(self, job: Message) -> dict[str, Any]:
        content = job.content
        voice = self._voice_with(content)
        options = SpeechOptions(**content["options"])
        if not content["growing"]:
            said = _bounded(voice.sentences(content["text"], options, timed=False), content["most"])
            return self._send_whole(said, voice.sample_rate, content["format"])
        rate = PCM_RATE if content["format"] == "pcm" else voice.sample_rate
        file, seconds = GrowingFile(content["format"], rate), 0.0
        for chunk in _bounded(voice.stream(content["text"], options), content["most"]):
            audio = Audio(chunk.samples, voice.sample_rate)
            seconds += audio.duration
            self._send_audio(file.write(audio.resample(rate).samples))
            self.check()
        self._send_audio(file.finish())
        return {"seconds": seconds}

    def _read(self, job: Message) -> dict[str, Any]:
        return {"reading": read(job.content["text"], **job.content["options"]).as_dict()}

    def _convert(self, job: Message) -> dict[str, Any]:
        content = job.content
        source = self._decode(job.pieces[0], content["longest"], "the source")
        options = dict(content["options"])
        if len(job.pieces) > 1:
            options["reference"] = self._decode(job.pieces[1], content["longest"], "the reference")
        audio = self._voice_with(content).convert(source, **options)
        return self._send_whole([audio], audio.sample_rate, content["format"])

    def _enrol(self, job: Message) -> dict[str, Any]:
        audio = self._decode(job.pieces[0], job.content["longest"], "the recording")
        return {"style": self.voice.style(StyleOptions(reference=audio)).tolist()}

    def _live(self, job: Message) -> dict[str, Any]:
        """Convert pieces of 16-bit audio as they come; the worker ends with the connection of its client."""
        content = job.content
        self._is_live = True
        rate, n_samples = content["sample_rate"], 0

        def chunks() -> Iterator[np.ndarray]:
            nonlocal n_samples
            while (message := read_message(self._connection)) is not None and message.type == "audio":
                samples = np.frombuffer(message.pieces[0], "<i2").astype(np.float32) / 32768
                n_samples += len(samples)
                yield samples
            if message is None:
                raise Hangup

        converted = self._voice_with(content).convert_stream(
            chunks(), sample_rate=rate, delay=content["delay"], **content["options"]
        )
        self.send(pack("ready", sample_rate=self.voice.sample_rate))
        for audio in converted:
            self._send_audio(to_pcm(audio.samples))
        return {"seconds": n_samples / rate}

    def _decode(self, data: bytes, longest: float, name: str) -> Audio:
        self.send(pack("decoding", name=name))
        audio = decode(data, longest, name).resample(self.voice.sample_rate)
        self.send(pack("decoded"))
        return audio

    def _voice_with(self, content: Mapping[str, Any]) -> Voice:
        """The model, with the enrolled voice of the job if there is one."""
        if content.get("style") is None:
            return self.voice
        return self.voice.with_voice(content["options"]["voice"], np.asarray(content["style"], np.float32))

    def _send_whole(
        self, chunks: Iterable[Audio | AudioChunk | Sentence], sample_rate: int, format: str
    ) -> dict[str, Any]:
        rate = PCM_RATE if format == "pcm" else file_format(f".{format}", sample_rate)[2]
        if rate != sample_rate:  # as one piece, which has no joints
            samples = np.concatenate([chunk.samples for chunk in chunks])
            chunks = [Audio(samples, sample_rate).resample(rate)]
        pcm, n_samples = bytearray(), 0
        encoder = None if format == "pcm" else Encoder(f".{format}", rate, synthetic=True)
        for chunk in chunks:  # encoded one by one: their samples are not held in memory
            if encoder is None:
                pcm += to_pcm(chunk.samples)
            else:
                encoder.write(chunk.samples)
            n_samples += len(chunk.samples)
        data = memoryview(pcm) if encoder is None else encoder.finish()
        for start in range(0, len(data), _BYTES):
            self._send_audio(bytes(data[start : start + _BYTES]))
            self.check()
        return {"seconds": n_samples / rate}

    def _send_audio(self, data: bytes) -> None:
        if data:
            self.send(pack("audio", data))
