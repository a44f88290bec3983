"""Limits of connections: their number, and the time that the head of a request may take.

Uvicorn limits neither: a client that sends nothing, or half a head, holds a file descriptor for ever, and without free
descriptors, asyncio logs an error thousands of times a second.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from xespeech.server.settings import Settings

_RESERVED = 256  # descriptors for workers, libraries, files and what is accepted in one turn
BACKLOG = 128
"""Length of the listen queue, and connections accepted in one turn of the event loop."""
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def allowed_connections(settings: Settings) -> int:
    """The most connections at once; the limit of file descriptors is raised where the system allows it.

    Args:
        settings: of the server; each of its requests may need a second descriptor for what is written to disk.
    """
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return settings.max_connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * settings.max_connections + _RESERVED
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return settings.max_connections
    return max(1, min(settings.max_connections, (soft - _RESERVED) // 2))


def protocol(settings: Settings) -> type[H11Protocol]:
    """Uvicorn's protocol with the two limits."""
    most = allowed_connections(settings)

    class BoundedProtocol(H11Protocol):
        """A connection with limits."""

        _head: asyncio.TimerHandle | None = None
        _refused = False

        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **settings)
            self.access_log = False  # its log lines quote what clients send; the gate logs instead

        def connection_made(self, transport: Any) -> None:
            if len(self.connections) >= most:
                self._refused = True
                transport.write(_FULL)
                transport.close()
                return
            super().connection_made(transport)
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget_head()
            if not self._refused:
                super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if not self._refused:
                super().data_received(data)
                self._watch(has_begun=True)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._watch(has_begun=bool(self.conn.trailing_data[0]))

        def _watch(self, has_begun: bool) -> None:
            """Start the timer while no request is being answered and the next one has begun."""
            if self.cycle is not None and not self.cycle.response_complete:
                self._forget_head()
            elif self._head is None and has_begun:
                self._expect_head()

        def _expect_head(self) -> None:
            self._head = self.loop.call_later(settings.header_timeout, self._give_up)

        def _forget_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _give_up(self) -> None:
            self._head = None
            is_mine = self.transport.get_protocol() is self  # a WebSocket has another protocol
            if is_mine and not self.transport.is_closing() and (self.cycle is None or self.cycle.response_complete):
                self.transport.abort()

    return BoundedProtocol
