"""The pool of worker processes, and their jobs.

A worker that dies is replaced at once, and its job is repeated by another unless part of the answer has been
sent to the client. A worker that takes too long, or does not stop when its job is cancelled, is killed.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import anyio

from xespeech.errors import AudioError, ModelError
from xespeech.server import worker as worker_process
from xespeech.server.messages import Message, pack, read_message_async
from xespeech.server.metrics import Metrics
from xespeech.server.problems import Problem, refusal
from xespeech.server.settings import Settings

_LONGEST_SOCKET_PATH = 103  # bytes; of macOS, Linux allows 4 more

LAST = frozenset({"end", "refused", "defect", "cancelled"})
"""Types of messages that end a job."""
_CANCEL_TIMEOUT = 2.0  # seconds within which a worker stops a cancelled job; one graph of the model takes less
_MOST_MESSAGES = 32  # of one job that the client has not taken; the worker waits then
_START_TIMEOUT = 60.0
_SLOWEST_RETRY = 10.0  # seconds between attempts to start a worker

_log = logging.getLogger("xespeech.server")


class WorkerDied(Exception):
    """A worker ended in the middle of a job; the message is the name of the recording that it was decoding."""


class Worker:
    """The server's side of one worker process."""

    def __init__(self, process: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.process, self.writer, self._reader = process, writer, reader
        self.messages: asyncio.Queue[Message | None] = asyncio.Queue(_MOST_MESSAGES)
        """Of the current job; None when the worker is dead."""
        self.is_abandoned = False
        """Whether the current job was cancelled."""

    @classmethod
    async def start(cls, settings: Settings) -> Worker:
        """Start a process and wait until it is ready.

        Raises:
            ModelError: it cannot open the model.
            WorkerDied: it ended for another reason.
        """
        mine, theirs = socket.socketpair()
        try:
            process = _context().Process(target=worker_process.main, args=(theirs, settings.model), daemon=True)
            await asyncio.to_thread(process.start)
        except BaseException:
            mine.close()
            raise
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=mine)
        started = cls(process, reader, writer)
        try:
            message = await asyncio.wait_for(read_message_async(reader), _START_TIMEOUT)
        except BaseException:
            started.kill()
            raise
        if message is None or message.type != "ready":
            started.kill()
            if message is not None and message.type == "refused":
                raise ModelError(message.content["message"])
            raise WorkerDied
        return started

    async def receive(self) -> Message | None:
        """The next message; None when the worker is dead."""
        return await read_message_async(self._reader)

    def send(self, message: bytes) -> None:
        """Queue a message for the worker."""
        if not self.writer.is_closing():
            self.writer.write(message)

    def kill(self) -> None:
        """End the process now."""
        self.writer.close()
        if self.process.is_alive():
            self.process.kill()


