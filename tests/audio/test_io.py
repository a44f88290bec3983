"""Reading and writing recordings, and what is refused."""

from __future__ import annotations

import resource
import struct
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xespeech.audio import Audio, read, write
from xespeech.errors import AudioError

RATE = 24_000


def tone(seconds: float = 1.0, rate: int = RATE) -> Audio:
    times = np.arange(round(seconds * rate)) / rate
    return Audio((0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32), rate)


def pitch(audio: Audio) -> float:
    """Hz of the strongest component."""
    spectrum = np.abs(np.fft.rfft(audio.samples * np.hanning(len(audio.samples))))
    return float(spectrum.argmax() * audio.sample_rate / len(audio.samples))


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "opus", "WAV"])
@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_every_format_keeps_the_sound(tmp_path: Path, suffix: str, rate: int) -> None:
    path = write(tmp_path / f"a.{suffix}", tone(1.0, rate))
    again = read(path)
    assert again.duration == pytest.approx(1.0, abs=0.06)
    assert pitch(again) == pytest.approx(440, abs=3)
    assert 0.2 < np.abs(again.samples[2000:-2000]).max() < 0.4
    assert again.samples.dtype == np.float32


def test_the_suffix_chooses_the_format(tmp_path: Path) -> None:
    formats = {suffix: soundfile.info(write(tmp_path / f"a.{suffix}", tone())) for suffix in ("flac", "opus", "mp3")}
    assert [(formats[s].format, formats[s].subtype) for s in formats] == [
        ("FLAC", "PCM_16"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ]


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "opus"])
def test_synthetic_recordings_say_so_in_their_metadata(tmp_path: Path, suffix: str) -> None:
    spoken = replace(tone(), synthetic=True).resample(16_000)
    path = write(tmp_path / f"a.{suffix}", spoken)
    with soundfile.SoundFile(path) as file:
        assert "trainedAlgorithmicMedia" in file.comment
    assert read(path, sample_rate=RATE).synthetic
    assert not read(write(tmp_path / f"b.{suffix}", tone())).synthetic


def test_long_vorbis_files_are_written(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.ogg", tone(200.0))).duration == pytest.approx(200, abs=0.1)


def test_stereo_is_mixed_and_resampled(tmp_path: Path) -> None:
    left = tone(1.0, 44_100).samples
    soundfile.write(tmp_path / "a.wav", np.stack([left, np.zeros_like(left)], axis=1), 44_100)
    audio = read(tmp_path / "a.wav", sample_rate=16_000)
    assert audio.sample_rate == 16_000
    assert audio.samples.shape == (16_000,)
    assert np.abs(audio.samples).max() == pytest.approx(0.15, abs=0.01)
    assert pitch(audio) == pytest.approx(440, abs=2)


def test_samples_beyond_full_scale_are_clipped_and_do_not_wrap(tmp_path: Path) -> None:
    loud = Audio(tone().samples * 10, RATE)
    again = read(write(tmp_path / "a.wav", loud))
    assert np.abs(again.samples - np.clip(loud.samples, -1, 1)).max() < 1e-3


def fault(path: Path, name: str) -> Path:
    path = path / "bad.wav"
    if name == "text":
        path.write_text("This is not audio, however long the text may be." * 100)
    elif name == "no bytes":
        path.touch()
    elif name == "no samples":
        soundfile.write(path, np.zeros(0), RATE)
    elif name == "short":
        soundfile.write(path, tone(0.1).samples, RATE)
    elif name == "silent":
        soundfile.write(path, np.zeros(RATE), RATE)
    elif name == "NaN":
        samples = tone().samples
        samples[1000] = np.nan
        soundfile.write(path, samples, RATE, subtype="FLOAT")
    elif name == "1 Hz":
        soundfile.write(path, tone().samples, 1)
    elif name == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "no such file"),
        ("text", "not audio"),
        ("no bytes", "empty"),
        ("no samples", "empty"),
        ("short", r"0\.10 s"),
        ("silent", "silent"),
        ("NaN", "not numbers"),
        ("1 Hz", "sample rate of 1 Hz"),
        ("folder", "folder"),
    ],
)
def test_unusable_recordings_are_refused_in_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(AudioError, match=words) as caught:
        read(fault(tmp_path, name))
    assert "bad.wav" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_three_hours_are_refused_before_decoding(tmp_path: Path) -> None:
    size = 3 * 3600 * 8000
    header = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    with (tmp_path / "long.wav").open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", size))
        file.truncate(size + 44)
    tracemalloc.start()
    try:
        with pytest.raises(AudioError, match=r"3\.0 h"):
            read(tmp_path / "long.wav")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000  # decoded it would be 350 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg"])
def test_only_the_beginning_is_decoded_when_it_is_enough(tmp_path: Path, suffix: str) -> None:
    times = np.arange(3 * RATE) / RATE
    path = write(tmp_path / f"a{suffix}", Audio((0.5 * np.sin(2 * np.pi * 200 * times)).astype(np.float32), RATE))
    whole, beginning = read(path), read(path, seconds=1.0)
    assert beginning.duration == 1.0
    np.testing.assert_allclose(beginning.samples, whole.samples[:RATE], atol=1e-4)
    assert read(path, seconds=60.0).duration == whole.duration


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"\.wav, \.flac, \.ogg, \.opus, \.mp3"):
        write(tmp_path / "a.aiff", tone())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="nowhere"):
        write(tmp_path / "nowhere" / "a.wav", tone())


def test_a_full_disk_leaves_the_old_file_and_no_fragment(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(0.5))
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(AudioError, match="cannot be written"):
            write(path, tone(5.0))
        with pytest.raises(AudioError, match="cannot be written"):
            write(tmp_path / "b.wav", tone(5.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.wav"]
