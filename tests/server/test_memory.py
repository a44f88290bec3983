"""The documented container, two gibibytes, under the worst that its limits permit: what all of its processes occupy."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from websockets.sync.client import ClientConnection, connect

from serving import family
from syllables import syllables
from xespeech.server.settings import MIB, Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is watched in /proc")
CONTAINER = """
import sys
from xespeech.server import settings
settings.usable_memory, settings.usable_cores = lambda: 2 << 30, lambda: 16
sys.argv[0] = "xespeech"
from xespeech.cli.main import run
run()
"""


def occupied(pid: int) -> tuple[int, list[int]]:
    """Bytes of a process and all below it, shared ones counted once; and those of each that it shares with none."""
    total, alone = 0, []
    for member in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        sizes = [(line.split()[0], int(line.split()[1]) << 10) for line in rollup.splitlines()[1:]]
        total += sum(size for name, size in sizes if name == "Pss:")
        alone.append(sum(size for name, size in sizes if name.startswith("Private_")))
    return total, alone


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Process and port of the server, which has the default voice and the page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["serve", "--ui", "--port", str(port), "--voices", str(tmp_path_factory.mktemp("voices"))]
    server = subprocess.Popen([sys.executable, "-c", CONTAINER, *options], stderr=subprocess.DEVNULL)
    try:
        while True:
            assert server.poll() is None, "the server ended"
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(300)


def largest_upload() -> bytes:
    """A recording as long as one may be, in nearly as many bytes as a request may have."""
    settings = Settings()
    rate = int((settings.max_upload - 100_000) / settings.max_seconds / 2)
    buffer = io.BytesIO()
    samples = np.resize(syllables(20.0, rate), round(rate * settings.max_seconds) - 1)
    soundfile.write(buffer, samples, rate, format="WAV")
    return buffer.getvalue()


def test_two_gibibytes_suffice(container: tuple[int, int]) -> None:
    pid, port = container
    url, settings = f"http://127.0.0.1:{port}", Settings()
    upload = largest_upload()
    assert 0.98 * settings.max_upload < len(upload) < settings.max_upload
    pcm = (32767 * syllables(0.1, 48_000)).astype("<i2").tobytes()
    statuses: dict[str, int] = {}
    most, worker, busy = 0, 0, True

    def watch() -> None:
        nonlocal most, worker
        while busy:
            total, (_, *below) = occupied(pid)
            most, worker = max(most, total), max(worker, *below, 0)
            time.sleep(0.3)

    def convert(name: str) -> None:
        with httpx.Client(base_url=url, timeout=600) as client:
            answer = client.post("/v1/audio/conversions", files={"source": upload}, data={"voice": "kathleen"})
            statuses[name] = answer.status_code

    def talk(live: ClientConnection) -> None:
        """A little now and then: the connection stays, however busy the machine is."""
        while any(thread.is_alive() for thread in working):
            live.send(pcm)
            with contextlib.suppress(TimeoutError):
                live.recv(1.0)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        working = [threading.Thread(target=convert, args=[name]) for name in ("one", "another")]
        lives = [connect(f"ws://127.0.0.1:{port}/v1/audio/conversions/live", open_timeout=600) for _ in range(2)]
        for live in lives:
            live.send(json.dumps({"type": "start", "voice": "kathleen", "sample_rate": 48_000}))
            assert json.loads(live.recv(600))["type"] == "ready"
        for thread in working:
            thread.start()
        held = [_hold(port, upload) for _ in range(2)]  # bodies that wait for their last byte
        talking = [threading.Thread(target=talk, args=[live]) for live in lives]
        for thread in talking:
            thread.start()
        for thread in (*working, *talking):
            thread.join()
        for connection in (*lives, *held):
            connection.close()
    finally:
        busy = False
        watching.join()
    assert {"one", "another"} == set(statuses)
    assert set(statuses.values()) <= {200, 504}  # where the machine is too busy the server says so
    assert httpx.get(f"{url}/healthz").text == "ok"
    untried = settings.max_answers + settings.max_stored  # what clients and the page may leave lying
    print(
        f"{most / MIB:.0f} MiB at most, {untried / MIB:.0f} MiB kept free; {worker / MIB:.0f} MiB of one worker alone"
    )
    assert most + untried < 2048 * MIB


def _hold(port: int, body: bytes) -> socket.socket:
    """A connection that has sent all of a large body but its end."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=600)
    head = (
        "POST /v1/audio/conversions HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f'Content-Length: {len(body) + 200}\r\n\r\n--b\r\nContent-Disposition: form-data; name="source"; '
        'filename="a.wav"\r\n\r\n'
    )
    connection.sendall(head.encode() + body)
    return connection
