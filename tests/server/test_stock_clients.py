"""Requests of stock clients: understood, and told what was not followed.

Those of OpenAI's clients and curl were recorded, as were the calls that Home Assistant (by OpenAI's client) and Open
WebUI (by aiohttp) make in their sources; n8n's and the bare socket's are composed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving import problem
from xespeech.server.stock_clients import VOICES, is_known_model, stand_in

REQUESTS = json.loads((Path(__file__).parents[1] / "fixtures" / "clients" / "speech.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("request_", REQUESTS, ids=[own["client"] for own in REQUESTS])
def test_stock_clients_are_understood(client: httpx.Client, request_: dict[str, Any]) -> None:
    answer = client.post("/v1/audio/speech", content=request_["body"].encode(), headers=request_["headers"])
    assert answer.status_code == 200, answer.text
    assert answer.headers.get("X-Xespeech-Ignored", "") == request_.get("ignored", "")
    speaker = answer.headers.get("X-Xespeech-Voice", request_.get("voice"))
    plain = {"input": json.loads(request_["body"])["input"], "voice": speaker, "emotion": request_.get("emotion")}
    format = json.loads(request_["body"]).get("response_format")
    again = client.post("/v1/audio/speech", json={**plain, "response_format": format})
    assert again.content == answer.content


def test_each_of_their_voices_is_the_same_one_every_time() -> None:
    own = ["a", "b", "c"]
    assert {stand_in(name, own) for name in VOICES} == set(own)
    assert stand_in("NOVA", own) == stand_in("nova", own)
    assert stand_in("nova", ["nova", "b"]) == "nova"
    assert stand_in("nobody", own) == "nobody"


def test_names_of_models() -> None:
    for name in ("xespeech", "tts-1", "TTS-1-hd", "gpt-4o-mini-tts-2025-12-15", "tts-1-1106", "gpt-4o-mini-tts-latest"):
        assert is_known_model(name), name
    for name in ("whisper-1", "gpt-4o", "tts-2", "tts-1-", "my-tts-1"):
        assert not is_known_model(name), name


def test_a_model_of_the_hub_is_listed(serve: Any, tiny_voice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("xespeech.inference.hub._download", lambda name: asked.append(name) or tiny_voice)
    with serve(model=Path("owner/name")) as server, server.client() as client:
        assert client.get("/v1/models/xespeech").json()["created"] > 0
    assert asked == ["owner/name"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "", "multipart/form-data"])
def test_what_is_no_json_is_told(client: httpx.Client, kind: str) -> None:
    answer = client.post("/v1/audio/speech", content=b"input=Hello", headers={"Content-Type": kind} if kind else {})
    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid_json")
