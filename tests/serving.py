"""A server for tests, what they send to it and what they read from it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile
import uvicorn
from fastapi import FastAPI

from syllables import syllables
from xespeech.audio import Audio
from xespeech.server import worker
from xespeech.server.run import configuration

RATE = 16_000


class RunningServer:
    """An application that answers at `url`."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.service = app, app.state.service
        self._server = uvicorn.Server(configuration(app, "127.0.0.1", 0))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()), daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [each.process.pid for each in self.service.pool._workers]

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)


def fragile_worker(connection: socket.socket, model: Path | None) -> None:
    """A worker that does not survive uploads and texts that begin with certain words."""
    genuine, speak = worker.decode, worker._Worker._speak

    def decode(data: bytes, longest: float, name: str) -> Audio:
        if data.startswith(b"hang"):
            time.sleep(1000)
        if data.startswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        return genuine(data, longest, name)

    def speak_or_hang(self: Any, job: Any) -> Any:
        if job.content["text"].startswith("hang"):
            time.sleep(1000)
        return speak(self, job)

    worker.decode = decode  # type: ignore[assignment]
    worker._Worker._speak = speak_or_hang  # type: ignore[method-assign]
    worker.main(connection, model)


def recording(seconds: float = 1.0, format: str = "WAV", seed: int = 0) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, syllables(seconds, RATE, seed), RATE, format=format)
    return buffer.getvalue()


def containers(kind: str, seconds: float = 1.0, channels: int = 1, rate: int = 48_000, speech: bool = False) -> bytes:
    """A tone of 440 Hz, or syllables, as phones (m4a, aac) and browsers (webm, mp4 in fragments) record it."""
    import av

    format, codec = {
        "m4a": ("ipod", "aac"),
        "aac": ("adts", "aac"),
        "mp4": ("mp4", "aac"),
        "webm": ("webm", "libopus"),
    }[kind]
    layout = {1: "mono", 2: "stereo", 8: "7.1"}[channels]
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate).astype(np.float32)
    samples = syllables(seconds, rate) if speech else tone
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov"} if kind == "mp4" else {}
    with av.open(buffer, "w", format=format, options=options) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.stack([samples] * channels), format="fltp", layout=layout)
        frame.sample_rate = rate
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def duration(data: bytes) -> float:
    """Seconds of the file that a response holds."""
    samples, rate = soundfile.read(io.BytesIO(data))
    return len(samples) / rate


def eventually(condition: Callable[[], Any], patience: float = 300) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def problem(response: httpx.Response) -> dict[str, Any]:
    """What OpenAI's envelope of an error holds."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return error


def family(pid: int) -> list[int]:
    """A process and all below it, as /proc tells."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    members = [pid]
    for member in members:
        members.extend(children.get(member, ()))
    return members
