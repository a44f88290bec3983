"""`xespeech speak`: what reaches the model, what is written, and which mistakes are refused before any work."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
import soundfile

from xespeech.cli.shared import SUFFIXES
from xespeech.inference.options import SpeechOptions


def test_writes_what_the_model_says(command, voice, tmp_path: Path) -> None:
    result = command("speak", "Hello there.", "-o", "hello.wav")
    assert (result.code, result.errors) == (0, "")
    assert result.output.startswith("hello.wav: 0.50 s of speech")
    assert soundfile.info(tmp_path / "hello.wav").samplerate == 24_000


def test_options_reach_the_model(command, voice) -> None:
    options = (
        "--voice mei --emotion happy --intensity 0.8 --language en --speed 1.2 --pitch -2 --pause 1.5 --noise 0.1 "
        "--seed 7 --model folder"
    )
    assert command("speak", "Hello.", *options.split()).code == 0
    assert str(voice.model) == "folder"
    verb, text, asked = voice.calls[0]
    assert (verb, text) == ("speak", "Hello.")
    given = {"voice": "mei", "emotion": "happy", "intensity": 0.8, "language": "en", "speed": 1.2}
    given |= {"pitch": -2.0, "pause": 1.5, "noise": 0.1, "seed": 7}
    assert asked == vars(SpeechOptions(**given))


@pytest.mark.parametrize("option", ["reference", "emotion_reference"])
def test_references_reach_the_model(command, voice, recording: Path, option: str) -> None:
    assert command("speak", "Hello.", f"--{option.replace('_', '-')}", "source.wav").code == 0
    assert voice.calls[0][2][option] == Path("source.wav")


def test_text_from_standard_input(command, voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("今天天气真好。".encode())))
    assert command("speak", "-").code == 0
    assert voice.calls[0][1] == "今天天气真好。"


def test_text_from_a_file_without_its_byte_order_mark(command, voice, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"\xef\xbb\xbfHello.")
    assert command("speak", "-f", "text.txt").code == 0
    assert voice.calls[0][1] == "Hello."


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_suffix_decides_the_format(command, voice, tmp_path: Path, suffix: str) -> None:
    assert command("speak", "Hello.", "-o", f"out{suffix}").code == 0
    written = soundfile.info(tmp_path / f"out{suffix}")
    formats = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".opus": "OGG", ".mp3": "MP3"}
    assert written.format == formats[suffix]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--emotin", "happy", "Hello."], "--emotin"),
        (["Hello.", "--emotin", "happy"], "--emotin"),
        (["Hello.", "--speed", "fast"], "--speed"),
        (["Hello", "there"], "put it in quotes"),
        (["Hello.", "—emotion", "happy"], "put it in quotes"),
        (["—emotion"], "two hyphens"),
        ([], "nothing to speak"),
        (["-f", "missing.txt"], "missing.txt: No such file"),
        (["Hello.", "-f", "text.txt"], "two texts"),
        (["Hello.", "-o", "out.aiff"], "out.aiff"),
        (["Hello.", "-o", "out"], "suffix"),
        (["Hello.", "-o", "nowhere/out.wav"], "nowhere"),
        (["Hello.", "--voice", "kathlen"], "did you mean kathleen?"),
        (["Hello.", "--voice", "mei", "--reference", "a.wav"], "voice and reference"),
        (["Hello.", "--emotion", "happy", "--emotion-reference", "a.wav"], "both choose the emotion"),
        (["Hello.", "--intensity", "0.5"], "--emotion"),
        (["Hello.", "--pitch", "13"], "pitch 13"),
    ],
)
def test_mistakes_are_one_sentence_and_nothing_is_written(
    command, voice, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    result = command("speak", *arguments)
    assert result.code == 2
    assert sentence in result.errors
    assert "Traceback" not in result.errors
    assert result.output == ""
    assert not voice.calls
    assert not list(tmp_path.iterdir())


def test_text_that_is_not_utf8(command, voice, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes("今天".encode("gb18030"))
    result = command("speak", "-f", "text.txt")
    assert result.code == 2
    assert result.errors.startswith("error: text.txt is not UTF-8")


def test_a_folder_is_no_output(command, voice, tmp_path: Path) -> None:
    (tmp_path / "out.wav").mkdir()
    result = command("speak", "Hello.")
    assert result.code == 2
    assert "it is a folder" in result.errors


def test_the_reference_is_not_overwritten(command, voice, recording: Path) -> None:
    before = recording.read_bytes()
    result = command("speak", "Hello.", "--reference", "source.wav", "-o", "source.wav")
    assert result.code == 2
    assert "would be overwritten" in result.errors
    assert recording.read_bytes() == before


def test_a_pipe_or_a_device_is_no_output(command, voice, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "null.wav").symlink_to("/dev/null")
    for name in ("pipe.wav", "null.wav"):
        result = command("speak", "Hello.", "-o", name)
        assert result.code == 2
        assert "--stream" in result.errors
    assert (tmp_path / "pipe.wav").is_fifo()
    assert not voice.calls


def test_a_link_as_output_stays_one(command, voice, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link.wav").symlink_to(Path("far") / "file.wav")
    assert command("speak", "Hello.", "-o", "link.wav").code == 0
    assert (tmp_path / "link.wav").is_symlink()
    assert soundfile.info(tmp_path / "far" / "file.wav").duration == 0.5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(command, voice, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "text.txt").write_bytes("今天天气真好。".encode(encoding))
    assert command("speak", "-f", "text.txt").code == 0
    assert voice.calls[0][1] == "今天天气真好。"


def test_closed_standard_input_is_told(command, voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    result = command("speak", "-")
    assert (result.code, "standard input cannot be read" in result.errors) == (2, True)


def test_a_locale_of_ascii_loses_no_characters(command, voice) -> None:
    sent = "今天天气真好。".encode().decode("ascii", "surrogateescape")
    assert command("speak", sent).code == 0
    assert voice.calls[0][1] == "今天天气真好。"
