"""Recordings written piece by piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from xespeech.audio import Audio, read
from xespeech.audio.io import SUFFIXES
from xespeech.audio.writer import open_writer
from xespeech.errors import AudioError

RATE = 24_000
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rate", [24_000, 20_000])
def test_pieces_make_the_same_file_as_the_whole(tmp_path: Path, suffix: str, rate: int) -> None:
    Audio(TONE, rate, synthetic=True).save(tmp_path / f"whole{suffix}")
    with open_writer(tmp_path / f"pieces{suffix}", rate, synthetic=True) as writer:
        for first in range(0, len(TONE), 7001):
            writer.write(TONE[first : first + 7001])
    whole, pieces = read(tmp_path / f"whole{suffix}"), read(tmp_path / f"pieces{suffix}")
    assert pieces.synthetic
    assert pieces.sample_rate == whole.sample_rate
    assert abs(len(pieces.samples) - len(whole.samples)) <= 1
    common = min(len(pieces.samples), len(whole.samples))
    np.testing.assert_allclose(pieces.samples[:common], whole.samples[:common], atol=0.02)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(TypeError), open_writer(tmp_path / "a.wav", RATE) as writer:
        writer.write(None)  # type: ignore[arg-type]  # any failure while it is written
    with pytest.raises(AudioError, match="suffix"), open_writer(tmp_path / "a.aiff", RATE):
        pass
    with pytest.raises(AudioError, match="cannot be written"), open_writer(tmp_path / "nowhere" / "a.wav", RATE):
        pass
    assert not list(tmp_path.iterdir())


def test_samples_beyond_full_scale_are_clipped(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.wav", RATE) as writer:
        writer.write(np.full(RATE, 3.0))
    assert soundfile.read(tmp_path / "a.wav")[0].max() <= 1.0


def test_a_wav_file_never_outgrows_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xespeech.audio.writer._LONGEST_WAV", 100_000)
    with pytest.raises(AudioError, match=r"choose \.flac"), open_writer(tmp_path / "a.wav", RATE) as writer:
        writer.write(TONE)
    assert not list(tmp_path.iterdir())
