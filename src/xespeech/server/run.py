"""Uvicorn with graceful shutdown: accepted requests are finished first."""

from __future__ import annotations

import math
import os
import signal
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI

from xespeech.server.connections import BACKLOG, protocol
from xespeech.server.logs import configure
from xespeech.server.service import Service

_MOST_MESSAGE = 1 << 20  # bytes of one message of a WebSocket


class PatientServer(uvicorn.Server):
    """On the first SIGTERM or Ctrl-C, new requests are refused and accepted ones finished; the second ends at once.

    Args:
        config: of uvicorn.
        service: to wait for.
    """

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._deadline = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._service.stopping:
            super().handle_exit(sig, frame)
            return
        self._service.stopping = True
        self._deadline = time.monotonic() + self._service.settings.shutdown_timeout

    async def on_tick(self, counter: int) -> bool:
        busy = self._service.in_flight > 0 or self._service.live > 0
        if self._service.stopping and (not busy or time.monotonic() > self._deadline):
            return True
        return await super().on_tick(counter)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve an application of `create_app` until the process is told to stop."""
    configure()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of numpy in each worker: there is one for each core
    server = PatientServer(configuration(app, host, port), app.state.service)
    hang_up = getattr(signal, "SIGHUP", None)  # the terminal was closed; nohup has it ignored
    if hang_up is not None and signal.getsignal(hang_up) == signal.SIG_DFL:
        signal.signal(hang_up, server.handle_exit)
    server.run()


def configuration(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """Uvicorn's settings, with the limits of the application's."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol(app.state.service.settings),
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=math.ceil(app.state.service.settings.idle_timeout),  # clients give up after 5 s: before us
        ws_max_size=_MOST_MESSAGE,
        ws_max_queue=4,
        server_header=False,
    )
