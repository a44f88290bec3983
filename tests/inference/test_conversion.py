"""Cutting long recordings, and telling a language by its phones."""

from __future__ import annotations

import numpy as np

from xespeech.config import MEL_COMPACT
from xespeech.inference.conversion import cut_at_quiet, detect_language
from xespeech.text import PHONES, phonemize


def test_long_recordings_are_cut_where_they_are_quiet() -> None:
    rate = MEL_COMPACT.sample_rate
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, 60 * rate).astype(np.float32)
    for second in (13, 31, 48):
        samples[second * rate : second * rate + rate // 2] *= 0.01
    pieces = cut_at_quiet(samples, MEL_COMPACT.hop_length, 10 * rate, 20 * rate)
    np.testing.assert_array_equal(np.concatenate(pieces), samples)
    ends = np.cumsum([len(piece) for piece in pieces]) / rate
    assert len(pieces) == 4
    for end, second in zip(ends, (13, 31, 48), strict=False):
        assert second <= end <= second + 0.5
    assert all(len(piece) % MEL_COMPACT.hop_length == 0 for piece in pieces)


def test_short_recordings_stay_whole() -> None:
    assert len(cut_at_quiet(np.ones(480 * 40, np.float32), 480, 480 * 500, 480 * 1000)) == 1


def test_language_by_phones() -> None:
    texts = {
        "en": (
            "The weather is wonderful this morning, and the birds are singing.",
            "She thought about the other things.",
        ),
        "zh": ("今天天气真好，我们一起去公园散步吧。", "中国的首都是北京，那里有很多人。"),
        "ja": ("今日はとても良い天気ですから、公園を散歩しましょう。", "私は毎朝ラジオを聞きながら歩きます。"),
    }
    frequencies = {}
    for language, (text, _) in texts.items():
        counts = np.bincount(phonemize(text, language).ids()["phones"], minlength=len(PHONES)) + 1.0
        frequencies[language] = (counts / counts.sum()).tolist()
    for language, (_, other) in texts.items():
        assert detect_language(np.bincount(phonemize(other, language).ids()["phones"]), frequencies) == language


def test_nothing_heard_or_nothing_known() -> None:
    assert detect_language(np.array([0, 1]), {}) == "en"
    assert detect_language(np.zeros(2), {"ja": [0.5, 0.5]}) == "ja"
