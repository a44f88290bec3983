"""Models by the id of a Hugging Face repository, from a cache that the test lays out as the hub's client does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import xespeech
from xespeech.errors import ModelError
from xespeech.original.voice.voice import OriginalVoice

constants = pytest.importorskip("huggingface_hub.constants")


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, and no network."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("XESPEECH_CACHE", str(tmp_path / "xespeech"))
    return tmp_path / "hub"


def store(cache: Path, repository: str) -> Path:
    """The folder of the only snapshot of a repository, for the test to fill."""
    home = cache / f"models--{repository.replace('/', '--')}"
    revision = "0123456789abcdef0123456789abcdef01234567"
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(revision)
    return home / "snapshots" / revision


def test_a_repository_holds_a_compact_or_an_imported_model(cache, tiny_voice, original_model):
    shutil.copytree(tiny_voice, store(cache, "someone/compact"))
    shutil.copytree(original_model, store(cache, "someone/original"))
    assert xespeech.load("someone/compact").description.default_voice == "kathleen"
    assert isinstance(xespeech.load("someone/original"), OriginalVoice)


def test_a_repository_holds_a_released_checkpoint(cache, original_checkpoint, tmp_path, monkeypatch):
    snapshot = store(cache, "someone/released")
    shutil.copytree(original_checkpoint.parent, snapshot)
    assert isinstance(xespeech.load("someone/released"), OriginalVoice)
    made = list((tmp_path / "xespeech" / "imported").iterdir())
    assert len(made) == 1
    monkeypatch.setattr("xespeech.original.folder.files.import_original", None)  # the second time it is there
    assert isinstance(xespeech.load("someone/released"), OriginalVoice)


def test_offline_and_empty_are_one_sentence(cache):
    with pytest.raises(ModelError, match="cannot be reached: go online"):
        xespeech.load("someone/unknown")
    store(cache, "someone/empty").mkdir(parents=True)
    with pytest.raises(ModelError, match="holds no model"):
        xespeech.load("someone/empty")


def test_a_file_is_no_model(original_checkpoint):
    with pytest.raises(ModelError, match="xespeech import"):
        xespeech.load(original_checkpoint)
