"""`prepare features`: content features beforehand, as files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from xespeech.audio import read
from xespeech.data.features import prepare_features
from xespeech.data.folder import prepare_folder
from xespeech.errors import DataError, ModelError

pytest.importorskip("lhotse")


@pytest.fixture
def prepared(corpus: Path, tmp_path: Path) -> Path:
    prepare_folder(corpus, tmp_path / "prepared")
    return tmp_path / "prepared"


def test_every_recording_has_its_features(prepared: Path, tiny_voice: Path, tmp_path: Path) -> None:
    from xespeech.content.encoder import load_content_encoder

    out = tmp_path / "features"
    report = prepare_features(prepared, out, str(tiny_voice))
    assert (report.clips, report.made) == (9, 9)
    encoder = load_content_encoder(tiny_voice)
    for path in (prepared / "audio").iterdir():
        (expected,) = encoder.encode([read(path, 16_000).samples])
        np.testing.assert_array_equal(np.load(out / f"{path.stem}.npy"), expected.astype(np.float16))

    written = {path.name: path.stat().st_mtime_ns for path in out.glob("*.npy")}
    (out / "en0.npy").unlink()
    os.utime(prepared / "audio" / "en1.wav")  # prepared again in the meantime
    report = prepare_features(prepared, out, str(tiny_voice))
    assert (report.clips, report.made) == (9, 2)
    again = {path.name: path.stat().st_mtime_ns for path in out.glob("*.npy")}
    assert {name for name in written if again[name] != written[name]} == {"en0.npy", "en1.npy"}


def test_training_takes_them(prepared: Path, tiny_voice: Path, tmp_path: Path) -> None:
    from xespeech.data.pack import Pack
    from xespeech.training.content_features import attach_features, find_features

    prepare_features(prepared, tmp_path / "features", str(tiny_voice))
    features = attach_features(Pack(prepared), find_features(str(tmp_path / "features")))
    assert features.any()


def test_two_encoders_and_other_arrays_do_not_mix(prepared: Path, tiny_voice: Path, tmp_path: Path) -> None:
    prepare_features(prepared, tmp_path / "features", str(tiny_voice))
    about = tmp_path / "features" / "features.json"
    about.write_text('{"encoder": "another", "channels": 3}')
    with pytest.raises(DataError, match="features of another encoder"):
        prepare_features(prepared, tmp_path / "features", str(tiny_voice))
    (tmp_path / "arrays").mkdir()
    np.save(tmp_path / "arrays" / "mine.npy", np.zeros(3))
    with pytest.raises(DataError, match="from elsewhere"):
        prepare_features(prepared, tmp_path / "arrays", str(tiny_voice))


def test_what_is_missing_is_named(prepared: Path, tiny_voice: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not a prepared data folder"):
        prepare_features(tmp_path, tmp_path / "features", str(tiny_voice))
    with pytest.raises(ModelError, match=r"nowhere|transformers"):
        prepare_features(prepared, tmp_path / "features", str(tmp_path / "nowhere"))
    assert not (tmp_path / "features").exists()
