"""A model folder is replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from xespeech.errors import ModelError
from xespeech.model_folder.files import replacing_folder


def contents(folder: Path) -> dict[str, str]:
    """Text of every file below a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A model that is there already."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("old")
    (folder / "styles.safetensors").write_text("old")
    return folder


def test_new_folder_with_its_parents(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "models" / "mine") as temporary:
        (temporary / "config.json").write_text("new")
    assert contents(tmp_path) == {"models/mine/config.json": "new"}


def test_replaces_a_model_completely(old: Path) -> None:
    with replacing_folder(old) as temporary:
        (temporary / "config.json").write_text("new")
        assert contents(old)["config.json"] == "old"
    assert contents(old.parent) == {"model/config.json": "new"}


def test_failure_leaves_the_old_model(old: Path) -> None:
    def interrupted() -> None:
        with replacing_folder(old) as temporary:
            (temporary / "config.json").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert contents(old.parent) == {"model/config.json": "old", "model/styles.safetensors": "old"}


def test_failure_of_the_last_step_brings_the_old_model_back(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if ".part." in self.name:
            raise OSError("the disk was pulled out")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="pulled out"), replacing_folder(old) as temporary:
        (temporary / "config.json").write_text("new")
    assert contents(old.parent) == {"model/config.json": "old", "model/styles.safetensors": "old"}


def test_a_full_disk_is_one_sentence_and_leaves_the_old_model(old: Path) -> None:
    """A limit on the size of files stands in for the disk; the writer is safetensors' own."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def export() -> None:
        with replacing_folder(old) as temporary:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
            save_file({"weights": np.zeros(100_000, np.float32)}, temporary / "model.safetensors")

    try:
        with pytest.raises(ModelError, match="the disk is full: make room"):
            export()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(old.parent) == {"model/config.json": "old", "model/styles.safetensors": "old"}


def test_other_peoples_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ModelError, match="something other than a model"), replacing_folder(tmp_path):
        pass
    with pytest.raises(ModelError, match="is a file"), replacing_folder(tmp_path / "thesis.tex"):
        pass
    with pytest.raises(ModelError, match="cannot be written"), replacing_folder(tmp_path / "thesis.tex" / "model"):
        pass
    assert contents(tmp_path) == {"thesis.tex": "years of work"}


def test_a_model_of_another_program_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="something other than a model"), replacing_folder(tmp_path):
        pass
    assert contents(tmp_path) == {"config.json": "{}"}
