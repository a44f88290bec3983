"""Conversions and enrolled voices: what is done with uploads."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import httpx
import numpy as np
import openai
import pytest
import soundfile

import xespeech
from serving import RunningServer, containers, duration, problem, recording
from xespeech.audio.io import decode


def convert(client: httpx.Client, source: bytes, reference: bytes | None = None, **fields: object) -> httpx.Response:
    files = {"source": ("../../source.wav", source)}
    if reference is not None:
        files["reference"] = ("reference.wav", reference)
    return client.post("/v1/audio/conversions", files=files, data=fields)


def test_the_server_converts_what_python_converts(client: httpx.Client, tiny_voice: Path) -> None:
    model = xespeech.load(tiny_voice, threads=1)
    source, reference = decode(recording(1.5)), decode(recording(1.0, seed=1))
    for upload, fields, options in (
        (None, {"voice": "mei", "emotion": "angry", "pitch": "2"}, {"voice": "mei", "emotion": "angry", "pitch": 2.0}),
        (recording(1.0, seed=1), {"prosody": "target"}, {"reference": reference, "prosody": "target"}),
    ):
        response = convert(client, recording(1.5), upload, **fields)
        assert response.status_code == 200, response.text
        samples, _ = soundfile.read(io.BytesIO(response.content), dtype="float32")
        expected = model.convert(source, language=None, **options).samples
        assert len(samples) == len(expected)
        np.testing.assert_allclose(samples, expected, atol=1e-3)


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3"])
def test_uploads_of_every_format(client: httpx.Client, format: str) -> None:
    response = convert(client, recording(1.0, format), voice="takumi", response_format="opus")
    assert response.status_code == 200, response.text
    assert duration(response.content) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("kind", ["m4a", "aac", "webm", "mp4"])
def test_what_phones_and_browsers_record(client: httpx.Client, kind: str) -> None:
    pytest.importorskip("av")
    response = convert(client, containers(kind), containers(kind, channels=2, speech=True))
    assert response.status_code == 200, response.text
    assert duration(response.content) == pytest.approx(1.0, abs=0.1)
    cut = convert(client, containers(kind)[:60], voice="mei")
    assert cut.status_code == 400


@pytest.mark.parametrize(
    ("source", "fields", "words"),
    [
        (b"", {"voice": "mei"}, "empty"),
        (b"no audio at all", {"voice": "mei"}, "not audio"),
        (recording(0.05), {"voice": "mei"}, "0.05 s"),
        (recording(1.0), {}, "nobody is named"),
        (recording(1.0), {"voice": "nobody"}, "unknown voice"),
        (recording(1.0), {"voice": "mei", "emotion": "hungry"}, "unknown emotion"),
        (recording(1.0), {"voice": "mei", "response_format": "aac"}, "aac"),
    ],
)
def test_recordings_that_cannot_be_converted(client: httpx.Client, source: bytes, fields: dict, words: str) -> None:
    response = convert(client, source, **fields)
    assert response.status_code == 400
    assert words in problem(response)["message"]


def test_a_voice_and_a_reference_exclude_each_other(client: httpx.Client) -> None:
    response = convert(client, recording(), recording(), voice="mei")
    assert problem(response)["code"] == "contradiction"


def flac_of_ten_hours() -> bytes:
    """A valid file of well below a megabyte."""
    buffer = io.BytesIO()
    silence = np.zeros(600 * 2000, np.int16)
    with soundfile.SoundFile(buffer, "w", 2000, 1, "PCM_16", format="FLAC") as file:
        for _ in range(60):
            file.write(silence)
    return buffer.getvalue()


def work_of(server: RunningServer) -> float:
    """Seconds of processor time that its workers have had."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in server.pids]
    return sum(int(ticks) for stat in stats for ticks in stat[11:13]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="processor time is read in /proc")
