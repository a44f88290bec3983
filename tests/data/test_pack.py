"""Prepared folders packed for training, also when somebody stopped it halfway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xespeech.data.folder import prepare_folder
from xespeech.data.pack import Pack
from xespeech.errors import DataError

pytest.importorskip("lhotse")


def test_what_a_killed_run_left_is_removed(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    prepare_folder(corpus, out)
    for name in ("pack.4711.part", "pack.part"):
        (out / name).mkdir()
        (out / name / "audio.raw").write_bytes(b"half")
    assert len(Pack(out).rows) == 9
    assert sorted(path.name for path in out.glob("pack*")) == ["pack"]


def test_two_runs_build_one_pack(corpus: Path, tmp_path: Path) -> None:
    prepare_folder(corpus, tmp_path / "out")
    with ThreadPoolExecutor(2) as pool:
        packs = list(pool.map(Pack, [tmp_path / "out"] * 2))
    assert [row.id for row in packs[0].rows] == [row.id for row in packs[1].rows]


def test_any_folder_is_no_prepared_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a prepared data folder"):
        Pack(tmp_path)
    with pytest.raises(DataError, match="not a prepared data folder"):
        Pack(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir())