class Pool:
    """The workers of a server.

    Args:
        settings: of the server.
        metrics: to update.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._idle: deque[Worker] = deque()
        self._n_idle = asyncio.Semaphore(0)  # serves those who wait in their order
        self._workers: set[Worker] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.seconds_of_a_job = 1.0
        """Typical seconds of a job."""
        self.stopping = False

    @property
    def n_alive(self) -> int:
        """Workers that are ready or at work."""
        return len(self._workers)

    async def start(self) -> None:
        """Start all workers; return when the first is ready.

        Raises:
            ModelError: the model cannot be opened.
        """
        started = asyncio.get_running_loop().create_future()
        keepers = range(self._settings.n_workers)
        self._tasks = [asyncio.create_task(self._keep_a_worker(started)) for _ in keepers]
        await started

    async def stop(self) -> None:
        """End all workers."""
        self.stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for each in list(self._workers):
            each.kill()
        self._workers.clear()

    async def run(
        self, kind: str, *pieces: bytes, discard: Callable[[], None] | None = None, **content: Any
    ) -> AsyncGenerator[Message, None]:
        """Do a job; yields its `audio` messages, then its `end`.

        Closing the generator cancels the job.

        Args:
            kind, pieces, content: of the job.
            discard: called when the worker died and the job is repeated from its beginning: the caller forgets the
                messages so far. Without it, a job is not repeated once it has yielded a message.

        Raises:
            Problem: the job was refused, took too long or failed.
        """
        answered = False
        for attempt in (1, 2):
            try:
                async with aclosing(self._attempt(pack(kind, *pieces, **content))) as messages:
                    async for message in messages:
                        answered = True
                        yield message
                return
            except WorkerDied as died:
                self._metrics.retries.inc()
                if attempt == 2 and str(died):
                    raise _undecodable(str(died)) from None
                if attempt == 2 or (answered and discard is None):
                    raise Problem(
                        503, "the work was interrupted: send the request again.", "interrupted", retry_after=1
                    ) from None
                if discard is not None:
                    discard()

    async def _attempt(self, job: bytes) -> AsyncGenerator[Message, None]:
        try:
            worker = await self._take(self._settings.timeout / 2)
        except TimeoutError:
            raise Problem(
                429, "all workers are busy and stayed so: send the request again later.", "busy", retry_after=10
            ) from None
        messages, began = worker.messages, time.monotonic()
        deadline = began + self._settings.timeout
        decoding = ""  # name of the recording that is being decoded
        worker.send(job)
        try:
            while True:
                message = await self._next(worker, messages, deadline, decoding)
                if message.type in ("decoding", "decoded"):
                    decoding = message.content["name"] if message.type == "decoding" else ""
                    continue
                if message.type == "refused":
                    raise refusal(message.content)
                if message.type == "defect":
                    _log.error("defect in a worker", extra={"trace": message.content.get("trace")})
                    raise Problem(500, "the server failed at this request; its log tells where.", "internal_error")
                given = time.monotonic()
                yield message
                deadline += time.monotonic() - given  # time of a slow client does not count
                if message.type == "end":
                    self.seconds_of_a_job += 0.1 * (time.monotonic() - began - self.seconds_of_a_job)
                    return
        finally:
            if worker.messages is messages and worker in self._workers:  # the job has not ended
                self._cancel(worker)

    async def _next(
        self, worker: Worker, messages: asyncio.Queue[Message | None], deadline: float, decoding: str
    ) -> Message:
        timeout = deadline - time.monotonic()
        if decoding:
            timeout = min(timeout, self._settings.decode_timeout)
        try:
            message = await asyncio.wait_for(messages.get(), timeout) if messages.empty() else messages.get_nowait()
        except asyncio.TimeoutError:
            worker.kill()
            if decoding:
                raise _undecodable(decoding) from None
            raise Problem(504, "the work took too long: send less at once.", "timeout") from None
        if message is None:
            raise WorkerDied(decoding)
        return message

    def _cancel(self, worker: Worker) -> None:
        """Cancel the job of a worker; kill the worker if it does not stop."""
        worker.send(pack("cancel"))
        worker.is_abandoned = True
        while not worker.messages.empty():  # the worker may be waiting to send
            worker.messages.get_nowait()
        abandoned = worker.messages
        loop = asyncio.get_running_loop()
        loop.call_later(_CANCEL_TIMEOUT, lambda: worker.kill() if worker.messages is abandoned else None)

    async def _take(self, timeout: float) -> Worker:
        """An idle worker, first come, first served.

        Raises:
            TimeoutError: none became free in time.
        """
        with anyio.fail_after(timeout):
            while True:
                await self._n_idle.acquire()
                if (worker := self._idle.popleft()) in self._workers:  # it may have died since
                    return worker

    def _release(self, worker: Worker) -> None:
        """Hand a worker to the job that has waited longest."""
        worker.messages, worker.is_abandoned = asyncio.Queue(_MOST_MESSAGES), False
        self._idle.append(worker)
        self._n_idle.release()

    async def _keep_a_worker(self, started: asyncio.Future[None]) -> None:
        """Start a worker, read its messages until it dies, start the next; `started` tells of the first."""
        failures = 0
        while not self.stopping:
            try:
                worker = await Worker.start(self._settings)
            except (ModelError, WorkerDied, OSError, EOFError, asyncio.TimeoutError) as error:
                if not started.done() and isinstance(error, ModelError):
                    started.set_exception(error)
                    return
                failures += 1
                _log.error("a worker did not start", extra={"reason": type(error).__name__})
                await asyncio.sleep(min(0.1 * 2**failures, _SLOWEST_RETRY))
                continue
            failures = 0
            self._workers.add(worker)
            self._metrics.workers.set(self.n_alive)
            if not started.done():
                started.set_result(None)
            self._release(worker)
            try:
                await self._listen(worker)
            finally:
                self._workers.discard(worker)
                self._metrics.workers.set(self.n_alive)
                while worker.messages.full():
                    worker.messages.get_nowait()
                worker.messages.put_nowait(None)
                worker.kill()
            self._metrics.deaths.inc()
            _log.warning("a worker ended and is replaced", extra={"pid": worker.process.pid})

    async def _listen(self, worker: Worker) -> None:
        """Forward the messages of a worker; it is idle again after the last one of a job."""
        while (message := await worker.receive()) is not None:
            if not worker.is_abandoned:
                await worker.messages.put(message)
            if message.type in LAST:
                self._release(worker)


def _undecodable(name: str) -> Problem:
    error = AudioError(f"{name} makes the decoder fail: export it again, as wav for instance.")
    return Problem(400, **worker_process.describe(error))


def _context() -> Any:
    """Start method of workers: forked from a server process that has loaded everything, where the system can.

    That process listens on a socket in the temporary folder, whose path may be too long for a socket.
    """
    socket_path = len(os.fsencode(tempfile.gettempdir())) + len("/pymp-12345678/listener-12345678")
    if sys.platform == "win32" or socket_path > _LONGEST_SOCKET_PATH:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["xespeech.server.warm"])
    return context
