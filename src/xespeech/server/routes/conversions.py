"""`POST /v1/audio/conversions`: voice conversion of a recording."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from xespeech.errors import UserError
from xespeech.inference.options import NO_SPEAKER, TWO_SPEAKERS, ConversionOptions
from xespeech.server.formats import MEDIA_TYPES
from xespeech.server.problems import Problem
from xespeech.server.routes.speech import AUDIO, check_format
from xespeech.server.schemas import ConversionForm, given, refusals
from xespeech.server.service import Service

router = APIRouter(tags=["conversion"])
_ROUTE = "/v1/audio/conversions"


@router.post(
    _ROUTE,
    summary="Convert a recording",
    response_class=Response,
    responses={
        200: {"description": "The recording in the other voice.", "content": AUDIO},
        **refusals(400, 401, 403, 408, 413, 429, 500, 503, 504, 507),
    },
)
async def convert(
    request: Request, form: Annotated[ConversionForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Same words, same timing, in a voice of the server or of a reference."""
    service: Service = request.app.state.service
    check_format(form.response_format)
    if form.voice is not None and form.reference is not None:
        raise Problem(400, TWO_SPEAKERS, "contradiction", "voice")
    if form.voice is None and form.reference is None:
        raise UserError(NO_SPEAKER)
    options = given(form, ConversionOptions)
    if form.voice is not None:
        ConversionOptions(**options)
    pieces = [await upload.read() for upload in (form.source, form.reference) if upload is not None]
    data = await service.whole(
        request.state.held,
        "convert",
        _ROUTE,
        *pieces,
        options=options,
        style=await service.style(form.voice),
        format=form.response_format,
        longest=service.settings.max_seconds,
    )
    return Response(data, media_type=MEDIA_TYPES[form.response_format])
