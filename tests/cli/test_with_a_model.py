"""The whole command with a real, tiny model: texts and recordings in, recordings out, and every bad input refused."""

from __future__ import annotations

import io
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import xespeech
from syllables import syllables

RATE = 16_000


@pytest.fixture
def model(tiny_voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tiny model that a test may damage."""
    return shutil.copytree(tiny_voice, tmp_path_factory.mktemp("model") / "tiny")


@pytest.mark.parametrize("text", ["I can't believe it!", "今天天气真好。", "おはようございます。", "我用 GPU 训练。"])
def test_speaks_every_language(command, tiny_voice: Path, tmp_path: Path, text: str) -> None:
    result = command("speak", text, "--voice", "kathleen", "--emotion", "happy", "--model", str(tiny_voice))
    assert (result.code, result.errors) == (0, "")
    written = soundfile.info(tmp_path / "out.wav")
    assert written.samplerate == 24_000
    assert written.duration > 0.3


def test_speaks_and_converts_like_a_reference(command, tiny_voice: Path, recording: Path, tmp_path: Path) -> None:
    model = ("--reference", "source.wav", "--model", str(tiny_voice))
    assert command("speak", "Hello.", *model, "-o", "spoken.flac").code == 0
    assert command("convert", "source.wav", *model, "-o", "converted.flac").code == 0
    assert soundfile.info(tmp_path / "converted.flac").duration == pytest.approx(1.0, abs=0.05)


def test_the_same_seed_gives_the_same_samples(command, tiny_voice: Path, tmp_path: Path) -> None:
    for name, seed in (("first.wav", "3"), ("again.wav", "3"), ("other.wav", "4")):
        assert command("speak", "Hello.", "--seed", seed, "--model", str(tiny_voice), "-o", name).code == 0
    first, again, other = ((tmp_path / f"{name}.wav").read_bytes() for name in ("first", "again", "other"))
    assert first == again
    assert first != other


def test_lists_the_voices(command, tiny_voice: Path) -> None:
    result = command("voices", "--json", "--model", str(tiny_voice))
    voices = {voice["name"]: voice for voice in json.loads(result.output)}
    assert "happy" in voices["mei"]["emotions"]
    assert voices["kathleen"]["languages"] == ["en"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "text"), (" \n ", "text"), ("...!?", "spoken"), ("🙂", "spoken")],
    ids=["empty", "blank", "punctuation", "emoji"],
)
def test_text_that_cannot_be_spoken(command, tiny_voice: Path, tmp_path: Path, text: str, sentence: str) -> None:
    result = command("speak", text, "--model", str(tiny_voice))
    assert result.code == 2
    assert result.errors.startswith("error: ")
    assert sentence in result.errors.replace(",", "")
    assert result.errors.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "wrong", "right"),
    [("--voice", "kathlen", "kathleen"), ("--emotion", "hapy", "happy"), ("--language", "eng", "en")],
)
def test_unknown_names_suggest_the_nearest(command, tiny_voice: Path, option: str, wrong: str, right: str) -> None:
    result = command("speak", "Hello.", option, wrong, "--model", str(tiny_voice))
    assert result.code == 2
    assert wrong in result.errors
    assert f"did you mean {right}" in result.errors


@pytest.mark.parametrize(
    ("option", "value"), [("--speed", "0"), ("--speed", "nan"), ("--intensity", "-1"), ("--seed", "-1")]
)
def test_numbers_out_of_range(command, tiny_voice: Path, option: str, value: str) -> None:
    emotion = ("--emotion", "happy") if option == "--intensity" else ()
    result = command("speak", "Hello.", *emotion, f"{option}={value}", "--model", str(tiny_voice))
    assert result.code == 2
    assert option.strip("-") in result.errors


@pytest.mark.parametrize("option", ["--reference", "--emotion-reference"])
def test_noise_is_no_reference(command, tiny_voice: Path, tmp_path: Path, option: str) -> None:
    soundfile.write(tmp_path / "hiss.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 2 * RATE), RATE)
    result = command("speak", "Hello.", option, "hiss.wav", "--model", str(tiny_voice))
    assert result.code == 2
    assert "hiss.wav holds no speech, only noise or a hum" in result.errors
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("name", ["missing", "text", "empty", "short", "silent", "long", "nan", "folder"])
@pytest.mark.parametrize("use", ["source", "reference"])
def test_recordings_that_cannot_be_used(command, tiny_voice: Path, tmp_path: Path, name: str, use: str) -> None:
    path = tmp_path / f"{name}.wav"
    if name == "text":
        path.write_text("this is not audio")
    elif name == "empty":
        path.write_bytes(b"")
    elif name == "short":
        soundfile.write(path, syllables(0.1), RATE)
    elif name == "silent":
        soundfile.write(path, np.zeros(RATE), RATE)
    elif name == "long":
        soundfile.write(path, np.zeros(3 * 3600 * 1000, np.float32), 1000)
    elif name == "nan":
        samples = syllables(1.0)
        samples[100] = np.nan
        soundfile.write(path, samples, RATE, subtype="FLOAT")
    elif name == "folder":
        path.mkdir()
    before = sorted(tmp_path.iterdir())

    if use == "source":
        result = command("convert", path.name, "--voice", "mei", "--model", str(tiny_voice))
    else:
        result = command("speak", "Hello.", "--reference", path.name, "--model", str(tiny_voice))
    assert result.code == 2
    assert result.errors.startswith("error: ")
    assert path.name in result.errors
    assert result.errors.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_missing_model(command) -> None:
    result = command("speak", "Hello.", "--model", "nowhere")
    assert result.code == 2
    assert "nowhere" in result.errors
    assert "xespeech export" in result.errors


@pytest.mark.parametrize("damage", ["not json", "{}", "gone"])
def test_broken_configuration(command, model: Path, damage: str) -> None:
    if damage == "gone":
        (model / "config.json").unlink()
    else:
        (model / "config.json").write_text(damage)
    result = command("speak", "Hello.", "--model", str(model))
    assert result.code == 2
    assert "config.json" in result.errors


@pytest.mark.parametrize("file", ["styles.safetensors", "text.int8.onnx", "model.safetensors"])
def test_damaged_weights(command, model: Path, file: str) -> None:
    (model / file).write_bytes((model / file).read_bytes()[:100])
    result = command("speak", "Hello.", "--model", str(model))
    assert result.code == 2
    assert Path(file).name in result.errors


def speak_on_a_full_disk(model: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Files can grow to 4 kB, no further."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = [sys.executable, "-m", "xespeech.cli.main", "speak", "Hello there.", "--model", str(model)]
    return subprocess.run(command, cwd=folder, preexec_fn=no_room, capture_output=True, text=True, check=False)


def test_full_disk_leaves_nothing(tiny_voice: Path, tmp_path: Path) -> None:
    done = speak_on_a_full_disk(tiny_voice, tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: out.wav cannot be written")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_full_disk_keeps_the_old_file(tiny_voice: Path, tmp_path: Path) -> None:
    (tmp_path / "out.wav").write_bytes(b"what was there")
    assert speak_on_a_full_disk(tiny_voice, tmp_path).returncode == 2
    assert (tmp_path / "out.wav").read_bytes() == b"what was there"


@pytest.mark.parametrize("raw", [False, True])
def test_a_stream_goes_to_standard_output(
    command, tiny_voice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: bool
) -> None:
    pipe = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", pipe)
    options = ("--model", str(tiny_voice), "--stream", *(["--raw"] if raw else []))
    assert command("speak", "Hello there.", *options).code == 0
    written = pipe.buffer.getvalue()  # type: ignore[attr-defined]
    samples = np.frombuffer(written[0 if raw else 44 :], "<i2") / 32767
    np.testing.assert_allclose(samples, xespeech.load(tiny_voice).speak("Hello there.").samples, atol=1e-3)
    if not raw:
        assert written[:4] == b"RIFF"
        assert soundfile.info(io.BytesIO(written)).samplerate == 24_000
    assert not list(tmp_path.iterdir())


def test_a_player_may_stop_listening(tiny_voice: Path, tmp_path: Path) -> None:
    line = f"{sys.executable} -m xespeech.cli.main speak - --stream --model {tiny_voice} | head -c 100"
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, input="Hello there. " * 200, capture_output=True, text=True, errors="replace"
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_speaks_a_book_with_timestamps(command, tiny_voice: Path, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("A paragraph of a book.\n\n" * 40, encoding="utf-8")
    arguments = ("-f", "book.txt", "-o", "book.ogg", "--timestamps", "book.json", "--model", str(tiny_voice))
    result = command("speak", *arguments)
    assert (result.code, result.errors) == (0, "")
    assert result.output.startswith("book.ogg: ")
    assert len(json.loads((tmp_path / "book.json").read_text("utf-8"))["sentences"]) == 40
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.json", "book.ogg", "book.txt"]


def test_mistakes_far_into_a_book_are_found_at_once(command, tiny_voice: Path, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("A paragraph of a book.\n\n" * 9000 + "Ж", encoding="utf-8")
    result = command("speak", "-f", "book.txt", "--model", str(tiny_voice))
    assert result.code == 2
    assert "character 216001 of the text, 'Ж'" in result.errors
    (tmp_path / "book.txt").write_bytes(b"A paragraph of a book.\n\n" * 9000 + "行".encode("gb18030"))
    result = command("speak", "-f", "book.txt", "--model", str(tiny_voice))
    assert result.code == 2
    assert "not UTF-8 text (byte 216000)" in result.errors
    result = command("speak", "Hello.", "--timestamps", "a.txt", "--model", str(tiny_voice))
    assert result.code == 2
    assert ".json .srt" in result.errors
    assert [path.name for path in tmp_path.iterdir()] == ["book.txt"]
