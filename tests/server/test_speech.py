"""`POST /v1/audio/speech` as clients use it."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest
import soundfile

import xespeech
from serving import RunningServer, duration, problem
from xespeech.audio.io import decode

TEXT = "Good morning. This is the second sentence!"
BREAK = "<break time='10s'/>"
SIGNATURES = {"wav": b"RIFF", "flac": b"fLaC", "opus": b"OggS", "mp3": b"ID3"}


@pytest.fixture(scope="module")
def expected(tiny_voice: Path) -> np.ndarray:
    """What Python speaks."""
    return xespeech.load(tiny_voice, threads=1).speak(TEXT, voice="mei", emotion="happy", seed=3).samples


def speak(client: httpx.Client, **fields: object) -> httpx.Response:
    return client.post("/v1/audio/speech", json={"input": TEXT, "voice": "mei", **fields})


def test_the_server_speaks_what_python_speaks(client: httpx.Client, expected: np.ndarray) -> None:
    response = speak(client, response_format="wav", emotion="happy", seed=3)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "audio/wav"
    samples, rate = soundfile.read(io.BytesIO(response.content), dtype="float32")
    assert rate == 24_000
    np.testing.assert_allclose(samples, expected, atol=1e-3)


@pytest.mark.parametrize("format", [*SIGNATURES, "pcm"])
@pytest.mark.parametrize("stream", [True, False])
def test_every_format_whole_and_streamed(client: httpx.Client, expected: np.ndarray, format: str, stream: bool) -> None:
    response = speak(client, response_format=format, stream=stream, emotion="happy", seed=3)
    assert response.status_code == 200, response.text
    assert ("content-length" in response.headers) is not stream
    seconds = len(expected) / 24_000
    if format == "pcm":
        assert np.allclose(np.frombuffer(response.content, "<i2") / 32767, expected, atol=1e-3)
        return
    assert response.content.startswith(SIGNATURES[format])
    audio = decode(response.content)
    assert audio.duration == pytest.approx(seconds, abs=0.11 if format == "mp3" else 0.02)
    assert audio.synthetic is not (stream and format == "wav")  # its header is the usual 44 bytes, and its end open
    if format == "wav":
        assert response.content[36:40] == b"data"


def test_aac_is_refused_with_the_formats_there_are(client: httpx.Client) -> None:
    response = speak(client, response_format="aac")
    assert response.status_code == 400
    error = problem(response)
    assert error["param"] == "response_format"
    assert "mp3" in error["message"]


def test_the_first_sentence_comes_before_the_last_is_made(client: httpx.Client) -> None:
    text = "One sentence. " * 40
    with client.stream(
        "POST", "/v1/audio/speech", json={"input": text, "voice": "mei", "response_format": "pcm"}
    ) as response:
        pieces = [piece for piece in response.iter_raw() if piece]
    assert len(pieces) > 5
    assert "content-length" not in response.headers


def test_server_sent_events(client: httpx.Client, expected: np.ndarray) -> None:
    response = speak(client, response_format="pcm", stream_format="sse", emotion="happy", seed=3)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in response.text.split("\n\n") if line]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert len(deltas) >= 2  # one or more for each sentence
    audio = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    assert np.allclose(np.frombuffer(audio, "<i2") / 32767, expected, atol=1e-3)
    assert done["type"] == "speech.audio.done"
    assert set(done["usage"]) == {"input_tokens", "output_tokens", "total_tokens"}


def test_openai_client(server: RunningServer, tmp_path: Path) -> None:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none is needed")
    assert "xespeech" in [model.id for model in client.models.list()]
    assert client.models.retrieve("tts-1").object == "model"
    whole = client.audio.speech.create(model="tts-1", voice="mei", input=TEXT, response_format="wav")
    assert duration(whole.content) > 0.5
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts",
        voice={"id": "takumi"},
        input=TEXT,
        instructions="Speak in a cheerful and positive tone.",
        speed=1.5,
    ) as response:
        response.stream_to_file(tmp_path / "speech.mp3")
    assert duration((tmp_path / "speech.mp3").read_bytes()) > 0.3
    with pytest.raises(openai.NotFoundError, match="there is no model 'whisper-1'"):
        client.audio.speech.create(model="whisper-1", voice="mei", input=TEXT)
    with pytest.raises(openai.BadRequestError, match="did you mean mei") as caught:
        client.audio.speech.create(model="tts-1", voice="meii", input=TEXT)
    assert (caught.value.code, caught.value.param) == ("unknown_voice", "voice")


def test_instructions_choose_the_emotion(client: httpx.Client) -> None:
    spoken = {
        words: speak(client, response_format="pcm", instructions=words).content
        for words in ("Sound really angry!", "怒って言って、怒った声で", "Speak calmly.")
    }
    named = speak(client, response_format="pcm", emotion="angry").content
    assert spoken["Sound really angry!"] == spoken["怒って言って、怒った声で"] == named
    assert spoken["Speak calmly."] == speak(client, response_format="pcm").content != named


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"input": ""}, "invalid_field", "input"),
        ({"input": "..."}, "invalid_text", "spoken"),
        ({"input": "x" * 5000}, "too_long", "4096"),
        ({"input": f"<speak>{BREAK * 200} Hello.</speak>", "stream": False}, "invalid_text", "minutes"),
        ({"speed": 9}, "invalid_field", "speed"),
        ({"emotion": "hapy"}, "unknown_emotion", "happy"),
        ({"instructions": "Happy.", "emotion": "angry"}, "contradiction", "emotion"),
        ({"stream": False, "stream_format": "sse"}, "contradiction", "stream"),
        ({"voice": None, "lang": "en"}, "unknown_field", "lang"),
        ({"language": "fr"}, "invalid_field", "language"),
        ({"seed": -1}, "invalid_field", "seed"),
        ({"voice": "../../etc/passwd"}, "unknown_voice", "passwd"),
    ],
)
def test_mistakes_are_one_sentence(client: httpx.Client, fields: dict, code: str, words: str) -> None:
    response = speak(client, **fields)
    assert response.status_code == 400
    error = problem(response)
    assert error["code"] == code
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]


def test_a_body_that_is_no_json(client: httpx.Client) -> None:
    response = client.post("/v1/audio/speech", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert problem(response)["code"] == "invalid_json"


def test_unknown_paths_and_methods_have_the_envelope(client: httpx.Client) -> None:
    assert problem(client.get("/v1/nothing"))["code"] == "not_found"
    assert problem(client.get("/v1/audio/speech"))["code"] == "method_not_allowed"
