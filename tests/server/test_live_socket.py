"""Live conversion over WebSocket."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import xespeech
from serving import RATE, RunningServer
from syllables import syllables
from xespeech.server.formats import to_pcm

PATH = "/v1/audio/conversions/live"


def open_socket(server: RunningServer, **options: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}{PATH}", open_timeout=60, **options)


def start(socket: ClientConnection, **fields: Any) -> dict[str, Any]:
    socket.send(json.dumps({"type": "start", "voice": "mei", "sample_rate": RATE, **fields}))
    return json.loads(socket.recv(60))


def test_what_is_spoken_is_heard_in_another_voice(server: RunningServer, tiny_voice: Path) -> None:
    pcm = to_pcm(syllables(2.0))
    heard, early = b"", 0
    with open_socket(server) as socket:
        ready = start(socket, emotion="angry")
        assert ready == {"type": "ready", "sample_rate": 24_000}
        for first in range(0, len(pcm), 1000):
            socket.send(pcm[first : first + 1000])
        heard += socket.recv(60)  # before the end was told
        early = len(heard)
        socket.send(json.dumps({"type": "end"}))
        while isinstance(message := socket.recv(60), bytes):
            heard += message
        assert json.loads(message) == {"type": "done", "seconds": 2.0}
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
    model = xespeech.load(tiny_voice, threads=1)
    expected = [
        audio.samples for audio in model.convert_stream([samples], voice="mei", emotion="angry", sample_rate=RATE)
    ]
    assert 0 < early < len(heard)
    np.testing.assert_allclose(np.frombuffer(heard, "<i2") / 32767, np.concatenate(expected), atol=1e-3)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"voice": "nobody"}, "unknown_voice"),
        ({"emotion": "hungry"}, "unknown_emotion"),
        ({"sample_rate": 1}, "invalid_field"),
        ({"nonsense": 1}, "unknown_field"),
    ],
)
def test_mistakes_are_told_before_the_close(server: RunningServer, fields: dict, code: str) -> None:
    with open_socket(server) as socket:
        answer = start(socket, **fields)
        assert (answer["type"], answer["error"]["code"]) == ("error", code)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


def test_half_samples_and_foreign_messages(server: RunningServer) -> None:
    for message in (b"odd", "hello", json.dumps({"type": "pause"})):
        with open_socket(server) as socket:
            start(socket)
            socket.send(message)
            assert json.loads(socket.recv(10))["type"] == "error"


def _has_room(server: Any, key: dict[str, str], seconds: float = 60) -> bool:
    """Whether a conversion can begin, sooner or later: the server hears of a parting a moment after it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(ConnectionClosed), open_socket(server, additional_headers=key) as socket:
            if start(socket)["type"] == "ready":
                return True
        time.sleep(0.2)
    return False


def test_live_conversions_are_counted_and_bounded(serve: Any) -> None:
    with serve(live=1, api_keys=("a-secret-key",)) as server, httpx.Client(base_url=server.url) as client:
        with pytest.raises(InvalidStatus) as refused:
            open_socket(server)
        assert refused.value.response.status_code == 401
        key = {"Authorization": "Bearer a-secret-key"}
        with open_socket(server, additional_headers=key) as first:
            assert start(first)["type"] == "ready"
            assert "xespeech_live_conversions 1.0" in client.get("/metrics").text
            with open_socket(server, additional_headers=key) as second:
                assert json.loads(second.recv(10))["error"]["code"] == "busy"
                with pytest.raises(ConnectionClosed) as closed:
                    second.recv(10)
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1013
        assert _has_room(server, key)  # who leaves makes room
