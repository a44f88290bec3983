"""An imported checkpoint does in every interface what the compact model does there, or refuses in one sentence."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

import xespeech
from settings import settings
from syllables import syllables
from xespeech.audio import Audio
from xespeech.errors import UserError

SENTENCE = "The house by the sea was old and quiet, and nobody had lived there for many years."
BOOK = "\n\n".join([SENTENCE] * 72)
"""Of 6,000 characters."""
FAST = {"speed": 4.0}


@pytest.fixture(scope="module")
def voice(original_model: Path) -> xespeech.Voice:
    return xespeech.load(original_model, threads=1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds in a file."""
    return Audio(syllables(2.0), 16_000).save(tmp_path_factory.mktemp("reference") / "reference.wav")


@pytest.fixture(scope="module")
def client(original_model: Path) -> Iterator[httpx.Client]:
    """Of a server with the page."""
    from serving import RunningServer
    from xespeech.server import Settings, create_app
    from xespeech.web import serve

    server = RunningServer(serve(create_app(Settings(original_model, workers=1, max_characters=7000))))
    with server.client() as opened:
        yield opened
    server.stop()


def test_a_book_on_the_command_line(
    command: Callable[..., Any], original_model: Path, reference: Path, tmp_path: Path
) -> None:
    assert len(BOOK) > 6000
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    given = ("--reference", str(reference), "--speed=4", "--model", str(original_model))
    done = command("speak", "-f", "book.txt", *given, "--timestamps", "book.json")
    assert done.code == 0, done.errors
    times = json.loads((tmp_path / "book.json").read_text("utf-8"))["sentences"]
    assert [own["text"] for own in times] == [SENTENCE] * 72
    assert all(left["end"] <= right["start"] for left, right in pairwise(times))
    assert times[-1]["end"] == pytest.approx(soundfile.info(tmp_path / "out.wav").duration, abs=0.01)


def test_rows_of_a_list(command: Callable[..., Any], original_model: Path, reference: Path, tmp_path: Path) -> None:
    rows = [
        {"text": BOOK, "timestamps": "1.srt", "reference": str(reference), **FAST},
        {"text": "a b", "symbols": True, "language": "en", "reference": str(reference), "noise": 0.1},
    ]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = command("batch", "list.jsonl", "-o", "out", "--workers=1", "--model", str(original_model))
    assert done.code == 0, done.errors
    assert (tmp_path / "out" / "1.srt").read_text("utf-8").count(SENTENCE) == 72
    assert soundfile.info(tmp_path / "out" / "2.wav").frames > 0


def test_an_enrolled_voice_speaks_on_the_server(client: httpx.Client, voice: xespeech.Voice, reference: Path) -> None:
    form = {"name": "ann", "consent": "Ann agreed."}
    enrolled = client.post("/v1/voices", data=form, files={"audio_sample": reference.read_bytes()})
    assert enrolled.status_code == 201, enrolled.text
    body = {"input": SENTENCE, "voice": "ann", "response_format": "wav", "seed": 3, **FAST}
    answer = client.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200, answer.text
    samples = soundfile.read(io.BytesIO(answer.content), dtype="float32")[0]
    expected = voice.speak(SENTENCE, reference=reference, seed=3, **FAST).samples
    np.testing.assert_allclose(samples, expected, atol=1e-4)
    assert client.post("/v1/audio/speech", json={**body, "stream": True}).status_code == 200
    nobody = client.post("/v1/audio/speech", json={"input": SENTENCE})
    assert nobody.status_code == 400
    assert "no built-in voices: name a recording" in nobody.json()["error"]["message"]


def test_a_book_on_the_page(client: httpx.Client, reference: Path) -> None:
    page = client.get("/ui/config").json()
    shown = {own["props"].get("label") for own in page["components"] if own["props"].get("visible") is True}
    assert "Duration noise" in shown
    assert not {"Voice", "Emotion"} & shown
    path = client.post("/ui/gradio_api/upload", files={"files": ("a.wav", reference.read_bytes())}).json()[0]
    style = [None, {"path": path, "meta": {"_type": "gradio.FileData"}}, "", 1.0]
    more = settings(xespeech.SpeechOptions, "original", **FAST)
    begun = client.post("/ui/gradio_api/call/speak", json={"data": [BOOK, *style, *more, ".flac"]}).json()
    events = client.get(f"/ui/gradio_api/call/speak/{begun['event_id']}", timeout=300).text.strip().split("\n\n")
    event, data = events[-1].splitlines()[:2]
    assert event == "event: complete", data
    recording = client.get(json.loads(data.removeprefix("data: "))[0]["url"]).content
    assert soundfile.info(io.BytesIO(recording)).duration > 100


def test_a_passage_sounds_the_same_wherever_the_telling_begins(voice: xespeech.Voice, reference: Path) -> None:
    text = "One. Two.\n\nThree.\n\nFour."
    options = {"reference": reference, "seed": 3}
    whole = list(voice.narrate(text, **options))
    assert [sentence.passage for sentence in whole] == [0, 0, 1, 2]
    later = list(voice.narrate(text, first=1, **options))
    for expected, found in zip(whole[2:], later, strict=True):
        np.testing.assert_array_equal(expected.samples, found.samples)
    joined = np.concatenate([sentence.samples for sentence in whole])
    for said in (voice.speak(text, **options).samples, *[[c.samples for c in voice.stream(text, **options)]]):
        np.testing.assert_array_equal(joined, np.concatenate(said) if isinstance(said, list) else said)


def test_what_it_cannot_do_is_one_sentence(voice: xespeech.Voice, reference: Path) -> None:
    with pytest.raises(UserError, match="no SSML"):
        voice.speak("<speak>Hello.</speak>", reference=reference)
    with pytest.raises(UserError, match="converts whole recordings only"):
        voice.live(xespeech.ConversionOptions(reference=reference))
    with pytest.raises(UserError, match="lexicon"):
        voice.speak("Hello.", reference=reference, lexicon="words.tsv")


@pytest.mark.parametrize("model", ["original_model", "tiny_voice"])
@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_a_voice_goes_to_another_process(
    model: str, engine: Any, reference: Path, request: pytest.FixtureRequest
) -> None:
    voice = xespeech.load(request.getfixturevalue(model), engine=engine, threads=1)
    expected = voice.speak("Hello.", reference=reference)
    other = pickle.loads(pickle.dumps(voice))
    np.testing.assert_array_equal(other.speak("Hello.", reference=reference).samples, expected.samples)
