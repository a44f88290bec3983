"""Requests and responses, as the OpenAPI document describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, create_model

from xespeech.inference.options import (
    DEFAULT_DELAY,
    DELAY_HELP,
    ConversionOptions,
    Option,
    SpeechOptions,
    StyleOptions,
    describe,
)
from xespeech.server.enrolled import NAME
from xespeech.server.stock_clients import MODEL
from xespeech.text import LANGUAGES

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
Language: Any = Literal[LANGUAGES]
_MOST_SEED = 2**53 - 1  # the largest whole number that every JSON reader keeps exact

Name = Annotated[str, Field(min_length=1, max_length=100)]


def _option_fields(kind: type[StyleOptions], only: tuple[str, ...] = ()) -> Any:
    """A pydantic model with the options of a class, or some of them, but not files, which are uploads."""
    fields: Any = {
        name: _field(option)
        for name, option in describe(kind).items()
        if option.kind is not Path and name in (only or {name})
    }
    return create_model(f"{kind.__name__}Fields", __config__=ConfigDict(extra="forbid"), **fields)


def _field(option: Option) -> tuple[Any, Any]:
    """Annotation and default of an option; null stands for the default."""
    about = Field(
        option.default, description=option.text, ge=option.low, le=_MOST_SEED if option.kind is int else option.high
    )
    kind: Any = Literal[option.choices] if option.choices else Name if option.kind is str else option.kind
    return kind | None, about


def given(request: BaseModel, kind: type[StyleOptions]) -> dict[str, Any]:
    """The options that a request sets."""
    return {
        name: value
        for name, option in describe(kind).items()
        if option.kind is not Path and (value := getattr(request, name)) is not None
    }


_SpeechFields: Any = _option_fields(SpeechOptions)
_ConversionFields: Any = _option_fields(ConversionOptions)


class VoiceId(BaseModel):
    """OpenAI's way to name a custom voice."""

    model_config = ConfigDict(extra="forbid")

    id: Name


class SpeechRequest(_SpeechFields):
    """OpenAI's request for speech, with all options of speech."""

    model: Annotated[Name | None, Field(description="Any of OpenAI's names for speech means this model.")] = MODEL
    input: Annotated[str, Field(min_length=1, description="What to say, in English, Mandarin, Japanese or a mixture.")]
    voice: Annotated[
        Name | VoiceId | None,
        Field(description="A name from `GET /v1/audio/voices`; OpenAI's names stand for some of them."),
    ] = None
    instructions: Annotated[
        str | None,
        Field(
            max_length=4096,
            description="A sentence that names an emotion: Speak in a cheerful tone. Others are ignored, and a header "
            "tells so.",
        ),
    ] = None
    response_format: Annotated[Format | None, Field(description="aac cannot be made and is refused.")] = "mp3"
    stream_format: Annotated[
        Literal["audio", "sse"] | None, Field(description="sse sends server-sent events with base64 audio.")
    ] = None
    stream: Annotated[
        bool | None,
        Field(description="Send audio while it is made; if not given, pcm, mp3 and opus are, wav and flac are not."),
    ] = None


_ReadFields: Any = _option_fields(SpeechOptions, only=("language", "markup"))


class ReadRequest(_ReadFields):
    """A text whose reading is wanted."""

    input: Annotated[str, Field(min_length=1, description="The text: plain, or an SSML document.")]


class ReadPause(BaseModel):
    """A pause."""

    after: str = Field(description="The spoken word before it.")
    mark: Literal[",", ".", "…", "!", "?"]


class ReadWord(BaseModel):
    """A word and its reading."""

    text: str = Field(description="The characters it was read from.")
    spoken: str = Field(description="As a word: `five` for 5.")
    reading: str = Field(description="English IPA, Mandarin pinyin with spoken tones, or Japanese katakana.")
    ipa: str = Field(description="Every sound with its stress, tone or pitch.")
    language: Language


class ReadSentence(BaseModel):
    """A sentence and its reading."""

    text: str = Field(description="As it was written.")
    language: Language = Field(description="That its numbers and signs are read in.")
    spoken: str
    reading: str
    ipa: str
    pauses: list[ReadPause]
    words: list[ReadWord]


class LeftOut(BaseModel):
    """Characters that are not spoken."""

    text: str
    why: str


class TextReading(BaseModel):
    """The reading of a text."""

    sentences: list[ReadSentence]
    left_out: list[LeftOut]


class ConversionForm(_ConversionFields):
    """A recording to convert, with options."""

    source: Annotated[UploadFile, Field(description="The recording: wav, flac, ogg, opus or mp3.")]
    reference: Annotated[UploadFile | None, Field(description="A recording of the target voice.")] = None
    response_format: Format = "wav"


class LiveStart(_ConversionFields):
    """The first message of a live conversion."""

    type: Literal["start"] = "start"
    voice: Name
    sample_rate: Annotated[int, Field(ge=8000, le=48_000)] = 24_000
    delay: Annotated[Literal["high", "normal", "low"], Field(description=DELAY_HELP)] = DEFAULT_DELAY


class EnrolmentForm(BaseModel):
    """OpenAI's request for a custom voice."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=NAME, description="What to call it by: lower-case letters, digits, - and _.")]
    audio_sample: Annotated[UploadFile, Field(description="A recording of a few seconds, in any language.")]
    consent: Annotated[
        str,
        Field(min_length=1, max_length=1000, description="Who agreed that the voice is used, and how. It is kept."),
    ]
    type: Literal["audio_sample"] = "audio_sample"


class Voice(BaseModel):
    """A voice of the model."""

    id: str
    name: str
    object: Literal["audio.voice"] = "audio.voice"
    languages: list[str] = Field(description="It was recorded in; it speaks the others too.")
    emotions: list[str] = Field(description="It was recorded in; it takes the others too.")
    licence: str
    enrolled: bool = False


class NewVoice(BaseModel):
    """A voice that a client has enrolled."""

    id: str
    name: str
    object: Literal["audio.voice"] = "audio.voice"
    type: Literal["audio_sample"] = "audio_sample"
    created_at: int


class Voices(BaseModel):
    """All voices."""

    object: Literal["list"] = "list"
    voices: list[Voice]
    emotions: list[str] = Field(description="Every emotion that any voice can take.")


class DeletedVoice(BaseModel):
    """The answer to a deletion."""

    id: str
    object: Literal["audio.voice.deleted"] = "audio.voice.deleted"
    deleted: bool = True


class Model(BaseModel):
    """A model, as OpenAI describes one."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "xespeech"


class Models(BaseModel):
    """The names of models in requests; all stand for the one that is loaded."""

    object: Literal["list"] = "list"
    data: list[Model]


class Error(BaseModel):
    """An error."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    """OpenAI's envelope of an error."""

    error: Error


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation that are errors, for the OpenAPI document."""
    return {status: {"model": ErrorResponse, "description": _MEANINGS[status]} for status in statuses}


_MEANINGS = {
    400: "The request cannot be used; the message says what to change.",
    401: "The API key is missing or wrong.",
    403: "Not allowed: an origin, a host, or a voice that is not a client's.",
    404: "There is no such thing.",
    408: "The request came too slowly.",
    409: "The name is taken.",
    413: "The request is too large.",
    429: "All workers are busy; Retry-After tells when to try again.",
    500: "A defect of the server.",
    503: "The server is starting or stopping.",
    504: "The work took too long.",
    507: "The server's disk is full.",
}
