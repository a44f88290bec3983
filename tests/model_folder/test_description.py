"""`config.json`: what is written is read back, and what cannot be used is refused in a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xespeech.errors import ModelError
from xespeech.model_folder import Description
from xespeech.training.start import load_start, sizes_of


@pytest.fixture
def folder(tiny_voice: Path, tmp_path: Path) -> Path:
    """A folder with the tiny model's config.json alone."""
    shutil.copy(tiny_voice / "config.json", tmp_path)
    return tmp_path


def change(folder: Path, **values: object) -> None:
    """Replace values of config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def test_round_trip(folder: Path, tmp_path: Path) -> None:
    change(folder, pitch_ranges={"sad": 0.7})
    description = Description.load(folder)
    other = tmp_path / "other"
    other.mkdir()
    description.save(other)
    assert Description.load(other) == description
    assert [voice.name for voice in description.voices][:2] == ["kathleen", "mei"]
    assert description.model.mel.sample_rate == 24_000
    assert description.pitch_ranges == {"sad": 0.7}


def test_models_from_before_pitch_ranges_have_none(folder: Path) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["pitch_ranges"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert Description.load(folder).pitch_ranges == {}


def test_a_folder_without_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        Description.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"format": "one"}', "\x00\xff"])
def test_not_a_description(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match=r"config\.json"):
        Description.load(folder)


def test_made_by_a_newer_version(folder: Path) -> None:
    change(folder, format=99, version="9.9")
    with pytest.raises(ModelError, match=r"9\.9, which is newer: update"):
        Description.load(folder)


def test_made_before_models_had_a_vocoder(folder: Path) -> None:
    change(folder, format=1)
    with pytest.raises(ModelError, match=r"no longer there: train it again from the default voice.*--from default"):
        Description.load(folder)
    for read in (load_start, sizes_of):
        with pytest.raises(ModelError, match="a decoder that is no longer there"):
            read(folder)


def test_other_symbols(folder: Path) -> None:
    change(folder, symbols={"phones": ["_", "a"], "marks": [""], "languages": ["en"]})
    with pytest.raises(ModelError, match="other speech symbols"):
        Description.load(folder)


@pytest.mark.parametrize("key", ["model", "content", "voices", "symbols", "licence", "default_voice"])
def test_a_missing_part_is_named(folder: Path, key: str) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content[key]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelError, match=f"lacks '{key}'"):
        Description.load(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"model": {"n_phones": "many"}},
        {"model": {"n_phones": 3, "n_marks": 3, "wings": 2}},
        {"content": {"feathers": 1}},
        {"voices": ["kathleen"]},
        {"step": "few"},
        {"default_voice": "nobody"},
        {"phone_frequencies": [1]},
        {"pitch_ranges": ["sad"]},
        {"pitch_ranges": {"sad": "small"}},
        {"pitch_ranges": {"sad": 0}},
        {"pitch_ranges": {"sad": float("inf")}},
    ],
)
def test_a_wrong_value_is_damage(folder: Path, values: dict[str, object]) -> None:
    change(folder, **values)
    with pytest.raises(ModelError):
        Description.load(folder)
