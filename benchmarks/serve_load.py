"""Load on `xespeech serve`: many clients at once, every answer checked, then SIGTERM in the middle of it.

    python benchmarks/serve_load.py --minutes 10 --clients 16

starts a server on loopback, lets the clients speak, stream, convert, make mistakes and leave, and prints what came of
it. Exit code 1 tells that a promise was broken: a 5xx, a wrong or missing answer, memory that grew by more than 10 %,
or a request that was accepted before SIGTERM and not answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from serve_requests import Broken, Request, make_requests

_MEMORY_PERIOD = 2.0  # seconds
_WARM_UP = 0.2  # share of the time after which memory must stay flat
_MOST_GROWTH = 1.10
_WARM = 120.0  # seconds; in a shorter load memory only grows to what the first requests need


class Load:
    """What the clients did and what they saw."""

    def __init__(self, url: str, requests: list[Request], leaving: float) -> None:
        self.url, self._requests, self._leaving = url, requests, leaving
        self.counts: Counter[str] = Counter()
        self.times: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.broken: list[str] = []
        self.unanswered: dict[str, str] = {}
        """Requests without an answer since the server was told to stop, by their ids."""
        self.stopping = False
        self.until = math.inf
        """When clients stop."""

    @property
    def answers(self) -> int:
        """Right ones, of all kinds."""
        return sum(map(len, self.times.values()))

    def has_answered(self, least: int) -> bool:
        """Whether there are so many right answers, some of each kind of request."""
        return self.answers >= least and (not least or self.times.keys() == {each.kind for each in self._requests})

    async def client(self, number: int) -> None:
        """One client: request after request, for a minute more once the server was told to stop."""
        generator = np.random.default_rng(number)
        kept = httpx.Limits(keepalive_expiry=2.0)  # below the server's 5 s: what it may be closing is not used again
        async with httpx.AsyncClient(base_url=self.url, timeout=120, limits=kept) as http:
            serial = 0
            while time.monotonic() < self.until:
                serial += 1
                request = self._requests[int(generator.integers(len(self._requests)))]
                leaves = not request.is_mistake and generator.random() < self._leaving
                await self._ask(http, request, f"{number}-{serial}", leaves)
                if self.stopping and self.unanswered.get(f"{number}-{serial}") == "ConnectError":
                    return

    async def _ask(self, http: httpx.AsyncClient, request: Request, identity: str, leaves: bool) -> None:
        started = time.monotonic()
        first: float | None = None
        body = b""
        try:
            headers = {"X-Request-Id": identity, **request.arguments.get("headers", {})}
            async with http.stream(**{**request.arguments, "headers": headers}) as response:
                async for piece in response.aiter_raw():
                    first = first or time.monotonic()
                    body += piece
                    if leaves:
                        self.counts["left midway"] += 1
                        return
                if response.headers.get("x-request-id") != identity:
                    raise Broken("the answer is of another request")
            if response.status_code == 503 and self.stopping:
                self.counts["refused while stopping"] += 1
                await asyncio.sleep(0.2)
                return
            if response.status_code == 429:
                self.counts["429"] += 1
                await asyncio.sleep(float(response.headers["retry-after"]))
                return
            await asyncio.to_thread(request.check, response.status_code, body)  # the other clients go on meanwhile
        except Broken as broken:
            self.broken.append(f"{identity} {request.kind}: {broken}")
            return
        except httpx.HTTPError as error:
            if self.stopping:
                self.unanswered[identity] = type(error).__name__
            else:
                self.broken.append(f"{identity} {request.kind}: {type(error).__name__}")
            return
        self.counts[request.kind] += 1
        self.times[request.kind].append((first - started if first else 0.0, time.monotonic() - started))


def family(pid: int) -> list[tuple[int, int]]:
    """A process and all below it, each with how far below."""
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children[int(fields[1])].append(int(path.parent.name))
    members = [(pid, 0)]
    for member, depth in members:
        members.extend((child, depth + 1) for child in children[member])
    return members


Memory = list[tuple[int, float]]
"""MB of each process of a server, and how far below it the process is: 0 the server, 2 a worker."""


def memory_of(pid: int) -> Memory:
    """MB that a process and all below it occupy, shared pages counted in parts (PSS)."""
    found = []
    for member, depth in family(pid):
        try:
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue
        size = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        found.append((depth, size / 1000))
    return found


async def watch_memory(pid: int, seen: list[Memory]) -> None:
    """Keep noting it."""
    while True:
        seen.append(await asyncio.to_thread(memory_of, pid))
        await asyncio.sleep(_MEMORY_PERIOD)


async def run(
    load: Load, clients: int, seconds: float, server: subprocess.Popen[bytes], answers: int = 0
) -> list[Memory]:
    """The load, and SIGTERM in the middle of it.

    Args:
        load: the clients.
        clients: how many.
        seconds: for so long, and longer until there are the answers.
        server: which they ask.
        answers: at least, of each kind one; 0 for no least number.

    Returns:
        The memory over time.
    """
    memory: list[Memory] = []
    watching = asyncio.create_task(watch_memory(server.pid, memory))
    until = time.monotonic() + seconds
    tasks = [asyncio.create_task(load.client(number)) for number in range(clients)]
    while time.monotonic() < until or not (load.has_answered(answers) or load.broken):
        await asyncio.sleep(0.1)
        if server.poll() is not None:
            raise SystemExit("the server ended")
    watching.cancel()
    load.stopping, load.until = True, time.monotonic() + 60
    server.send_signal(signal.SIGTERM)
    await asyncio.gather(*tasks)
    return memory


def start_server(arguments: argparse.Namespace, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """`xespeech serve` on a free port, ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "xespeech.cli.main", "serve", "--port", str(port), "--voices", str(log.parent)]
    if arguments.workers:
        command += ["--workers", str(arguments.workers)]
    if arguments.model:
        command += ["--model", str(arguments.model)]
    with log.open("wb") as file:  # by a process of its own: the server's disk may be full
        writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
    server = subprocess.Popen(command, stderr=writer.stdin)
    assert writer.stdin is not None
    writer.stdin.close()
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return server, url
        except httpx.HTTPError:
            pass
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit(f"the server did not start:\n{log.read_text()[-2000:]}")


