"""`POST /v1/read`: the reading of a text."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from xespeech.server.schemas import ReadRequest, TextReading, refusals
from xespeech.server.service import Service

router = APIRouter(tags=["speech"])


@router.post(
    "/v1/read",
    summary="Show how a text would be spoken",
    response_model=TextReading,
    responses=refusals(400, 401, 403, 408, 413, 429, 500, 503, 504),
)
async def read(request: Request, body: ReadRequest) -> dict[str, Any]:
    """Sentences, words, sounds and pauses of a text, and the parts that are left out; without audio."""
    service: Service = request.app.state.service
    service.check_length(body.input)
    result = await service.result(
        "read", text=body.input, options=body.model_dump(exclude={"input"}, exclude_none=True)
    )
    return result.content["reading"]
