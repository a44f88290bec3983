"""Who may use the server, how much may be sent, and what is told about it."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from serving import RunningServer, problem, recording
from xespeech.server.logs import JsonFormatter
from xespeech.server.run import configuration

SPEECH = {"input": "Hello.", "voice": "mei", "response_format": "pcm"}


@pytest.fixture(scope="module")
def guarded(serve: Any) -> Any:
    """A server with keys, an allowed origin and small limits."""
    with serve(
        api_keys=("first-key", "second-key"),
        cors_origins=("https://example.org",),
        max_upload=200_000,
        max_characters=50,
        idle_timeout=2.0,
    ) as server:
        yield server


@pytest.mark.parametrize("header", [None, "first-key", "Bearer", "Bearer wrong", "Basic first-key", "Bearer first-kez"])
def test_wrong_keys_are_refused(guarded: RunningServer, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    with guarded.client(headers=headers) as client:
        for response in (client.post("/v1/audio/speech", json=SPEECH), client.get("/v1/models")):
            assert response.status_code == 401
            assert response.headers["www-authenticate"] == "Bearer"
            assert problem(response)["code"] == "invalid_api_key"
        assert client.get("/healthz").text == "ok"


def test_each_key_opens_the_server(guarded: RunningServer) -> None:
    for key in ("first-key", "second-key"):
        with guarded.client(headers={"Authorization": f"Bearer {key}"}) as client:
            assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


def test_pages_of_other_origins(guarded: RunningServer, server: RunningServer) -> None:
    key = {"Authorization": "Bearer first-key"}
    with guarded.client(headers=key) as client:
        allowed = client.get("/v1/models", headers={"Origin": "https://example.org"})
        assert allowed.headers["access-control-allow-origin"] == "https://example.org"
        other = client.get("/v1/models", headers={"Origin": "https://evil.example"})
        assert other.status_code == 403
        assert "access-control-allow-origin" not in other.headers
    with server.client() as client:  # off by default
        refused = client.post("/v1/audio/speech", json=SPEECH, headers={"Origin": "https://example.org"})
        assert problem(refused)["code"] == "origin_not_allowed"
        assert client.get("/v1/models", headers={"Origin": server.url}).status_code == 200


def test_hosts_that_are_not_allowed(serve: Any) -> None:
    with serve(allowed_hosts=("localhost", "127.0.0.1", "[::1]")) as server, server.client() as client:
        assert client.get("/v1/models").status_code == 200
        refused = client.get("/v1/models", headers={"Host": "rebound.example:8000"})
        assert (refused.status_code, problem(refused)["code"]) == (403, "host_not_allowed")


def test_uploads_that_are_too_large(guarded: RunningServer) -> None:
    big = recording(10.0)
    assert len(big) > 200_000
    with guarded.client(headers={"Authorization": "Bearer first-key"}) as client:
        told = client.post("/v1/audio/conversions", files={"source": ("a.wav", big)}, data={"voice": "mei"})
        assert (told.status_code, problem(told)["code"]) == (413, "too_large")

        def untold() -> Any:
            yield b'--x\r\nContent-Disposition: form-data; name="source"; filename="a.wav"\r\n\r\n'
            for _ in range(50):
                yield bytes(10_000)

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        chunked = client.post("/v1/audio/conversions", content=untold(), headers=headers)
        assert chunked.status_code == 413
        assert client.post("/v1/audio/speech", json={**SPEECH, "input": "x" * 51}).status_code == 400
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


def test_a_client_that_stops_sending_is_told_so(guarded: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", guarded.port), timeout=60) as connection:
        head = "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer first-key\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        answer = connection.recv(10_000)
    assert b" 408 " in answer.split(b"\r\n")[0]


def test_an_idle_connection_is_kept_for_longer_than_clients_do(guarded: RunningServer, server: RunningServer) -> None:
    """Who closes first must be the client, or a request meets a closed door: OpenAI's gives up after 5 s."""
    kept = [configuration(own.app, "127.0.0.1", 0).timeout_keep_alive for own in (server, guarded)]
    assert kept == [30, 2]


def test_a_full_server_says_when_to_come_again(serve: Any) -> None:
    body = {**SPEECH, "input": "One more sentence that takes a while. " * 25, "stream": False}
    answers = []
    with serve(workers=1, queue=1) as server, server.client() as client:

        def ask() -> None:
            answers.append(client.post("/v1/audio/speech", json=body))

        asking = [threading.Thread(target=ask) for _ in range(2)]
        for thread in asking:
            thread.start()
        while server.service.in_flight < 2:
            time.sleep(0.01)
        refused = client.post("/v1/audio/speech", json=SPEECH)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert problem(refused)["type"] == "rate_limit_error"
        assert client.get("/healthz").status_code == 200
        for thread in asking:
            thread.join(60)
        assert [answer.status_code for answer in answers] == [200, 200]
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


def test_a_client_that_leaves_frees_its_worker(serve: Any) -> None:
    with serve(workers=1, queue=0) as server, server.client() as client:
        body = {**SPEECH, "input": "One more sentence that takes a while. " * 100}
        for whole in (True, False):  # before and after the first byte
            with httpx.Client(base_url=server.url, timeout=0.5 if whole else 60) as leaving:
                try:
                    with leaving.stream("POST", "/v1/audio/speech", json={**body, "stream": not whole}) as response:
                        next(response.iter_raw())
                except httpx.TimeoutException:
                    pass
            deadline = time.monotonic() + 60
            while (response := client.post("/v1/audio/speech", json=SPEECH)).status_code == 429:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert response.status_code == 200
        assert 'status="499"' in client.get("/metrics").text
        assert server.service.pool.n_alive == 1


def test_metrics_and_health(client: httpx.Client) -> None:
    client.post("/v1/audio/speech", json=SPEECH)
    counted = 'xespeech_requests_total{method="POST",route="/v1/audio/speech",status="200"}'
    deadline = time.monotonic() + 60
    while counted not in (text := client.get("/metrics").text):  # a moment after the answer
        assert time.monotonic() < deadline
    assert "xespeech_first_byte_seconds_bucket" in text
    assert "xespeech_workers 2.0" in text
    assert client.get("/readyz").text == "ok"


def test_logs_tell_everything_but_the_text(server: RunningServer, client: httpx.Client, caplog: Any) -> None:
    secret = "A very private sentence"
    with caplog.at_level(logging.INFO, "xespeech"):
        client.post("/v1/audio/speech", json={**SPEECH, "input": secret}, headers={"X-Request-Id": "my-id"})
        client.post("/v1/audio/speech", json={**SPEECH, "input": secret + " \x00", "voice": "private-voice"})
        deadline = time.monotonic() + 60
        while len([record for record in caplog.records if record.message == "request"]) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records if record.message == "request"]
    assert lines[0]["request_id"] == "my-id"
    assert [line["status"] for line in lines] == [200, 400]
    assert {"route", "seconds", "bytes_in", "bytes_out", "time", "level"} <= lines[0].keys()
    assert "private" not in json.dumps(lines)


def test_our_own_defects_are_told_as_such(server: RunningServer, client: httpx.Client, monkeypatch: Any) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("my secret text")

    monkeypatch.setattr(server.service, "style", fail)
    response = client.post("/v1/audio/speech", json=SPEECH)
    assert (response.status_code, problem(response)["type"]) == (500, "server_error")
    assert "secret" not in response.text
    monkeypatch.undo()
    assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200
