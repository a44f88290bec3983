"""From symbols to frames, as training does it."""

from __future__ import annotations

import numpy as np
import torch

from xespeech.config import LONGEST_SYMBOL
from xespeech.inference import speech
from xespeech.model import text_encoder
from xespeech.text import LANGUAGES, phonemize


def test_a_silence_of_the_neighbouring_language_on_either_side() -> None:
    phonemes = phonemize("我用 GPU", "zh")
    ids = speech.symbol_ids(phonemes)
    own = phonemes.ids()
    for name in ("phones", "marks", "languages"):
        np.testing.assert_array_equal(ids[name][1:-1], own[name])
    assert ids["phones"][[0, -1]].tolist() == [0, 0]
    assert ids["marks"][[0, -1]].tolist() == [0, 0]
    assert [LANGUAGES[i] for i in ids["languages"][[0, -1]]] == ["zh", "en"]


def test_frame_counts_are_stretched_and_stay_in_bounds() -> None:
    log_durations = np.log(np.array([0.01, 6.0, 40.0, 1e9], np.float32))
    assert speech.frame_counts(log_durations, 1.0).tolist() == [1, 6, 40, LONGEST_SYMBOL]
    assert speech.frame_counts(log_durations, 0.5).tolist() == [1, 3, 20, LONGEST_SYMBOL // 2]
    assert speech.frame_counts(log_durations, 2.0).tolist() == [1, 12, 80, 2 * LONGEST_SYMBOL]


def test_expansion_equals_torch() -> None:
    durations = np.array([3, 1, 7, 2])
    values = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    expected = text_encoder.expand(torch.from_numpy(values)[None], torch.from_numpy(durations)[None], 13)[0]
    np.testing.assert_array_equal(np.repeat(values, durations, axis=0), expected.numpy())
    positions = text_encoder.frame_positions(torch.from_numpy(durations)[None], 13)[0]
    symbols = np.repeat(np.arange(len(durations)), durations)
    np.testing.assert_allclose(speech.frame_positions(durations, symbols), positions.numpy(), atol=1e-6)
