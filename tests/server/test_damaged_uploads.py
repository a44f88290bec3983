"""No file can take the server down: recordings damaged in every way are answered 200 or 400, in time.

A short form; `FUZZ=2000 pytest tests/server/test_damaged_uploads.py` sends two thousand.
"""

from __future__ import annotations

import os
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from serving import RunningServer, problem, recording

UPLOADS = int(os.environ.get("FUZZ", "80"))
FORMATS = ("WAV", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF", "W64", "RF64", "VOC", "NIST", "WAVEX")
EXTREMES = [struct.pack("<I", value) for value in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 44100)]
EXTREMES += [struct.pack(">I", value) for value in (1, 0x7FFFFFFF, 48000)] + [b"\xff\xff", b"\0", b"%s%n", b"../.."]
SLOWEST = 30.0  # seconds


@pytest.fixture(scope="module")
def whole() -> list[bytes]:
    return [recording(0.5, format) for format in FORMATS]


def damage(whole: list[bytes], seed: int) -> bytes:
    """One of the files with one to four damages; most hit the header, where they matter."""
    generator = np.random.default_rng(seed)
    data = bytearray(whole[seed % len(whole)])
    for _ in range(int(generator.integers(1, 5))):
        reach = len(data) if generator.random() < 0.3 else min(len(data), 120)
        place = int(generator.integers(max(1, reach)))
        match int(generator.integers(8)):
            case 0:
                del data[place:]
            case 1:
                del data[place : place + int(generator.integers(1, 200))]
            case 2:
                data[place : place + 1] = generator.bytes(1)
            case 3:
                extreme = EXTREMES[int(generator.integers(len(EXTREMES)))]
                data[place : place + len(extreme)] = extreme
            case 4:
                data[place:place] = generator.bytes(int(generator.integers(1, 400)))
            case 5:
                data[place : place + 64] = bytes(64)
            case 6:
                other = whole[int(generator.integers(len(whole)))]
                data[place:] = other[place:]
            case _:
                data = data[: int(generator.integers(4, 60))] + bytearray(generator.bytes(3000))
    return bytes(data)


def test_damaged_uploads(server: RunningServer, whole: list[bytes]) -> None:
    with server.client() as client:

        def send(seed: int) -> tuple[int, int, float]:
            started = time.monotonic()
            files = {"source": ("a.wav", damage(whole, seed))}
            if seed % 5 == 0:
                files = {"source": ("a.wav", whole[0]), "reference": files["source"]}
            data = {} if seed % 5 == 0 else {"voice": "mei"}
            response = client.post("/v1/audio/conversions", files=files, data=data)
            if response.status_code != 200:
                problem(response)
            return seed, response.status_code, time.monotonic() - started

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(send, range(UPLOADS)))
        wrong = [answer for answer in answers if answer[1] not in (200, 400) or answer[2] > SLOWEST]
        assert not wrong
        assert {status for _, status, _ in answers} == {200, 400}
        speech = client.post("/v1/audio/speech", json={"input": "Still here.", "voice": "mei"})
        assert speech.status_code == 200
