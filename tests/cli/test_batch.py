"""`xespeech batch`: lists of texts, options of rows, resuming, mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import xespeech
from xespeech.audio import read
from xespeech.files import locked

LIST = """text,output,voice,speed,timestamps
Hello there.,a/hello.flac,mei,,a/hello.srt
"One, two.",,,2,
你好。,third.ogg,,,
"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A list of three texts."""
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def test_rows_become_files(command, texts: Path, tiny_voice: Path, tmp_path: Path) -> None:
    result = command("batch", "list.csv", "-o", "out", "--voice", "takumi", "--workers", "2", "-m", str(tiny_voice))
    assert (result.code, result.errors) == (0, "")
    assert result.output.startswith("out: 3 recordings")
    voice = xespeech.load(tiny_voice)
    for name, text, options in (
        ("a/hello.flac", "Hello there.", {"voice": "mei"}),
        ("2.wav", "One, two.", {"voice": "takumi", "speed": 2}),
        ("third.ogg", "你好。", {"voice": "takumi"}),
    ):
        assert read(tmp_path / "out" / name).duration == pytest.approx(voice.speak(text, **options).duration, abs=0.01)
    assert "Hello there." in (tmp_path / "out/a/hello.srt").read_text("utf-8")


def test_what_is_there_is_not_done_again(command, texts: Path, tiny_voice: Path, tmp_path: Path) -> None:
    arguments = ("batch", "list.csv", "-o", "out", "--workers", "1", "-m", str(tiny_voice))
    assert command(*arguments).code == 0
    manifest = tmp_path / "out/manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])  # killed while it wrote the last line
    (tmp_path / "out/2.wav").unlink()
    kept = (tmp_path / "out/a/hello.flac").stat().st_mtime_ns
    result = command(*arguments)
    assert (result.code, result.errors) == (0, "1 of 3 are there already\n")
    assert result.output.startswith("out: 2 recordings")
    assert (tmp_path / "out/a/hello.flac").stat().st_mtime_ns == kept
    texts.write_text(LIST.replace("Hello there.", "Hello here."), "utf-8")
    assert command(*arguments).output.startswith("out: 1 recordings")
    assert command(*arguments).output.startswith("out: 0 recordings")


def test_a_row_that_cannot_be_spoken_stops_no_other(command, tiny_voice: Path, tmp_path: Path) -> None:
    rows = [{"text": "Hello."}, {"text": "Привет."}, {"text": "<speak>a<b/></speak>"}, {"text": "Bye.", "voice": "mai"}]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", "utf-8")
    result = command("batch", "list.jsonl", "-o", "out", "--workers", "1", "-m", str(tiny_voice), "--format", "opus")
    assert result.code == 2
    told = result.errors.splitlines()
    assert told[0].startswith("list.jsonl, line 2: character 1 of the text")
    assert told[1].startswith("list.jsonl, line 3: SSML, line 1")
    assert told[2].startswith("list.jsonl, line 4: unknown voice 'mai'")
    assert told[3].startswith("error: 3 of 4 rows")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1.opus", "manifest.jsonl"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.txt", "Hello.", "must be .csv, .tsv or .jsonl"),
        ("a.csv", "", "line 1: there is no column text"),
        ("a.csv", "text\n", "holds no texts"),
        ("a.csv", "text,sped\na,2\n", "line 2: there is no column 'sped'"),
        ("a.csv", "text\na,b\n", "line 2: more values than columns"),
        ("a.csv", "text,voice\na,\n,mei\n", "line 3: the text is empty"),
        ("a.csv", "text,speed\na,fast\n", "line 2: the speed 'fast' is not a number"),
        ("a.csv", "text,speed\na,9\n", "line 2: the speed 9 is out of range"),
        ("a.csv", "text,output\na,../b.wav\n", "line 2: ../b.wav lies outside"),
        ("a.csv", "text,output\na,/b.wav\n", "line 2: /b.wav lies outside"),
        ("a.csv", "text,output\na,b.aiff\n", "line 2: b.aiff: the suffix"),
        ("a.csv", "text,output\na,b.wav\nb,B.wav\n", "line 3: B.wav is written by an earlier row"),
        ("a.csv", "text,reference\na,missing.wav\n", "line 2: missing.wav: no such file"),
        ("a.jsonl", '{"text": "a"}\n["b"]\n', "line 2: write an object"),
        ("a.jsonl", '{"text": \n', "line 1: no JSON"),
        ("a.tsv", "text\tlanguage\na\tfr\n", "line 2: unknown language 'fr'"),
    ],
)
def test_mistakes_are_found_before_anything_is_spoken(
    command, tiny_voice: Path, tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    result = command("batch", name, "-o", "out", "-m", str(tiny_voice))
    assert result.code == 2
    assert sentence in result.errors
    assert result.errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_two_runs_do_not_write_one_folder_at_once(command, tiny_voice: Path, tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"text": "Hello."}', "utf-8")
    with locked(tmp_path / "out"):
        result = command("batch", "list.jsonl", "-o", "out", "-m", str(tiny_voice))
        assert result.code == 2
        assert "is being written by another run" in result.errors
    assert command("batch", "list.jsonl", "-o", "out", "-m", str(tiny_voice)).code == 0
