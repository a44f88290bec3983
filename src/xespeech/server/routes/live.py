"""`WS /v1/audio/conversions/live`: live voice conversion.

    client  {"type": "start", "voice": "mei", "sample_rate": 16000, ...}    the fields of LiveStart
    server  {"type": "ready", "sample_rate": 24000}
    client  binary: signed 16 bit, little-endian, one channel, pieces of any length
    server  binary: the same at the rate of the model
    client  {"type": "end"}
    server  binary: the rest, then {"type": "done", "seconds": 12.5} and a close

An error is answered {"type": "error", "error": {...}} and a close with 1008; 1013 means that the server is full.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from xespeech.files import parse_json
from xespeech.inference.options import ConversionOptions
from xespeech.server.messages import pack
from xespeech.server.pool import LAST, Worker
from xespeech.server.problems import Problem, problem_of, refusal
from xespeech.server.schemas import LiveStart, given
from xespeech.server.service import Service

router = APIRouter()
_ROUTE = "/v1/audio/conversions/live"
_CLOSES = {429: 1013, 500: 1011, 503: 1012, 504: 1011}
"""Close codes by HTTP status; 1008 for the others."""

_log = logging.getLogger("xespeech.server")


@router.websocket(_ROUTE)
async def convert_live(socket: WebSocket) -> None:
    """One live conversion, in a separate worker."""
    service: Service = socket.app.state.service
    started, code, seconds = time.perf_counter(), 1000, 0.0
    await socket.accept()
    try:
        with service.admit_live():
            start = await _read_start(socket, service)
            style = await service.style(start.voice)
            worker = await Worker.start(service.settings)
            try:
                seconds = await _converse(socket, service, worker, start, style)
            finally:
                worker.kill()
        await socket.close()
    except WebSocketDisconnect as left:
        code = left.code
    except Exception as error:
        problem = problem_of(error)
        code = _CLOSES.get(problem.status_code, 1008)
        if problem.status_code == 500:
            _log.error("defect in a live conversion", exc_info=error)
        await _say_why(socket, problem, code)
    finally:
        elapsed = round(time.perf_counter() - started, 3)
        _log.info("live", extra={"route": _ROUTE, "code": code, "seconds": elapsed, "audio_seconds": round(seconds, 3)})


async def _read_start(socket: WebSocket, service: Service) -> LiveStart:
    message = await _receive(socket, service)
    if message.get("text") is None:
        raise Problem(400, 'the first message must be JSON: {"type": "start", "voice": ...}.', "invalid_message")
    return LiveStart.model_validate_json(message["text"])


async def _receive(socket: WebSocket, service: Service) -> dict[str, Any]:
    """The client's next message.

    Raises:
        WebSocketDisconnect: it has disconnected.
        Problem: there is none for too long.
    """
    timeout = service.settings.idle_timeout
    try:
        message = await asyncio.wait_for(socket.receive(), timeout)
    except asyncio.TimeoutError:
        raise Problem(408, f"nothing came for {timeout:g} s: connect again.", "too_slow") from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    return dict(message)


async def _converse(
    socket: WebSocket, service: Service, worker: Worker, start: LiveStart, style: list[float] | None
) -> float:
    """Exchange audio until the client ends it; returns its seconds."""
    options = given(start, ConversionOptions)
    worker.send(pack("live", options=options, style=style, sample_rate=start.sample_rate, delay=start.delay))
    listening = asyncio.create_task(_listen(socket, service, worker))
    answering = asyncio.create_task(_answer(socket, service, worker))
    try:
        await asyncio.wait({listening, answering}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():  # raises errors, except of clients that have disconnected
            listening.result()
        return await answering
    finally:
        for task in (listening, answering):
            task.cancel()
        await asyncio.gather(listening, answering, return_exceptions=True)


async def _listen(socket: WebSocket, service: Service, worker: Worker) -> None:
    """Forward audio of the client, no faster than the worker takes it."""
    try:
        while True:
            message = await _receive(socket, service)
            if (data := message.get("bytes")) is not None:
                if len(data) % 2:
                    raise Problem(400, f"{len(data)} bytes are not whole samples of 16 bits.", "invalid_audio")
                worker.send(pack("audio", data))
                await asyncio.wait_for(worker.writer.drain(), service.settings.idle_timeout)
            elif _is_end(message.get("text") or ""):
                worker.send(pack("end"))
                break
            else:
                raise Problem(400, 'a message is neither audio nor {"type": "end"}.', "invalid_message")
        # the client may disconnect, and the worker may never finish
        await asyncio.wait_for(_until_gone(socket), service.settings.timeout)
    except asyncio.TimeoutError:
        raise Problem(504, "the conversion took too long: connect again.", "timeout") from None


async def _until_gone(socket: WebSocket) -> None:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        pass
    raise WebSocketDisconnect(message.get("code", 1005))


def _is_end(text: str) -> bool:
    try:
        content = parse_json(text)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("type") == "end"


async def _answer(socket: WebSocket, service: Service, worker: Worker) -> float:
    """Forward audio of the worker; returns its seconds."""
    while (message := await worker.receive()) is not None:
        if message.type == "audio":
            await asyncio.wait_for(socket.send_bytes(message.pieces[0]), service.settings.idle_timeout)
        elif message.type == "ready":
            await socket.send_json({"type": "ready", "sample_rate": message.content["sample_rate"]})
        elif message.type == "end":
            seconds = float(message.content["seconds"])
            service.metrics.audio_seconds.labels(_ROUTE).inc(seconds)
            await socket.send_json({"type": "done", "seconds": seconds})
            return seconds
        elif message.type == "refused":
            raise refusal(message.content)
        elif message.type in LAST:
            _log.error("defect in a worker", extra={"trace": message.content.get("trace")})
            break
    raise Problem(503, "the conversion was interrupted: connect again.", "interrupted")


async def _say_why(socket: WebSocket, problem: Problem, code: int) -> None:
    try:
        await socket.send_json({"type": "error", **problem.body})
        await socket.close(code)
    except (RuntimeError, WebSocketDisconnect):  # the client has left meanwhile
        pass
