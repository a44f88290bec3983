"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xespeech.files import parse_json, read_json, replacing, sweep, temporary_name


def write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(Path("far") / "file")
    for text in ("first", "second"):
        write(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "far" / "file").read_text() == text
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["file"]


def test_pipes_devices_and_folders_stay_what_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("pipe", "link", "folder", "loop"):
        with pytest.raises(OSError, match=r"it is a|Too many levels"):
            write(tmp_path / name, "text")
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link", "loop", "pipe"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "file", "old")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "file", "half of it \ud800")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "old"}


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    name = "文" * 83 + ".wav"
    write(tmp_path / name, "text")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_dead_processes_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    code = "import os, sys; from xespeech.files import *; print(temporary_name(Path(sys.argv[1]) / 'a.wav').name)"
    dead = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, env=dict(os.environ)
    ).stdout.strip()
    (tmp_path / dead).write_text("half")
    (tmp_path / dead.replace("a.wav", "model")).mkdir()
    own = temporary_name(tmp_path / "b.wav")
    for keep in (own, tmp_path / ".hidden", tmp_path / ".99.txt", tmp_path / "a.wav"):
        keep.write_text("kept")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([own.name, ".hidden", ".99.txt", "a.wav"])


def test_deep_json_is_an_ordinary_mistake(tmp_path: Path) -> None:
    for text in ("[" * 200_000, '{"a":' * 200_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            parse_json(text)
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        read_json(tmp_path / "a.json")


def test_what_was_moved_aside_comes_back(tmp_path: Path) -> None:
    dead = "999999999"
    machine = temporary_name(tmp_path / "a").name.split("-")[1][:6]
    (tmp_path / f".{dead}-{machine}.old.model").mkdir()
    (tmp_path / f".{dead}-{machine}.old.other").mkdir()
    (tmp_path / "other").mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "other"]
