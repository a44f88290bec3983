"""The requests of `serve_load.py`, each with a check that its answer is its own: what Python speaks and converts."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import xespeech
from xespeech.audio.io import decode

_TEXTS = (
    "Good morning.",
    "The train to the coast leaves at half past nine. It is late again today.",
    "I can't believe it! Nobody told me. We should have known better.",
    "今天天气真好。我们去公园吧。",
    "明日はいい天気です。一緒に行きましょう。",
    "Numbers such as 1,234.5 and dates such as March 3rd are read as well.",
)
_FORMATS = ("wav", "flac", "pcm", "mp3", "opus")
_CLOSE = 2e-3  # of full scale; the answers have 16 bits
_LOSSY_CORRELATION = 0.8


class Broken(Exception):
    """An answer is not what it should be."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        kind: what it is, for the report.
        arguments: of httpx.
        check: of status and body; raises Broken.
        is_mistake: whether the right answer is a refusal.
    """

    kind: str
    arguments: dict[str, Any]
    check: Callable[[int, bytes], None]
    is_mistake: bool = False


def make_requests(model: Path | None) -> list[Request]:
    """A mixture of all that clients do, weighted by how often each request is in the list."""
    voice = xespeech.load(model, threads=1)
    names = [info.name for info in voice.voices][:4]
    plain = [info for info in voice.voices if "neutral" in info.emotions]
    emotions = sorted({emotion for info in plain for emotion in info.emotions if emotion != "neutral"})[:2]
    rate = voice.sample_rate
    requests: list[Request] = []
    for index in range(24):
        text, name = _TEXTS[index % len(_TEXTS)], names[index % len(names)]
        options = {"voice": name, "seed": index}
        if index % 3 == 0 and emotions:
            options["emotion"] = emotions[index % len(emotions)]
        expected = voice.speak(text, **options).samples
        format = _FORMATS[index % len(_FORMATS)]
        body = {"input": text, "response_format": format, **options}
        if index % 4 == 0:
            body |= {"response_format": "pcm", "stream_format": "sse"}
            check = _events(expected)
            kind = "speech, events"
        else:
            body["stream"] = index % 2 == 1
            kind = "speech, streamed" if body["stream"] else "speech, whole"
            check = _audio(expected, format, rate)
        arguments = {"method": "POST", "url": "/v1/audio/speech", "json": body}
        requests += [Request(kind, arguments, check)] * 2
    for index in range(8):
        source = recording(2.0 + index / 4, index)
        name = names[index % len(names)]
        files, options = {"source": ("source.wav", source)}, {"seed": index}
        if index % 2:
            files["reference"] = ("reference.flac", recording(1.5, 100 + index, "FLAC"))
            expected = voice.convert(decode(source), reference=decode(files["reference"][1]), **options).samples
        else:
            options["voice"] = name
            expected = voice.convert(decode(source), **options).samples
        arguments = {"method": "POST", "url": "/v1/audio/conversions", "files": files, "data": options}
        requests += [Request("conversion", arguments, _audio(expected, "wav", rate))] * 2
    return requests + _mistakes(names[0])


def _mistakes(name: str) -> list[Request]:
    speech, conversion = "/v1/audio/speech", "/v1/audio/conversions"
    noise = np.random.default_rng(0).bytes(5000)
    asked: list[tuple[int, dict[str, Any]]] = [
        (400, {"url": speech, "json": {"input": "Hello.", "voice": "nobody"}}),
        (400, {"url": speech, "json": {"input": "x" * 5000, "voice": name}}),
        (400, {"url": speech, "json": {"input": "!?", "voice": name}}),
        (400, {"url": speech, "content": b"{", "headers": {"Content-Type": "application/json"}}),
        (404, {"url": speech, "json": {"input": "Hello.", "model": "whisper-1"}}),
        (400, {"url": conversion, "files": {"source": ("a.wav", noise)}, "data": {"voice": name}}),
        (400, {"url": conversion, "files": {"source": ("a.wav", recording(1, 1)[:30])}, "data": {"voice": name}}),
        (413, {"url": conversion, "files": {"source": ("a.wav", bytes(26 << 20))}, "data": {"voice": name}}),
    ]
    return [Request("mistake", {"method": "POST", **arguments}, refusal(status), True) for status, arguments in asked]


def recording(seconds: float, seed: int, format: str = "WAV") -> bytes:
    """A voice-like recording: a gliding tone with overtones, swelling as syllables do."""
    rate = 16_000
    time = np.arange(round(seconds * rate)) / rate
    pitch = 110 + 10 * (seed % 8) + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.1 * tone * (1.1 + np.sin(2 * np.pi * 4 * time)) + noise, rate, format=format)
    return buffer.getvalue()


def _audio(expected: np.ndarray, format: str, rate: int) -> Callable[[int, bytes], None]:
    def check(status: int, body: bytes) -> None:
        if status != 200:
            raise Broken(f"status {status}: {body[:200]!r}")
        if format == "pcm":
            _compare(np.frombuffer(body, "<i2") / 32767, expected)
            return
        samples = decode(body).resample(rate).samples
        if format in ("wav", "flac"):
            _compare(samples, expected)
            return
        spare = len(samples) - len(expected)  # encoders begin with a little silence and fill their last frame
        if not -100 <= spare <= 4000:
            raise Broken(f"{len(samples)} samples instead of {len(expected)}")
        shifts = (0, *range(1000, min(1800, spare)))
        best = max(_correlation(samples[shift:], expected) for shift in shifts)
        if best < _LOSSY_CORRELATION:
            raise Broken(f"other sound than asked for (correlation {best:.2f})")

    return check


def _compare(samples: np.ndarray, expected: np.ndarray) -> None:
    if len(samples) != len(expected):
        raise Broken(f"{len(samples)} samples instead of {len(expected)}")
    if (difference := float(np.abs(samples - expected).max())) > _CLOSE:
        raise Broken(f"other sound than asked for (off by {difference:.3f})")


def _correlation(samples: np.ndarray, expected: np.ndarray) -> float:
    length = min(len(samples), len(expected))
    return float(np.corrcoef(samples[:length], expected[:length])[0, 1])


def _events(expected: np.ndarray) -> Callable[[int, bytes], None]:
    def check(status: int, body: bytes) -> None:
        if status != 200:
            raise Broken(f"status {status}: {body[:200]!r}")
        events = [json.loads(line.removeprefix(b"data: ")) for line in body.split(b"\n\n") if line]
        if events[-1]["type"] != "speech.audio.done":
            raise Broken(f"the last event is {events[-1]['type']}")
        audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
        _compare(np.frombuffer(audio, "<i2") / 32767, expected)

    return check


def refusal(expected: int) -> Callable[[int, bytes], None]:
    """A check that wants this status and a reason."""

    def check(status: int, body: bytes) -> None:
        if status != expected:
            raise Broken(f"status {status} instead of {expected}: {body[:200]!r}")
        if not json.loads(body)["error"]["message"]:
            raise Broken("a refusal that does not say why")

    return check
