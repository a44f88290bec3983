"""What phones and browsers record: m4a, aac, webm and mp4, at the limits of every recording."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from serving import containers
from xespeech.audio.io import decode, read
from xespeech.errors import AudioError

pytest.importorskip("av")
KINDS = ("m4a", "aac", "webm", "mp4")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_sound_is_that_which_was_recorded(tmp_path: Path, kind: str, channels: int) -> None:
    data = containers(kind, seconds=1.0, channels=channels)
    audio = decode(data)
    assert audio.sample_rate == 48_000
    assert audio.duration == pytest.approx(1.0, abs=0.08)
    spectrum = np.abs(np.fft.rfft(audio.samples[:48_000], 48_000))
    assert np.argmax(spectrum) == pytest.approx(440, abs=2)
    assert np.sqrt(2) * audio.samples[10_000:40_000].std() == pytest.approx(0.3, abs=0.01)
    path = tmp_path / f"sound.{kind}"
    path.write_bytes(data)
    np.testing.assert_array_equal(read(path).samples, audio.samples)


@pytest.mark.parametrize("kind", KINDS)
def test_what_lasts_too_long_is_refused(kind: str) -> None:
    with pytest.raises(AudioError, match="at most 2 s"):
        decode(containers(kind, seconds=3.0), longest=2.0)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_an_ordinary_mistake(kind: str) -> None:
    whole = containers(kind, seconds=0.5)
    generator = np.random.default_rng(0)
    for _ in range(40):
        data = bytearray(whole)
        for place in generator.integers(0, len(data), 20):
            data[place] = generator.integers(0, 256)
        for damaged in (bytes(data), whole[: generator.integers(1, len(whole))]):
            with contextlib.suppress(AudioError):
                decode(damaged)


def index_bomb() -> bytes:
    """An m4a below 10 kB whose index claims 80 million packets of one byte."""
    data = bytearray(containers("m4a", seconds=0.3))
    sizes, chunks, times = data.index(b"stsz"), data.index(b"stsc"), data.index(b"stts")
    data[sizes + 8 : sizes + 16] = struct.pack(">II", 1, 80_000_000)
    data[chunks + 12 : chunks + 20] = struct.pack(">II", 1, 80_000_000)
    data[times + 12 : times + 20] = struct.pack(">II", 80_000_000, 2)
    return bytes(data)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is watched in /proc")
def test_an_index_of_gigabytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.m4a").write_bytes(index_bomb())
    code = (  # ru_maxrss would begin at the peak of the process that starts this one
        "import re, sys; from xespeech.audio import read; from xespeech.errors import AudioError\n"
        "try: read(sys.argv[1])\nexcept AudioError as error: print(error)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    program = [sys.executable, "-c", code, str(tmp_path / "bomb.m4a")]
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "bomb.m4a" in told[0]
    assert int(told[-1]) < 600_000


def test_a_list_of_other_files_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.aac").write_bytes(containers("aac", seconds=0.5))
    for text in (
        f"#EXTM3U\n#EXTINF:1,\n{tmp_path}/secret.aac\n",
        f"ffconcat version 1.0\nfile {tmp_path}/secret.aac\n",
    ):
        with pytest.raises(AudioError, match="not audio"):
            decode(text.encode())


def test_without_pyav_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AudioError, match=r"xespeech\[formats\]"):
        decode(b"\x00\x00\x00\x20ftypM4A " + bytes(100))


def test_a_film_without_sound_is_refused() -> None:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 16
        for _ in range(3):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))))
        file.mux(stream.encode(None))
    with pytest.raises(AudioError, match="no sound"):
        decode(buffer.getvalue())
