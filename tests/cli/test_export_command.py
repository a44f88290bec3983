"""`xespeech export`: what it says, and the mistakes it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xespeech.cli import main
from xespeech.model_folder import Description
from xespeech.training.attribution import Credit
from xespeech.training.export import ExportOptions


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch, tiny_voice: Path) -> list[ExportOptions]:
    """Keeps the options of every export instead of exporting; the target is a small file."""
    options: list[ExportOptions] = []

    def export_run(run: Path, folder: Path, wanted: ExportOptions, progress: object) -> Description:
        options.append(wanted)
        folder.mkdir()
        (folder / "weights").write_bytes(bytes(2_500_000))
        return Description.load(tiny_voice)

    monkeypatch.setattr("xespeech.training.export.export_run", export_run)
    return options


def export(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Exit code of `xespeech export ARGUMENTS...`."""
    monkeypatch.setattr(sys, "argv", ["xespeech", "export", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return int(ended.value.code or 0)


def test_options_reach_the_export(
    exported: list[ExportOptions], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "licences.json").write_text('{"an4-*": "BSD"}')
    licences = ("--licence", "CC BY-SA 4.0", "--voice-licences", str(tmp_path / "licences.json"))
    more = ("--default-voice", "mei", "--precision", "fp32")
    assert export(monkeypatch, "runs/mine", "-o", str(tmp_path / "model"), *licences, *more) == 0
    assert exported == [ExportOptions("CC BY-SA 4.0", {"an4-*": Credit("BSD")}, "mei", precision="fp32")]
    assert "5 voices after 0 steps, 2.5 MB" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "not json", '["BSD"]', '{"mei": 3}', '{"mei": {"source": "x"}}'])
def test_licences_that_cannot_be_read(
    exported: list[ExportOptions],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str | None,
) -> None:
    path = tmp_path / "licences.json"
    if content is not None:
        path.write_text(content)
    assert export(monkeypatch, "run", "-o", str(tmp_path / "model"), "--voice-licences", str(path)) == 2
    assert "licences.json" in capsys.readouterr().err
    assert not exported


def test_a_missing_run_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert export(monkeypatch, str(tmp_path / "nothing"), "-o", str(tmp_path / "model")) == 2
    errors = capsys.readouterr().err
    assert "is not a training run, there is no such folder" in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "model").exists()
