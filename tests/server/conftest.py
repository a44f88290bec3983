"""Servers on loopback with the tiny model, for real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from serving import RunningServer


@pytest.fixture(scope="session")
def server(serve: Callable[..., Any]) -> Iterator[RunningServer]:
    """A server with the default limits that tests share."""
    with serve(workers=2) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened
