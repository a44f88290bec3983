"""Prepared folders packed for training, also when somebody stopped it halfway."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize("content", [b"", b"junk", b"\x93NUMPY\x01\x00v\x00{'descr'"])
def test_recordings_without_noise_are_kept_and_a_damaged_file_is_named(
    corpus: Path, tmp_path: Path, content: bytes
) -> None:
    prepare_folder(corpus, tmp_path / "out")
    pack = Pack(tmp_path / "out")
    row = pack.rows[0]
    first = pack.audio(row, denoised=True)
    assert len(first) == len(pack.audio(row))
    assert np.array_equal(Pack(tmp_path / "out").audio(row, 100, 50, denoised=True), first[100:150])
    (kept,) = (tmp_path / "out" / "pack").glob("denoised-*.npy")
    kept.write_bytes(content)
    with pytest.raises(DataError, match=r"denoised-\d\.npy is damaged: delete it"):
        Pack(tmp_path / "out").audio(row, denoised=True)
