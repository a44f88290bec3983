"""Features of any content encoder are computed once and kept beside the data, or taken from elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import xespeech
from lateness import lateness
from xespeech.audio import Audio
from xespeech.config import ContentConfig
from xespeech.content.compact import CompactContentEncoder
from xespeech.content.encoder import load_content_encoder
from xespeech.content.store import save_encoder
from xespeech.data.pack import Pack
from xespeech.errors import DataError
from xespeech.text import PHONES
from xespeech.training.content_features import FeatureFiles, PackedContent, attach_features, find_features


def test_features_of_a_whisper_are_computed_once(tiny_whisper, prepared, monkeypatch):
    from xespeech.content.whisper import WhisperFeatures

    pack = Pack(prepared)
    features = attach_features(pack, load_content_encoder(tiny_whisper, "bf16"))
    row = pack.rows[3]
    assert features.shape == (sum(pack.rows[-1].frames), 24)
    assert np.abs(features[row.frames[0] : sum(row.frames)]).sum(1).min() > 0
    monkeypatch.setattr(WhisperFeatures, "encode", lambda *_: pytest.fail("heard again"))
    again = attach_features(Pack(prepared), load_content_encoder(tiny_whisper, "bf16"))
    np.testing.assert_array_equal(again, features)


def test_features_from_elsewhere_are_those_of_their_recordings(prepared, tmp_path):
    pack = Pack(prepared)
    for index, row in enumerate(pack.rows):
        (tmp_path / row.speaker).mkdir(exist_ok=True)
        np.save(tmp_path / row.speaker / f"{row.id}_largev2ppg.npy", np.full((row.n_frames - 1, 4), index, np.float32))
    files = find_features(str(tmp_path))
    assert isinstance(files, FeatureFiles)
    features = attach_features(pack, files)
    for index, row in enumerate(pack.rows):
        assert (features[row.frames[0] : sum(row.frames)] == index).all()


def test_features_of_other_recordings_are_refused(prepared, tmp_path):
    pack = Pack(prepared)
    row = pack.rows[0]
    np.save(tmp_path / f"{row.id}.npy", np.zeros((row.n_frames + 40, 4), np.float32))
    with pytest.raises(DataError, match=r"frames of 4 and the recording \d+ of 4"):
        FeatureFiles(tmp_path).of(row)
    with pytest.raises(DataError, match="holds no features"):
        FeatureFiles(tmp_path).of(pack.rows[1])
    (tmp_path / f"{row.id}.npy").write_bytes(b"no array")
    with pytest.raises(DataError, match="cannot be read as features"):
        FeatureFiles(tmp_path)


def test_every_recording_is_heard_in_its_own_voice_and_in_another(prepared, tmp_path):
    save_encoder(CompactContentEncoder(ContentConfig(n_phones=len(PHONES), n_layers=1)), tmp_path, 0)
    content = PackedContent(tmp_path).of(Pack(prepared))
    assert content.features.shape == content.other_voices.shape
    assert np.abs(content.features - content.other_voices).mean() > 0.01
    for path in Pack(prepared).path.glob("content-*.npy"):
        path.unlink()
    np.testing.assert_array_equal(PackedContent(tmp_path).of(Pack(prepared)).other_voices, content.other_voices)


def test_durations_by_the_default_voice_are_in_step_with_the_sounds(prepared):
    pack = Pack(prepared)
    content = PackedContent(Path(xespeech.__file__).parent / "voices" / "default")
    late = []
    for row in (row for row in pack.rows if row.n_symbols):
        durations = content.durations((pack, row))
        boundaries = np.cumsum(durations)[:-1] / 50
        phones = [PHONES[id] for id in pack.symbols(row)[1:-1, 0]]
        late.append(lateness(phones, boundaries, Audio(pack.audio(row), 24_000)))
        assert durations[-1] >= 2  # silence after the last sound
    assert abs(np.mean(late)) <= 0.03
