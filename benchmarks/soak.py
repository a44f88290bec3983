"""Mixed load on `xespeech serve` while faults are injected, for as long as is wanted.

    python benchmarks/soak.py --minutes 30 --clients 16

Clients do what those of `serve_load.py` do, every answer is compared with what Python makes of the same request. All
the while workers are killed, slow clients hold connections, small files arrive that decode to hours, and now and then
the server cannot write to its disk. At the end SIGTERM comes in the middle of it. It prints a table; exit code 1 tells
that something was wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import soundfile
from serve_load import Load, Memory, accepted, family, make_parser, report, run, start_server
from serve_requests import Request, make_requests, recording, refusal

_KILLS = 5.0  # seconds between two, at least
_WORK = 8  # answers between two, at least: on a busy machine nothing else would be done than starting workers
_SLOW = 6  # clients at once that send a byte now and then
_ROOM = 4.0  # seconds between two moments at which the disk is full
_VOICE = "soak"  # stored and deleted again and again


class Faults:
    """What goes wrong on purpose.

    Args:
        server: whose workers are killed.
        url: of it.
        load: which goes on meanwhile.
    """

    def __init__(self, server: subprocess.Popen[bytes], url: str, load: Load) -> None:
        self._server, self._url, self._load = server, url, load
        self.counts: Counter[str] = Counter()
        self.kills: list[float] = []
        self.broken: list[str] = []

    async def kill_workers(self) -> None:
        """End a worker every few seconds: they are what the server's own helper process has started."""
        wanted = 0
        while True:
            await asyncio.sleep(_KILLS)
            if self._load.answers < wanted:
                continue
            workers = [pid for pid, depth in family(self._server.pid) if depth == 2]
            if workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(random.choice(workers), signal.SIGKILL)
                    self.kills.append(time.monotonic())
                    self.counts["workers killed"] += 1
                    wanted = self._load.answers + _WORK

    async def be_slow(self, number: int) -> None:
        """Send a head or a body a byte at a time until the server has had enough."""
        url = httpx.URL(self._url)
        head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
        while True:
            try:
                reader, writer = await asyncio.open_connection(url.host, url.port)
                writer.write(head + (b"\r\n" if number % 2 else b""))
                reading = asyncio.create_task(reader.read(1))
                try:
                    while not reading.done():
                        writer.write(b"x")
                        await writer.drain()
                        await asyncio.wait({reading}, timeout=1.0)
                finally:
                    reading.cancel()
                    await asyncio.gather(reading, return_exceptions=True)
                writer.close()
                await writer.wait_closed()
            except OSError:
                await asyncio.sleep(1.0)
            self.counts["slow clients sent away"] += 1

    async def fill_the_disk(self) -> None:
        """Let nothing be written: what needs the disk must be told so, and must work again afterwards."""
        soft, hard = resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE)
        async with httpx.AsyncClient(base_url=self._url, timeout=120) as http:
            while True:
                await asyncio.sleep(_ROOM)
                for is_full in (True, False):
                    resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, (0 if is_full else soft, hard))
                    try:
                        await self._store(http, is_full)
                    except httpx.HTTPError as error:
                        if self._load.stopping:
                            return
                        self.broken.append(f"disk {'full' if is_full else 'free'}: {type(error).__name__}")
                        with contextlib.suppress(httpx.HTTPError):
                            await http.delete(f"/v1/voices/{_VOICE}")

    async def _store(self, http: httpx.AsyncClient, is_full: bool) -> None:
        voice = {"data": {"name": _VOICE, "consent": "A made voice."}, "files": {"audio_sample": recording(1.5, 1)}}
        large = {"data": {"seed": 1}, "files": dict.fromkeys(("source", "reference"), _large())}
        wanted = {
            ("POST", "/v1/voices", 201): voice,
            ("POST", "/v1/audio/conversions", 200): large,
            ("DELETE", f"/v1/voices/{_VOICE}", 200): {},
        }
        for (method, url, status), arguments in wanted.items():
            if is_full and method == "DELETE":
                continue
            answer = await http.request(method, url, **arguments)
            if answer.status_code in (429, 503):
                self.counts["refused for want of a worker or in the end, disk"] += 1
                if method == "POST" and url == "/v1/voices":
                    return
            elif answer.status_code != (507 if is_full else status):
                self.broken.append(f"{method} {url}, disk {'full' if is_full else 'free'}: {answer.status_code}")
            elif is_full:
                self.counts["refused because the disk was full"] += 1

    def since(self, started: float) -> int:
        """How many workers were killed since a request was sent: one may have been its own."""
        return sum(kill >= started for kill in self.kills)


