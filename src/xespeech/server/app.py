"""The application: routes, error handlers and the lifespan of the workers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from xespeech.errors import UserError
from xespeech.server.gate import Gate
from xespeech.server.problems import problem_of
from xespeech.server.routes import conversions, live, models, reading, speech, status, voices
from xespeech.server.service import Service
from xespeech.server.settings import Settings
from xespeech.server.stock_clients import IGNORED_HEADER, VOICE_HEADER

_ABOUT = """Speech in English, Mandarin and Japanese with the voice and the emotion of any recording.

`/v1/audio/speech`, `/v1/audio/voices` and `/v1/models` are those of OpenAI, so OpenAI's clients work unchanged.
All audio of this server is synthetic; files say so in their metadata."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """An ASGI application; its workers start with its lifespan. `app.state.service` is what its routes use.

    Args:
        settings: None for the defaults.

    Raises:
        ModelError: the model cannot be opened.
    """
    service = Service(settings or Settings())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.pool.start()
        try:
            yield
        finally:
            await service.pool.stop()

    app = FastAPI(title="xespeech", description=_ABOUT, version=version("xespeech"), lifespan=lifespan, redoc_url=None)
    app.state.service = service
    bearer = HTTPBearer(auto_error=False, description="One of the server's API keys.")  # the gate checks it
    security = [Depends(bearer)] if service.settings.api_keys else []
    for routes in (speech, reading, conversions, live, voices, models):
        app.include_router(routes.router, dependencies=security)
    app.include_router(status.router)
    for kind in (UserError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    app.add_middleware(Gate, service=service)  # type: ignore[arg-type]
    if service.settings.cors_origins:  # outside the gate: its refusals are readable for those pages, too
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(service.settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", "Retry-After", VOICE_HEADER, IGNORED_HEADER],
        )
    document = app.openapi
    app.openapi = lambda: _without_422(document())  # type: ignore[method-assign]
    return app


async def _answer(request: Request, error: Exception) -> JSONResponse:
    return problem_of(error).response


def _without_422(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document without FastAPI's 422 responses: this server answers validation errors with 400."""
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)
    return document