def accepted(log: Path) -> dict[str, int]:
    """Status of every request that the server's log tells of, by its id."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return {line["request_id"]: line["status"] for line in lines if line["message"] == "request"}


def sizes(memory: list[Memory], deepest: int | None = None) -> dict[str, int]:
    """MB in the first and the last third, and the most, without the beginning.

    Args:
        memory: over time.
        deepest: processes further below the server are left out.
    """
    flat = [sum(size for depth, size in each if deepest is None or depth <= deepest) for each in memory]
    flat = flat[int(len(flat) * _WARM_UP) :]
    third = max(1, len(flat) // 3)
    found = {"first third": np.median(flat[:third]), "last third": np.median(flat[-third:]), "most": max(flat)}
    return {name: round(float(size)) for name, size in found.items()}


def at_most(memory: list[Memory]) -> str:
    """What each process occupied when all together occupied most."""
    most = max(memory[int(len(memory) * _WARM_UP) :], key=lambda each: sum(size for _, size in each))
    names = ("server", "starter of workers", "worker")
    return ", ".join(f"{names[min(depth, 2)]} {size:.0f} MB" for depth, size in most if size >= 1)


def report(load: Load, memory: list[Memory], server: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """What came of it; `broken` holds every promise that was not kept."""
    broken = list(load.broken)
    statuses = accepted(log)
    for identity, error in load.unanswered.items():
        if identity in statuses and statuses[identity] != 503:
            broken.append(f"{identity}: accepted before SIGTERM and not answered ({error}, {statuses[identity]})")
    broken += [f"{identity}: answered {s}" for identity, s in statuses.items() if s >= 500 and s not in (503, 507)]
    if code := server.wait(300):
        broken.append(f"the server ended with exit code {code}")
    occupied = sizes(memory)
    begin, end = occupied["first third"], occupied["last third"]
    if end > begin * _MOST_GROWTH and len(memory) * _MEMORY_PERIOD > _WARM:
        broken.append(f"memory grew from {begin} to {end} MB")
    times = {}
    for kind, pairs in sorted(load.times.items()):
        first, total = np.array(pairs).T
        times[kind] = {
            "answers": len(pairs),
            **{f"first byte p{p}": round(float(np.percentile(first, p)), 3) for p in (50, 95)},
            **{f"total p{p}": round(float(np.percentile(total, p)), 3) for p in (50, 95)},
        }
    return {
        "answers": load.answers,
        "times": times,
        "other": {name: count for name, count in load.counts.items() if name not in load.times},
        "unanswered after SIGTERM, never accepted": len(load.unanswered),
        "memory MB": occupied,
        "memory without workers MB": sizes(memory, deepest=0),
        "most memory": at_most(memory),
        "broken": broken,
    }


def make_parser(description: str | None, minutes: float) -> argparse.ArgumentParser:
    """Options of a load on a server."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--answers", type=int, default=0, help="go on until there are so many, some of each kind")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, help="of the server; what cores and memory allow if not given")
    parser.add_argument("--model", type=Path, help="model folder; else the default voice")
    return parser


def main() -> None:
    parser = make_parser(__doc__, minutes=10.0)
    parser.add_argument("--leaving", type=float, default=0.01, help="share of requests whose client leaves midway")
    parser.add_argument("--out", type=Path, help="write the report here as JSON, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        requests = make_requests(arguments.model)
        server, url = start_server(arguments, log)
        load = Load(url, requests, arguments.leaving)
        try:
            memory = asyncio.run(run(load, arguments.clients, 60 * arguments.minutes, server, arguments.answers))
            result = report(load, memory, server, log)
        finally:
            server.kill()
            server.wait()
    text = json.dumps({"cores": len(os.sched_getaffinity(0)), **result}, indent=1)
    print(text)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    sys.exit(1 if result["broken"] else 0)


if __name__ == "__main__":
    main()