def test_a_small_file_that_decodes_to_hours_is_refused_at_once(server: RunningServer, client: httpx.Client) -> None:
    bomb = flac_of_ten_hours()
    assert len(bomb) < 1_000_000
    lying = bytearray(bomb)
    lying[21:26] = bytes([lying[21] & 0xF0, 0, 0, 0, 0])  # "length unknown"
    for data in (bomb, bytes(lying)):
        before = work_of(server)
        response = convert(client, data, voice="mei")
        assert work_of(server) - before < 5
        assert response.status_code == 400
        assert "at most 300 s" in problem(response)["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
def test_a_full_disk_is_not_the_clients_fault(client: httpx.Client) -> None:
    import resource

    form = {"name": "full-disk", "consent": "It is my own voice."}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for most, ask in (
        (500_000, lambda: convert(client, recording(60.0), voice="mei")),  # longer bodies wait in a file
        (0, lambda: client.post("/v1/voices", data=form, files={"audio_sample": recording(1.0)})),
    ):
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
        try:
            response = ask()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert response.status_code == 507
        assert "disk is full" in problem(response)["message"]
        assert ask().status_code in (200, 201)
    assert client.delete("/v1/voices/full-disk").status_code == 200


def test_noise_and_tones_are_no_references(client: httpx.Client) -> None:
    for samples in (
        np.random.default_rng(0).uniform(-0.1, 0.1, 32_000),
        0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000),
    ):
        file = io.BytesIO()
        soundfile.write(file, samples, 16_000, format="WAV")
        form = {"name": "hiss", "consent": "Nobody was asked."}
        for response in (
            convert(client, recording(1.0), file.getvalue()),
            client.post("/v1/voices", data=form, files={"audio_sample": file.getvalue()}),
        ):
            assert response.status_code == 400
            assert problem(response)["code"] == "invalid_audio"
            assert "holds no speech" in problem(response)["message"]
        assert convert(client, file.getvalue(), voice="mei").status_code == 200  # as a source it may be anything


def test_enrol_speak_and_delete(serve, tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    with serve(voices_folder=folder) as server:
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
        sample = ("me.wav", recording(2.0, seed=5))
        voice = client.audio.voices.create(name="my-voice", audio_sample=sample, consent="It is my own voice.")
        assert voice.id == voice.name == "my-voice"
        with server.client() as http:
            listed = {voice["id"]: voice for voice in http.get("/v1/audio/voices").json()["voices"]}
            assert listed["my-voice"]["enrolled"]
            assert not listed["mei"]["enrolled"]
            speak = client.audio.speech.create
            said = {
                name: speak(model="tts-1", voice=name, input="Hello.", response_format="pcm").content
                for name in ("my-voice", "mei")
            }
            assert said["my-voice"] != said["mei"]
            again = convert(http, recording(1.0), voice="my-voice", emotion="happy")
            assert again.status_code == 200, again.text
            clash = http.post(
                "/v1/voices", files={"audio_sample": sample}, data={"name": "my-voice", "consent": "mine"}
            )
            assert (clash.status_code, problem(clash)["code"]) == (409, "name_taken")
    assert b"RIFF" not in (folder / "my-voice.json").read_bytes()  # the style is kept, the recording is not
    with serve(voices_folder=folder) as server, server.client() as http:
        speech = {"input": "Hello.", "voice": "my-voice", "response_format": "pcm"}
        assert http.post("/v1/audio/speech", json=speech).content == said["my-voice"]
        assert http.delete("/v1/voices/my-voice").json() == {
            "id": "my-voice",
            "object": "audio.voice.deleted",
            "deleted": True,
        }
        assert http.delete("/v1/voices/my-voice").status_code == 404
        assert http.post("/v1/audio/speech", json=speech).status_code == 400
        assert http.delete("/v1/voices/mei").status_code == 403
    assert not list(folder.iterdir())


@pytest.mark.parametrize("name", ["../evil", "mei", "Has Spaces", "", "x" * 65, "a/b", ".hidden"])
def test_names_that_cannot_be_enrolled(server: RunningServer, client: httpx.Client, name: str) -> None:
    response = client.post(
        "/v1/voices", files={"audio_sample": ("a.wav", recording())}, data={"name": name, "consent": "mine"}
    )
    assert response.status_code in (400, 409)
    assert problem(response)["param"] == "name"


@pytest.mark.parametrize("content", ["{", "", '{"name": "ann"}', "earlier model"])
def test_a_voice_that_cannot_be_read_can_be_deleted_and_enrolled_again(serve, tmp_path: Path, content: str) -> None:
    with serve(voices_folder=tmp_path) as server, server.client() as client:
        form = {"data": {"name": "ann", "consent": "Ann agreed."}, "files": {"audio_sample": recording(1.0)}}
        assert client.post("/v1/voices", **form).status_code == 201
        file = tmp_path / "ann.json"
        if content == "earlier model":
            content = json.dumps({**json.loads(file.read_text("utf-8")), "model": "0123456789abcdef"})
        file.write_text(content, "utf-8")
        assert "ann" not in {voice["id"] for voice in client.get("/v1/audio/voices").json()["voices"]}
        assert client.post("/v1/voices", **form).status_code == 409
        assert client.delete("/v1/voices/ann").status_code == 200
        assert client.delete("/v1/voices/ann").status_code == 404
        assert client.post("/v1/voices", **form).status_code == 201


def test_enrolling_needs_consent(client: httpx.Client) -> None:
    response = client.post("/v1/voices", files={"audio_sample": ("a.wav", recording())}, data={"name": "somebody"})
    assert response.status_code == 400
    assert problem(response)["param"] == "consent"
