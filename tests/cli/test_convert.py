"""`xespeech convert`: what reaches the model, and the source that must survive."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile


def test_options_reach_the_model(command, voice, recording: Path, tmp_path: Path) -> None:
    result = command(
        "convert", "source.wav", "--voice", "mei", "--emotion", "happy", "-o", "converted.flac", "--prosody", "target"
    )
    assert (result.code, result.errors) == (0, "")
    assert soundfile.info(tmp_path / "converted.flac").format == "FLAC"
    verb, source, asked = voice.calls[0]
    assert (verb, source) == ("convert", Path("source.wav"))
    assert asked == {
        "voice": "mei",
        "emotion": "happy",
        "intensity": 1.0,
        "reference": None,
        "emotion_reference": None,
        "pitch": 0.0,
        "prosody": "target",
        "clarity": 0.75,
        "language": None,
        "noise": 0.0,
        "content": None,
        "seed": 0,
    }


@pytest.mark.parametrize("output", ["source.wav", "./source.wav", "link.wav"])
def test_the_source_is_never_overwritten(command, voice, recording: Path, tmp_path: Path, output: str) -> None:
    (tmp_path / "link.wav").symlink_to(recording)
    before = recording.read_bytes()
    result = command("convert", "source.wav", "--voice", "mei", "-o", output)
    assert result.code == 2
    assert "choose another output" in result.errors
    assert recording.read_bytes() == before
    assert not voice.calls


def test_the_reference_is_never_overwritten(command, voice, recording: Path) -> None:
    result = command("convert", "other.wav", "--reference", "source.wav", "-o", "source.wav")
    assert result.code == 2
    assert "choose another output" in result.errors


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "source"),
        (["source.wav"], "--voice"),
        (["source.wav", "--emotion", "happy"], "--voice"),
        (["source.wav", "--voice", "mei", "--reference", "source.wav"], "voice and reference"),
        (["source.wav", "--voice", "mei", "--intensity", "1"], "--emotion"),
        (["source.wav", "--voice", "mai"], "did you mean mei?"),
        (["source.wav", "--voice", "mei", "--speed", "2"], "--speed"),
    ],
)
def test_mistakes_are_one_sentence(command, voice, recording: Path, arguments: list[str], sentence: str) -> None:
    result = command("convert", *arguments)
    assert result.code == 2
    assert sentence in result.errors
    assert not voice.calls
