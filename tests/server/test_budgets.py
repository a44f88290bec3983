"""What a stranger's request may cost: every limit of the server, at it and beyond it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from websockets.sync.client import connect

from serving import RunningServer, eventually, family, problem
from xespeech import machine
from xespeech.audio.io import decode
from xespeech.errors import AudioError, ConfigError
from xespeech.server import Settings
from xespeech.server import settings as limits
from xespeech.server.connections import allowed_connections

SPEECH = {"input": "Hello.", "voice": "mei", "response_format": "pcm"}
DOCUMENT = Path(__file__).parents[2] / "docs" / "serve.md"


@pytest.fixture(scope="module")
def tight(serve: Any) -> Iterator[RunningServer]:
    """A server whose limits are near."""
    near = {"max_upload": 400_000, "max_bodies": 900_000, "max_connections": 12, "queue": 1}
    with serve(**near, header_timeout=1.0, body_timeout=3.0, idle_timeout=2.0, max_answers=400_000) as server:
        yield server


def send(server: RunningServer, head: str, body: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(head.replace("\n", "\r\n").encode() + body)
    return connection


# What a body may hold


@pytest.mark.parametrize(
    "kind", ["application/x+json", "application/json", "text/plain", "", "application/octet-stream"]
)
def test_text_is_limited_whatever_it_calls_itself(tight: RunningServer, kind: str) -> None:
    body = b'{"input": "Hello.", "model": ' + b"[" * 150_000 + b"]" * 150_000 + b"}"
    with tight.client() as client:
        for path in ("/v1/audio/speech", "/v1/audio/conversions", "/v1/voices", "/v1/read"):
            answer = client.post(path, content=body, headers={"Content-Type": kind} if kind else {})
            assert answer.status_code == 413, path
            assert "0.25 MiB" in problem(answer)["message"]


def test_deep_nesting_is_an_ordinary_mistake(tight: RunningServer) -> None:
    with tight.client() as client:
        for opening in (b"[", b'{"input":'):
            body = b'{"input": ' + opening * 20_000
            answer = client.post("/v1/audio/speech", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400
        with connect(f"ws://127.0.0.1:{tight.port}/v1/audio/conversions/live") as live:
            live.send("[" * 100_000)
            assert json.loads(live.recv(60))["type"] == "error"


def test_after_a_refusal_no_gigabytes_are_read(tight: RunningServer) -> None:
    head = "POST /v1/audio/conversions HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=x\n"
    connection = send(tight, f"{head}Content-Length: {1 << 34}\n\n")
    sent = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while sent < 1 << 30:
            sent += connection.send(bytes(1 << 20))
    assert sent < 200 << 20


def test_bodies_of_all_requests_share_a_budget(tight: RunningServer) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.wav"\r\n\r\n' + bytes(350_000)
    head = "POST /v1/audio/conversions HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=x\n"
    connections = [send(tight, f"{head}Content-Length: 390000\n\n", form) for _ in range(2)]
    eventually(lambda: tight.service.body_bytes > 600_000)
    with tight.client() as client:
        refused = client.post("/v1/voices", files={"audio_sample": ("a.wav", bytes(350_000))})
        assert refused.status_code == 503
        assert "retry-after" in refused.headers
    for connection in connections:
        connection.close()
    eventually(lambda: tight.service.body_bytes == 0)


def test_whole_answers_share_a_budget(tight: RunningServer) -> None:
    long = {"input": "One more sentence that takes a while. " * 60, "voice": "mei", "response_format": "wav"}
    with tight.client() as client:
        refused = client.post("/v1/audio/speech", json=long)
        assert refused.status_code == 503
        assert '"stream": true' in problem(refused)["message"]
        assert client.post("/v1/audio/speech", json={**long, "stream": True}).status_code == 200
    eventually(lambda: tight.service.answer_bytes == 0 and tight.service.in_flight == 0)


# Time and connections


def test_a_slow_body_takes_no_slot_and_ends(tight: RunningServer) -> None:
    head = "POST /v1/audio/speech HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 1000\n\n"
    connections = [send(tight, head) for _ in range(5)]
    with tight.client() as client:
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200
    answers = []
    started = time.monotonic()
    for connection in connections:  # a byte now and then does not help

        def drip(own: socket.socket = connection) -> None:
            with contextlib.suppress(OSError):
                for _ in range(200):
                    own.sendall(b" ")
                    time.sleep(0.5)

        threading.Thread(target=drip, daemon=True).start()
    for connection in connections:
        answers.append(connection.recv(1000).split(b"\r\n")[0])
    assert all(b" 408 " in answer for answer in answers)
    assert time.monotonic() - started < 60


def test_heads_that_never_end_are_closed(tight: RunningServer) -> None:
    silent = send(tight, "")
    half = send(tight, "GET /healthz HTTP/1.1\nHost: x\nX-More: ")
    second = send(tight, "GET /healthz HTTP/1.1\nHost: x\n\n")
    second.recv(1000)
    second.sendall(b"GET /hea")
    for connection in (silent, half, second):
        while connection.recv(1000):  # the rest of an answer, and then the end
            pass


def test_connections_are_counted(tight: RunningServer) -> None:
    with tight.client() as client:
        connections = [send(tight, "GET /healthz HTTP/1.1\nHost: x\n") for _ in range(30)]
        first = [connection.recv(1000) for connection in connections]
        assert sum(answer.startswith(b"HTTP/1.1 503") for answer in first) >= 18
        assert client.get("/healthz").text == "ok"


def test_connections_stay_below_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    raised = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 1024))
    assert 100 < allowed_connections(Settings()) < 500
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 1 << 20))
    monkeypatch.setattr(resource, "setrlimit", lambda which, both: raised.append(both))
    assert allowed_connections(Settings()) == Settings().max_connections
    assert raised[0][0] > 1024


def test_few_descriptors_fill_no_log(tiny_voice: Path, tmp_path: Path) -> None:
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400)); sys.argv[0] = 'xespeech';"
        "from xespeech.cli.main import run; run()"
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["serve", "--port", str(port), "--workers", "1", "--live", "0", "--model", str(tiny_voice)]
    log = tmp_path / "log"
    with log.open("w") as file:
        program = [sys.executable, "-c", code, *options, "--voices", str(tmp_path)]
        server = subprocess.Popen(program, stderr=file, stdout=file)
    try:
        eventually(lambda: "Uvicorn running" in log.read_text())
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
        time.sleep(1)
        for connection in connections:
            connection.close()
        eventually(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz").text == "ok")
        assert len(log.read_text().splitlines()) < 50
        server.send_signal(signal.SIGHUP)  # its terminal was closed: an orderly end, as by SIGTERM
        assert server.wait(120) == 0
    finally:
        server.kill()
        server.wait()


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def test_a_live_worker_that_hangs_is_left(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(live=1, timeout=3.0) as server:
        for leaves in (True, False):
            with connect(f"ws://127.0.0.1:{server.port}/v1/audio/conversions/live") as live:
                live.send(json.dumps({"type": "start", "voice": "mei"}))
                assert json.loads(live.recv(60))["type"] == "ready"
                workers = {pid for pid in family(os.getpid()) if b"forkserver" in command_of(pid)}
                workers -= set(server.pids)
                for pid in workers:
                    os.kill(pid, signal.SIGSTOP)
                live.send(bytes(9600))
                live.send(json.dumps({"type": "end"}))
                if not leaves:
                    assert json.loads(live.recv(60))["error"]["code"] == "timeout"
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
            eventually(lambda: server.service.live == 0)


# What is kept of a request


def test_invented_methods_are_one_label(tight: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(20):
            send(tight, f"MADEUP{'X' * 5000}{number} /v1/models HTTP/1.1\nHost: x\n\n").recv(1000)
    with tight.client() as client:
        text = client.get("/metrics").text
    assert "MADEUP" not in text + "".join(str(vars(own)) for own in caplog.records if own.name.startswith("xespeech"))
    assert 'method="other"' in text


def test_an_origin_that_is_no_address_is_refused(tight: RunningServer) -> None:
    with tight.client() as client:
        for origin in ("http://[", "http://[::1", "http://a]", "null", "//"):
            assert client.get("/v1/models", headers={"Origin": origin}).status_code == 403


def test_keys_in_an_address_are_not_logged(tight: RunningServer, capfd: pytest.CaptureFixture[str]) -> None:
    from xespeech.server.logs import configure

    configure()
    try:
        with connect(f"ws://127.0.0.1:{tight.port}/v1/audio/conversions/live?key=my-secret-key") as live:
            live.send("{}")
            live.recv(60)
        with tight.client() as client:
            client.get("/v1/models?key=my-secret-key")
        heard: list[str] = []
        eventually(lambda: heard.append(capfd.readouterr().err) or '"/v1/models"' in "".join(heard))
        assert "my-secret-key" not in "".join(heard)
    finally:
        for name in ("xespeech", "uvicorn"):
            logging.getLogger(name).handlers, logging.getLogger(name).propagate = [], True


# What is decoded


def flac(rate: int, channels: int, seconds: float) -> bytes:
    buffer = io.BytesIO()
    samples = np.zeros((round(rate * seconds), channels), np.float32)
    samples[::100] = 0.5
    soundfile.write(buffer, samples, rate, format="FLAC")
    return buffer.getvalue()


def test_high_rates_are_held_at_48_khz() -> None:
    audio = decode(flac(384_000, 1, 2.0))
    assert audio.sample_rate == 48_000
    assert audio.duration == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(("rate", "channels"), [(384_000, 8), (192_000, 8), (655_350, 2)])
def test_values_a_second_are_bounded(rate: int, channels: int) -> None:
    with pytest.raises(AudioError, match="values a second"):
        decode(flac(rate, channels, 0.5))


def test_channels_that_cancel_each_other_are_heard() -> None:
    tone = 0.3 * np.sin(np.arange(24_000) * 0.1).astype(np.float32)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.stack([tone, -tone], 1), 24_000, format="WAV", subtype="FLOAT")
    np.testing.assert_allclose(decode(buffer.getvalue()).samples, tone, atol=1e-6)


# Workers and memory


@pytest.mark.parametrize(
    ("cores", "gib", "workers"),
    [(16, 2, 2), (16, 4, 7), (2, 64, 2), (16, 64, 16), (64, 256, 16), (4, 1, 1), (1, 0.5, 1)],
)
def test_workers_follow_memory_and_cores(monkeypatch: pytest.MonkeyPatch, cores: int, gib: float, workers: int) -> None:
    monkeypatch.setattr(limits, "usable_cores", lambda: cores)
    monkeypatch.setattr(limits, "usable_memory", lambda: int(gib * (1 << 30)))
    assert Settings().n_workers == workers
    assert Settings(workers=5).n_workers == 5


def test_what_a_container_allows_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "self").write_text("0::/a/b\n")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    monkeypatch.setattr(machine, "_MEMBERSHIP", tmp_path / "self")
    free, cores = machine.usable_memory(), machine.usable_cores()
    (tmp_path / "a" / "b" / "memory.max").write_text("max\n")
    (tmp_path / "a" / "memory.max").write_text("1073741824\n")
    (tmp_path / "a" / "b" / "cpu.max").write_text("50000 100000\n")
    assert (machine.usable_memory(), machine.usable_cores()) == (1 << 30, 1)
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(str(1 << 29))
    assert machine.usable_memory() == 1 << 29
    (tmp_path / "self").write_text("0::/../elsewhere\n")
    assert (free, cores) >= (machine.usable_memory(), 1)


def test_every_limit_is_documented_and_checked() -> None:
    assert limits.table() in DOCUMENT.read_text(encoding="utf-8")
    for own in fields(Settings):
        if own.metadata:
            with pytest.raises(ConfigError, match=own.name):
                Settings(**{own.name: -1})