class Soak(Load):
    """A load whose streams may break off when their worker was killed, and whose too large uploads may be cut off."""

    faults: Faults

    async def _ask(self, http: httpx.AsyncClient, request: Request, identity: str, leaves: bool) -> None:
        started = time.monotonic()
        await super()._ask(http, request, identity, leaves)
        mine = f"{identity} {request.kind}: "
        lost = next((line for line in self.broken if line.startswith(mine)), "").removeprefix(mine)
        cut = lost in ("RemoteProtocolError", "the last event is error")
        kills = self.faults.since(started)
        if self.unanswered.get(identity) == "RemoteProtocolError" and kills:
            self.counts["streams broken off by a kill"] += 1
            del self.unanswered[identity]
            return
        if cut and "speech" in request.kind and kills:
            self.counts["streams broken off by a kill"] += 1
        elif '"interrupted"' in lost and kills:  # the first of two may have come before the request was sent
            self.counts["requests whose worker was killed twice"] += 1
        elif lost in ("ReadError", "WriteError") and request.is_mistake:
            self.counts["refused uploads cut off while they were sent"] += 1
        else:
            return
        self.broken.remove(mine + lost)


def bombs(name: str) -> list[Request]:
    """Small files that decode to hours, or to gigabytes a minute, to be converted to a voice."""
    made = []
    for rate, channels, seconds in ((2000, 1, 36_000), (655_350, 1, 60), (192_000, 8, 5)):
        buffer = io.BytesIO()
        block = np.zeros((rate, channels), np.int16)
        with soundfile.SoundFile(buffer, "w", rate, channels, "PCM_16", format="FLAC") as file:
            for _ in range(seconds):
                file.write(block)
        arguments = {
            "method": "POST",
            "url": "/v1/audio/conversions",
            "files": {"source": ("a.flac", buffer.getvalue())},
        }
        made.append(Request("bomb", {**arguments, "data": {"seed": 1}}, refusal(400), True))
    return made


def _large() -> bytes:
    """A recording of a few seconds in more than the megabyte that a server keeps in memory."""
    samples, _ = soundfile.read(io.BytesIO(recording(2.0, 3)))
    buffer = io.BytesIO()
    soundfile.write(buffer, np.repeat(np.repeat(samples, 3)[:, None], 4, axis=1), 48_000, "PCM_24", format="WAV")
    return buffer.getvalue()


async def soak(load: Soak, clients: int, seconds: float, server: subprocess.Popen[bytes], answers: int) -> list[Memory]:
    """The load among faults, see `serve_load.run`; returns the memory over time."""
    tasks = [asyncio.create_task(load.faults.kill_workers()), asyncio.create_task(load.faults.fill_the_disk())]
    tasks += [asyncio.create_task(load.faults.be_slow(number)) for number in range(_SLOW)]
    try:
        return await run(load, clients, seconds, server, answers)
    finally:
        for task in tasks:
            task.cancel()


def still_there(processes: list[int], patience: float = 10.0) -> list[int]:
    """Which of these processes run although their server has ended; they get some seconds to notice."""
    deadline = time.monotonic() + patience
    while True:
        left = []
        for pid in processes:
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    left.append(pid)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


def _in_mb(sizes: dict[str, int]) -> str:
    return " / ".join(f"{size} MB" for size in sizes.values())


def main() -> None:
    arguments = make_parser(__doc__, minutes=30.0).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        requests = make_requests(arguments.model)
        requests += bombs(str(requests[0].arguments["json"]["voice"]))
        server, url = start_server(arguments, log)
        load = Soak(url, requests, leaving=0.02)
        load.faults = Faults(server, url, load)
        started = [pid for pid, _ in family(server.pid)]
        try:
            seconds = 60 * arguments.minutes
            memory = asyncio.run(soak(load, arguments.clients, seconds, server, arguments.answers))
            result = report(load, memory, server, log)
        finally:
            server.kill()
            server.wait()
        statuses = Counter(accepted(log).values())
        left = still_there(started)
        kept = {log, log.with_name(f"{_VOICE}.json")}  # SIGTERM may come before the client deletes the voice it stored
        files = sorted(path.name for path in Path(folder).iterdir() if path not in kept)
    wrong = [
        *result["broken"],
        *load.faults.broken,
        *(f"process {pid} is left" for pid in left),
        *(f"file {name} is left" for name in files),
    ]
    rows = {
        "minutes, clients": f"{arguments.minutes:g}, {arguments.clients}",
        "answers, all right": f"{result['answers']:,}",
        **{name: f"{count:,}" for name, count in sorted({**load.counts, **load.faults.counts}.items())},
        "answers by status": ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())),
        "memory, first and last third, most": _in_mb(result["memory MB"]),
        "memory without workers, first and last third, most": _in_mb(result["memory without workers MB"]),
        "most memory": result["most memory"],
        "processes, files left behind": f"{len(left)}, {len(files)}",
        "wrong": str(len(wrong)),
    }
    print("| | |\n|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), sep="\n")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
