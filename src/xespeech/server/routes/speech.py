"""`POST /v1/audio/speech`: a text becomes audio, for OpenAI's clients."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from xespeech.inference.options import SpeechOptions
from xespeech.server.emotions import emotion_of
from xespeech.server.formats import GROWING, MEDIA_TYPES
from xespeech.server.problems import Aborted, Problem
from xespeech.server.schemas import SpeechRequest, VoiceId, given, refusals
from xespeech.server.service import Service
from xespeech.server.stock_clients import IGNORED_HEADER, MODEL, VOICE_HEADER

router = APIRouter(tags=["speech"])
_ROUTE = "/v1/audio/speech"
AUDIO = {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES.values()}


@router.post(
    _ROUTE,
    summary="Speak a text",
    response_class=Response,
    responses={
        200: {
            "description": "Audio, or events `speech.audio.delta` and `speech.audio.done`.",
            "content": {**AUDIO, "text/event-stream": {}},
        },
        **refusals(400, 401, 403, 404, 408, 413, 429, 500, 503, 504),
    },
)
async def speak(request: Request, body: SpeechRequest) -> Response:
    """Audio of a text, complete or while it is made."""
    service: Service = request.app.state.service
    service.check_model(body.model or MODEL)
    format = body.response_format or "mp3"
    check_format(format)
    service.check_length(body.input)
    if body.stream is False and body.stream_format is not None:
        raise Problem(
            400, "stream is false, but a stream format is given: leave one of them out.", "contradiction", "stream"
        )
    asked = body.voice.id if isinstance(body.voice, VoiceId) else body.voice
    voice = await service.speaker(asked)
    emotion, is_followed = _emotion(body, service)
    headers = {} if voice == asked else {VOICE_HEADER: quote(str(voice))}
    if not is_followed:
        headers[IGNORED_HEADER] = "instructions"
    options = {**given(body, SpeechOptions), "voice": voice, "emotion": emotion}
    SpeechOptions(**options)  # refuses contradictory options before a worker is used
    growing = body.stream or body.stream_format is not None or (body.stream is None and format in GROWING)
    job: dict[str, Any] = {
        "text": body.input,
        "options": options,
        "style": await service.style(voice),
        "format": format,
        "growing": growing,
        "most": service.settings.max_speech,
    }
    if not growing:
        data = await service.whole(request.state.held, "speak", _ROUTE, **job)
        return Response(data, media_type=MEDIA_TYPES[format], headers=headers)
    audio = service.audio("speak", _ROUTE, **job)
    try:
        first = await anext(audio)  # errors of the request are raised before the first audio
    except StopAsyncIteration:
        raise Problem(500, "nothing was spoken.", "internal_error") from None
    if body.stream_format == "sse":
        events = _events(first, audio, len(body.input))
        headers["Cache-Control"] = "no-store"
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)
    return StreamingResponse(_continue(first, audio), media_type=MEDIA_TYPES[format], headers=headers)


def check_format(name: str) -> None:
    """Refuse formats without an encoder.

    Raises:
        Problem: there is no encoder for it.
    """
    if name not in MEDIA_TYPES:
        message = f"{name} cannot be made by this server: choose one of {', '.join(MEDIA_TYPES)}."
        raise Problem(400, message, "unsupported_format", "response_format")


def _emotion(body: SpeechRequest, service: Service) -> tuple[str | None, bool]:
    """The emotion of the request, and whether its instructions could be followed."""
    if body.instructions is None or not body.instructions.strip():
        return body.emotion, True
    if body.emotion is not None:
        message = "emotion and instructions both choose the emotion: give one of them."
        raise Problem(400, message, "contradiction", "instructions")
    try:
        return emotion_of(body.instructions, service.emotions), True
    except Problem:  # "Voice: warm, like a guide": not an error, clients send such text by default
        return None, False


async def _continue(first: bytes, audio: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    try:
        yield first
        async for piece in audio:
            yield piece
    except Problem as problem:  # the response has begun: the connection is closed, so that the client notices
        raise Aborted(problem.code) from None
    finally:
        await audio.aclose()


async def _events(first: bytes, audio: AsyncGenerator[bytes, None], characters: int) -> AsyncGenerator[bytes, None]:
    """OpenAI's events. Usage is in characters of text and bytes of audio, not in tokens."""
    n_bytes = len(first)
    try:
        yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(first).decode()})
        async for piece in audio:
            n_bytes += len(piece)
            yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
        usage = {"input_tokens": characters, "output_tokens": n_bytes, "total_tokens": characters + n_bytes}
        yield _event({"type": "speech.audio.done", "usage": usage})
    except Problem as problem:
        yield _event({"type": "error", **problem.body})
    finally:
        await audio.aclose()


def _event(content: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()
