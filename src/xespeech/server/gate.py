"""ASGI middleware of all requests: keys, origins, admission, limits of time and size, and one line of log.

When a client disconnects, the application's task is cancelled, and its work.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import time
import uuid
from urllib.parse import urlsplit

from fastapi import WebSocket
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xespeech.errors import trace
from xespeech.server.problems import Aborted, Problem, problem_of
from xespeech.server.service import Held, Service

_CLIENT_LEFT = 499
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WORK = ("/v1/audio/speech", "/v1/read", "/v1/audio/conversions", "/v1/audio/voices", "/v1/voices")
_JSON = ("/v1/audio/speech", "/v1/read")
"""Routes whose bodies are JSON whatever their type: `curl -d` sends the type of a form. Other origins are refused."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DISCARD_SECONDS = 2.0  # for which the rest of a refused upload is taken, so that the client gets to read why,
_DISCARD_BYTES = 64 << 20  # and bytes: more than an upload has that is a little too large

_log = logging.getLogger("xespeech.server")


class Gate:
    """ASGI middleware.

    Args:
        app: the application.
        service: its service.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service
        self._keys = [hashlib.sha256(key.encode()).digest() for key in service.settings.api_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST" and scope["path"] in _JSON:
            headers = [header for header in scope["headers"] if header[0] != b"content-type"]
            scope = {**scope, "headers": [*headers, (b"content-type", b"application/json")]}
        exchange = _Exchange(scope, receive, send, self._service)
        try:
            self._check(exchange.headers, scope["path"])
            exchange.check(needs_slot=scope["method"] == "POST" and scope["path"] in _WORK)
            await exchange.run(self._app)
        except Problem as problem:
            await exchange.refuse(problem)
        except Aborted as aborted:
            exchange.fault = str(aborted)
            raise
        except asyncio.CancelledError:  # the server has waited for it long enough
            if exchange.status is not None:
                raise
            await exchange.refuse(Problem(503, "the server was stopped: send the request again.", "stopping"))
        except Exception as error:  # a defect: reported to the client and logged
            exchange.fault = trace(error)
            if exchange.status is not None:
                raise Aborted("failed after the response began") from None
            await exchange.refuse(problem_of(error))
        finally:
            exchange.leave()
            exchange.report()

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check(Headers(scope=scope), scope["path"])
        except Problem as problem:
            await receive()  # websocket.connect
            await WebSocket(scope, receive, send).send_denial_response(problem.response)
            return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers, path: str) -> None:
        """Check host, origin and key.

        Raises:
            Problem: one is not allowed.
        """
        settings = self._service.settings
        host = headers.get("host", "")
        if settings.allowed_hosts and _hostname(host) not in settings.allowed_hosts:
            message = f"this server does not answer for the host {_hostname(host)!r}: allow it with --allow-host."
            raise Problem(403, message, "host_not_allowed")
        origin = headers.get("origin")
        if origin and not {"*", origin} & set(settings.cors_origins) and _authority(origin) != host:
            message = "pages of another origin may not use this server: allow theirs with --cors-origin."
            raise Problem(403, message, "origin_not_allowed")
        if self._keys and path.startswith("/v1/") and not self._knows(headers.get("authorization", "")):
            message = "the API key is missing or wrong: send it as `Authorization: Bearer KEY`."
            raise Problem(401, message, "invalid_api_key")

    def _knows(self, authorization: str) -> bool:
        """Whether a key is valid, in constant time."""
        scheme, _, key = authorization.partition(" ")
        digest = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._keys]
        return any(matches) and scheme.lower() == "bearer"


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, service: Service) -> None:
        self.scope, self._receive, self._send, self._service = scope, receive, send, service
        self.headers = Headers(scope=scope)
        self.fault: str | None = None
        self.status: int | None = None
        given = self.headers.get("x-request-id", "")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.request_id
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        settings = service.settings
        has_recordings = kind == "multipart/form-data"  # whatever else a body claims to be, it is text
        self._limit = settings.max_upload if has_recordings else max(settings.max_body, 16 * settings.max_characters)
        self._idle_timeout = settings.idle_timeout
        self._body_deadline = time.perf_counter() + settings.body_timeout
        self._needs_slot = self._has_slot = False
        self._held = scope["state"]["held"] = Held(service)
        self._started = time.perf_counter()
        self._first_byte: float | None = None
        self._bytes_in = self._bytes_out = 0
        self._complete = False
        self._body_read, self._gone = asyncio.Event(), asyncio.Event()

    def check(self, needs_slot: bool) -> None:
        """Refuse a body that is announced to be too large, and work, which takes a slot when its body is complete.

        Raises:
            Problem: 413; 429 or 503 where there is no slot.
        """
        length = self.headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            raise self._too_large()
        if needs_slot:
            self._service.check_room()
        self._needs_slot = needs_slot

    def leave(self) -> None:
        """Release the slot and memory of the request."""
        self._held.release()
        if self._has_slot:
            self._service.leave()

    async def run(self, app: ASGIApp) -> None:
        """Run the application; cancel it when the client disconnects."""
        task: asyncio.Task[None] = asyncio.create_task(app(self.scope, self.receive, self.send))  # type: ignore[arg-type]
        watch = asyncio.create_task(self._wait_until_gone())
        try:
            await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and self._gone.is_set():
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled() and (error := task.exception()) is not None and not self._gone.is_set():
                raise error
        finally:
            for each in (task, watch):
                each.cancel()
            await asyncio.gather(task, watch, return_exceptions=True)

    async def receive(self) -> Message:
        """ASGI receive of the application."""
        if self._body_read.is_set():
            await self._gone.wait()
            return {"type": "http.disconnect"}
        left = self._body_deadline - time.perf_counter()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(self._idle_timeout, left)))
        except asyncio.TimeoutError:
            what = f"nothing came for {self._idle_timeout:g} s" if left > self._idle_timeout else "it took too long"
            raise Problem(408, f"{what}: send the request again, faster.", "too_slow") from None
        if message["type"] == "http.disconnect":
            self._gone.set()
            return message
        self._bytes_in += len(message.get("body", b""))
        if self._bytes_in > self._limit:
            raise self._too_large()
        self._held.body(len(message.get("body", b"")))
        if not message.get("more_body", False):
            self._body_read.set()
            if self._needs_slot:
                self._service.admit()
                self._has_slot = True
        return message

    async def send(self, message: Message) -> None:
        """ASGI send of the application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
            if self._service.stopping:
                message["headers"].append((b"connection", b"close"))
        else:
            body = message.get("body", b"")
            if body and self._first_byte is None:
                self._first_byte = time.perf_counter()
            self._bytes_out += len(body)
            self._complete = not message.get("more_body", False)
        try:
            await asyncio.wait_for(self._send(message), self._idle_timeout)
        except asyncio.TimeoutError:
            self._gone.set()
            raise Aborted("the client takes nothing") from None

    async def refuse(self, problem: Problem) -> None:
        """Answer with an error. The rest of the body is read first, or the client would not read the answer."""
        if "expect" not in self.headers:
            await self._discard()
        response: JSONResponse = problem.response
        if not self._body_read.is_set():
            response.headers["connection"] = "close"
        await response(self.scope, self.receive, self.send)  # type: ignore[arg-type]

    async def _discard(self) -> None:
        deadline, taken = time.perf_counter() + _DISCARD_SECONDS, 0
        while not self._body_read.is_set() and not self._gone.is_set() and taken < _DISCARD_BYTES:
            try:
                message = await asyncio.wait_for(self._receive(), max(0.0, deadline - time.perf_counter()))
            except asyncio.TimeoutError:
                return
            if message["type"] == "http.disconnect":
                self._gone.set()
            elif not message.get("more_body", False):
                self._body_read.set()
            taken += len(message.get("body", b""))

    async def _wait_until_gone(self) -> None:
        await self._body_read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._complete:  # uvicorn says so after the last byte, too
            self._gone.set()

    def _too_large(self) -> Problem:
        return Problem(413, f"the request has more than {self._limit / (1 << 20):g} MiB: send less.", "too_large")

    def report(self) -> None:
        """Count and log the request, without any content of the user's."""
        elapsed = time.perf_counter() - self._started
        status = _CLIENT_LEFT if self._gone.is_set() else self.status or 500
        route = getattr(self.scope.get("route"), "path", "other")
        metrics = self._service.metrics
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        metrics.requests.labels(method, route, status).inc()
        metrics.seconds.labels(route).observe(elapsed)
        if self._first_byte is not None:
            metrics.first_byte_seconds.labels(route).observe(self._first_byte - self._started)
        if route in ("/healthz", "/readyz", "/metrics") and status == 200:
            return
        extra = {
            "request_id": self.request_id,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(elapsed, 4),
            "bytes_in": self._bytes_in,
            "bytes_out": self._bytes_out,
        }
        if self.fault is not None:
            extra["fault"] = self.fault
        _log.log(logging.ERROR if status == 500 else logging.INFO, "request", extra=extra)


def _authority(origin: str) -> str | None:
    """Host and port in an Origin header; None when it is not an address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _hostname(host: str) -> str:
    """The name in a Host header, without the port."""
    return (host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]).lower()
