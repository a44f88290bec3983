"""The command `xespeech prepare`, as a user types it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from xespeech.audio import Audio, write
from xespeech.cli import main
from xespeech.data.folder import prepare_folder

pytest.importorskip("lhotse")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["xespeech", "prepare", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return int(ended.value.code or 0)


def test_a_folder_is_prepared_and_reported(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "folder", corpus, "--out", tmp_path / "out", "--jobs", "1") == 0
    report = capsys.readouterr().out
    for words in ("9 recordings", "language zh", "style happy", "speaker speaker-ja"):
        assert words in report
    assert (tmp_path / "out" / "cuts_train.jsonl.gz").exists()


def test_the_users_mistakes_end_in_one_sentence_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "folder", tmp_path / "nowhere", "--out", tmp_path / "out") == 2
    assert run(monkeypatch, "hts-japanese", tmp_path, "--out", tmp_path / "out") == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "nowhere: no such folder" in errors[0]
    assert "no .htsvoice files" in errors[1]


def test_the_report_fits_one_screen(
    tmp_path: Path, voice: Callable[..., Audio], capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["file|language|speaker|style|text"]
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    data = write(tmp_path / "a.wav", voice(0.5)).read_bytes()
    for index in range(100):
        (corpus / f"{index}.wav").write_bytes(data)
        lines.append(f"{index}.wav|zh|speaker{index}|neutral|")
        lines.append(f"missing{index}.wav|zh|speaker{index}|neutral|")
    (corpus / "metadata.csv").write_text("\n".join(lines))
    report = prepare_folder(corpus, tmp_path / "out")
    capsys.readouterr()
    report.print(Console(width=100))
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) <= 40
    assert any("88 more speakers" in line for line in shown)
    assert any(line.startswith("100 skipped") for line in shown)
