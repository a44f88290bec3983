"""Voices of the model and enrolled voices: `/v1/audio/voices` and `/v1/voices`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request

from xespeech.model_folder.description import NEUTRAL
from xespeech.server.enrolled import EnrolledVoice, taken
from xespeech.server.problems import Problem
from xespeech.server.schemas import DeletedVoice, EnrolmentForm, NewVoice, Voice, Voices, refusals
from xespeech.server.service import Service

router = APIRouter(tags=["voices"])
_ENROLLING = refusals(400, 401, 403, 408, 409, 413, 429, 500, 503, 504, 507)
_DELETING = refusals(400, 401, 403, 404, 507)
_VoiceName = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("/v1/audio/voices", summary="List the voices", responses=refusals(401, 403))
async def list_voices(request: Request) -> Voices:
    """Voices of the model, enrolled voices, and all emotions."""
    service: Service = request.app.state.service
    of_model = [Voice(id=voice.name, **asdict(voice)) for voice in service.voice.voices]
    enrolled = await asyncio.to_thread(service.enrolled.all)
    return Voices(voices=[*of_model, *(_describe(voice) for voice in enrolled)], emotions=service.emotions)


@router.post("/v1/voices", summary="Enrol a voice", status_code=201, responses=_ENROLLING)
@router.post("/v1/audio/voices", summary="Enrol a voice (OpenAI's path)", status_code=201, responses=_ENROLLING)
async def enrol(request: Request, form: Annotated[EnrolmentForm, Form(media_type="multipart/form-data")]) -> NewVoice:
    """Store the style of a recording under a name; the recording is not stored."""
    service: Service = request.app.state.service
    if form.name in service.names or service.enrolled.has(form.name):
        raise taken(form.name)
    longest = service.settings.max_seconds
    message = await service.result("enrol", await form.audio_sample.read(), longest=longest)
    voice = await asyncio.to_thread(service.enrolled.add, form.name, message.content["style"], form.consent)
    return NewVoice(id=voice.name, name=voice.name, created_at=voice.created_at)


@router.delete("/v1/voices/{name}", summary="Delete an enrolled voice", responses=_DELETING)
@router.delete("/v1/audio/voices/{name}", summary="Delete an enrolled voice (OpenAI's path)", responses=_DELETING)
async def delete(request: Request, name: _VoiceName) -> DeletedVoice:
    """Delete an enrolled voice."""
    service: Service = request.app.state.service
    if name in service.names:
        raise Problem(
            403, f"{name!r} is a voice of the model: only enrolled voices can be deleted.", "not_deletable", "name"
        )
    if not await asyncio.to_thread(service.enrolled.remove, name):
        raise Problem(404, f"there is no enrolled voice {name!r}.", "voice_not_found", "name")
    return DeletedVoice(id=name)


def _describe(voice: EnrolledVoice) -> Voice:
    return Voice(
        id=voice.name,
        name=voice.name,
        languages=[],
        emotions=[NEUTRAL],
        licence=f"consent: {voice.consent}",
        enrolled=True,
    )
