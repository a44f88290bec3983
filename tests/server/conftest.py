"""Servers on loopback with the tiny model, for real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import RunningServer

from xespeech.server import Settings, create_app


@pytest.fixture(scope="session")
def serve(tiny_voice: Path) -> Callable[..., Any]:
    """`with serve(workers=1, ...) as server:` is a server with these settings."""

    @contextmanager
    def start(**settings: Any) -> Iterator[RunningServer]:
        server = RunningServer(create_app(Settings(**{"model": tiny_voice, "workers": 1, **settings})))
        try:
            yield server
        finally:
            server.stop()

    return start


@pytest.fixture(scope="session")
def server(serve: Callable[..., Any]) -> Iterator[RunningServer]:
    """A server with the default limits that tests share."""
    with serve(workers=2) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened
