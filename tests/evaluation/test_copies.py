"""Recordings through the sound path and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xespeech.audio import Audio
from xespeech.errors import DataError
from xespeech.evaluation import Choice, Subject, compare_copies
from xespeech.evaluation.copies import CopyPaths, copy_paths


def test_a_model_copies_recordings_and_says_which_way_it_lacks(tiny_voice: Path, speech: Audio) -> None:
    found = copy_paths(tiny_voice)
    for copy in found.paths.values():
        copied = copy(speech)
        assert copied.sample_rate == 24_000
        assert copied.duration == pytest.approx(speech.duration, abs=0.02)
        assert np.array_equal(copied.samples, copy(speech).samples)
    assert set(found.paths) == {"copy-vocoder", "copy-latent"}
    assert not found.missing
    nowhere = copy_paths(tiny_voice / "nowhere")
    assert not nowhere.paths
    assert "model.safetensors" in nowhere.missing["copy-latent"]


def test_what_each_way_loses_is_told_beside_the_recordings(
    prepare: Callable[..., Path], speech: Audio, other_voice: Audio, tmp_path: Path
) -> None:
    rows = [("dev-k", "kathleen", "", "en", "neutral", speech), ("dev-y", "yusup", "", "ug", "neutral", other_voice)]
    paths = CopyPaths({"copy-vocoder": lambda recording: recording, "copy-latent": lambda recording: _noisy(recording)})
    data, out = prepare(rows), tmp_path / "report"
    compare_copies(Choice([data]), out, Subject(None, "a stand-in", paths))
    tables = json.loads((out / "results.json").read_text(encoding="utf-8"))["tables"]
    natural, vocoder, latent = tables["Language: ug"]
    assert vocoder["copy_similarity"] == pytest.approx(1, abs=0.01)
    assert vocoder["overall"] == pytest.approx(natural["overall"], abs=0.05)
    assert latent["overall"] < vocoder["overall"] - 0.3
    assert (out / "audio" / "copy-latent-dev-y.wav").is_file()
    report = (out / "report.md").read_text(encoding="utf-8")
    assert "| figure | judge | natural | copy: vocoder | copy: latent |" in report
    assert "| to recording | Resemblyzer |" in report
    with pytest.raises(DataError, match="a stand-in cannot copy recordings: it is deaf"):
        compare_copies(Choice([data]), out, Subject(None, "a stand-in", CopyPaths({}, {"copy-latent": "it is deaf"})))


def _noisy(recording: Audio) -> Audio:
    noise = np.random.default_rng(0).standard_normal(len(recording.samples)).astype(np.float32)
    return Audio(recording.samples + 0.02 * noise, recording.sample_rate)
