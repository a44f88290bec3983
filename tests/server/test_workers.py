"""What happens to requests when workers die, hang or fail."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any

import httpx
import pytest

from serving import eventually, fragile_worker, problem, recording
from xespeech.server import worker
from xespeech.server.service import Held

SPEECH = {"input": "Hello.", "voice": "mei", "response_format": "pcm"}


def kill(server: Any) -> None:
    for pid in server.pids:
        os.kill(pid, signal.SIGKILL)


def test_killed_workers_are_replaced_before_the_next_answer(serve: Any) -> None:
    with serve(workers=1) as server, server.client() as client:
        before = client.post("/v1/audio/speech", json=SPEECH)
        pids = server.pids
        for _ in range(2):
            kill(server)
            after = client.post("/v1/audio/speech", json=SPEECH)
            assert after.status_code == 200
            assert after.content == before.content
        assert server.pids != pids
        assert "xespeech_worker_deaths_total 2.0" in client.get("/metrics").text


def test_a_job_whose_worker_is_killed_is_done_again(serve: Any) -> None:
    body = {**SPEECH, "input": "One more sentence that takes a while. " * 100, "stream": False}
    with serve(workers=1) as server, server.client() as client:
        expected = client.post("/v1/audio/speech", json=body).content
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(client.post("/v1/audio/speech", json=body)))
        asking.start()
        time.sleep(0.4)
        kill(server)
        asking.join(60)
        assert answers[0].status_code == 200
        assert answers[0].content == expected


def test_a_whole_answer_whose_worker_is_killed_halfway_is_made_again(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has gone to the client yet, so it need not know."""
    body = {**SPEECH, "input": "One more sentence that takes a while. " * 40, "stream": False}
    received, genuine = [0], Held.answer
    with serve(workers=1) as server, server.client() as client:
        expected = client.post("/v1/audio/speech", json=body).content

        def kill_at_first(held: Held, size: int) -> None:
            received[0] += size
            if received[0] == size:
                kill(server)
            genuine(held, size)

        monkeypatch.setattr(Held, "answer", kill_at_first)
        after = client.post("/v1/audio/speech", json=body)
        assert after.status_code == 200
        assert after.content == expected
        assert received[0] > len(expected)  # some of it came twice
        eventually(lambda: server.service.answer_bytes == 0)  # let go of after the client has all of it
        assert "xespeech_interrupted_jobs_total 1.0" in client.get("/metrics").text


def test_a_job_whose_worker_is_killed_twice_may_be_sent_again(serve: Any) -> None:
    """Nothing is wrong with the request, so it is a 503 that clients repeat by themselves, not a 500."""
    body = {**SPEECH, "input": "One more sentence that takes a while. " * 100, "stream": False}
    with serve(workers=1) as server, server.client() as client:
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(client.post("/v1/audio/speech", json=body)))
        asking.start()
        while not answers and asking.is_alive():
            time.sleep(0.2)
            with contextlib.suppress(ProcessLookupError):
                kill(server)
        asking.join(60)
        assert answers[0].status_code == 503
        assert int(answers[0].headers["Retry-After"]) >= 1
        assert problem(answers[0])["code"] == "interrupted"
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


def test_a_stream_whose_worker_is_killed_does_not_look_complete(serve: Any) -> None:
    body = {**SPEECH, "input": "One more sentence that takes a while. " * 100}
    with serve(workers=1) as server, server.client() as client:
        with client.stream("POST", "/v1/audio/speech", json=body) as response:
            pieces = response.iter_raw()
            next(pieces)
            kill(server)
            with pytest.raises(httpx.RemoteProtocolError):
                list(pieces)
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


@pytest.mark.parametrize("fault", ["hang", "crash"])
def test_a_recording_that_brings_the_decoder_down_is_refused(
    serve: Any, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(worker, "main", fragile_worker)
    with serve(workers=2, decode_timeout=1.0) as server, server.client() as client:
        source = fault.encode() + recording()
        response = client.post("/v1/audio/conversions", files={"source": ("a.wav", source)}, data={"voice": "mei"})
        assert (response.status_code, problem(response)["code"]) == (400, "invalid_audio")
        assert "decoder fail" in problem(response)["message"]
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200


def test_work_that_takes_too_long_is_ended(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "main", fragile_worker)
    with serve(workers=1, timeout=5.0) as server, server.client() as client:
        response = client.post("/v1/audio/speech", json={**SPEECH, "input": "hang on"})
        assert (response.status_code, problem(response)["code"]) == (504, "timeout")
        eventually(lambda: client.post("/v1/audio/speech", json=SPEECH).status_code == 200)


def test_a_defect_in_a_worker_is_not_the_end_of_it(serve: Any, caplog: pytest.LogCaptureFixture) -> None:
    with serve(workers=1) as server, server.client() as client:
        pids = server.pids
        server.service.settings.__dict__["max_seconds"] = "nonsense"  # makes the worker's decoder raise TypeError
        response = client.post("/v1/audio/conversions", files={"source": ("a.wav", recording())}, data={"voice": "mei"})
        assert (response.status_code, problem(response)["code"]) == (500, "internal_error")
        assert "TypeError" in caplog.text or any("TypeError" in str(vars(record)) for record in caplog.records)
        assert client.post("/v1/audio/speech", json=SPEECH).status_code == 200
        assert server.pids == pids
