"""`GET /v1/models`, as OpenAI's clients ask for it."""

from __future__ import annotations

import os

from fastapi import APIRouter, Request

from xespeech.server.schemas import Model, Models, refusals
from xespeech.server.service import Service
from xespeech.server.stock_clients import ALIASES, MODEL

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="List the models", responses=refusals(401, 403))
async def list_models(request: Request) -> Models:
    """The model of this server, also under the names that OpenAI's clients use."""
    return Models(data=[_model(request, name) for name in (MODEL, *ALIASES)])


@router.get("/v1/models/{model}", summary="Describe a model", responses=refusals(401, 403, 404))
async def describe_model(request: Request, model: str) -> Model:
    """One of the models in the list."""
    service: Service = request.app.state.service
    service.check_model(model)
    return _model(request, model)


def _model(request: Request, name: str) -> Model:
    service: Service = request.app.state.service
    return Model(id=name, created=int(os.stat(service.folder / "config.json").st_mtime))
