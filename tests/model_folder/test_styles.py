"""Voices and emotions by name, and emotions carried to voices that never had them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xespeech.errors import ConfigError, ModelError, UnknownNameError
from xespeech.model_folder.styles import CARRIED, StyleBank, normalize


@pytest.fixture
def bank() -> StyleBank:
    """Two voices with emotions, one without, one that was never plain; emotions are smaller than voices."""
    generator = np.random.default_rng(0)
    names = [
        ("mei", "neutral"),
        ("mei", "happy"),
        ("takumi", "neutral"),
        ("takumi", "happy"),
        ("takumi", "angry"),
        ("kathleen", "neutral"),
        ("actor", "expressive"),
    ]
    plain = {voice: generator.standard_normal(64) for voice, _ in names}
    emotions = {emotion: 0.4 * generator.standard_normal(64) for _, emotion in names} | {"neutral": np.zeros(64)}
    own = {name: 0.2 * generator.standard_normal(64) * (name[1] != "neutral") for name in names}
    return StyleBank({(v, e): plain[v] + emotions[e] + own[v, e] for v, e in names})


def test_plain_is_the_default(bank: StyleBank) -> None:
    np.testing.assert_array_equal(bank.lookup("mei"), bank.lookup("mei", "neutral"))
    np.testing.assert_array_equal(bank.lookup("mei"), bank.lookup("mei", "happy", 0.0))
    np.testing.assert_array_equal(bank.lookup("actor"), bank.lookup("actor", "expressive"))


def test_intensity_leads_from_plain_to_the_emotion_and_beyond(bank: StyleBank) -> None:
    plain, happy = bank.lookup("mei"), bank.lookup("mei", "happy")
    along = [float((bank.lookup("mei", "happy", x) - plain) @ (happy - plain)) for x in (0, 0.5, 1, 1.5)]
    assert along == sorted(along)
    assert along[0] == 0
    np.testing.assert_allclose(bank.lookup("mei", "happy", 0.5), normalize((plain + happy) / 2), atol=1e-6)


def test_a_voice_takes_an_emotion_from_the_others(bank: StyleBank) -> None:
    plain = bank.lookup("kathleen")
    happy = bank.lookup("kathleen", "happy")
    steps = [bank.lookup(voice, "happy") - bank.lookup(voice) for voice in ("mei", "takumi")]
    step = np.mean(steps, axis=0) / np.linalg.norm(np.mean(steps, axis=0)) * np.mean(np.linalg.norm(steps, axis=1))
    np.testing.assert_allclose(happy, normalize(plain + CARRIED * step), atol=1e-5)  # theirs, and as strong to the ear
    assert happy @ plain > happy @ bank.lookup("mei", "happy")  # still kathleen


def test_every_style_has_mean_0_and_variance_1(bank: StyleBank) -> None:
    for voice in bank.voices:
        for emotion in (None, "happy", "angry"):
            style = bank.lookup(voice, emotion, 1.7)
            assert style.dtype == np.float32
            assert style.mean() == pytest.approx(0, abs=1e-5)
            assert style.var() == pytest.approx(1, abs=1e-4)


def test_a_reference_can_be_moved_too(bank: StyleBank) -> None:
    style = normalize(np.random.default_rng(9).standard_normal(64))
    np.testing.assert_array_equal(bank.express(style, "neutral"), style)
    np.testing.assert_allclose(bank.express(style, "angry", 0.0), style, atol=1e-6)
    assert not np.allclose(bank.express(style, "angry"), style, atol=0.1)


@pytest.mark.parametrize("intensity", [-0.1, 2.1, float("nan"), float("inf")])
def test_intensity_out_of_range(bank: StyleBank, intensity: float) -> None:
    for voice in ("mei", "kathleen"):
        with pytest.raises(ConfigError, match="choose 0 to 2"):
            bank.lookup(voice, "happy", intensity)


def test_unknown_names_suggest_near_ones(bank: StyleBank) -> None:
    with pytest.raises(UnknownNameError, match="unknown voice 'mai': did you mean mei"):
        bank.lookup("mai")
    with pytest.raises(UnknownNameError, match="unknown emotion 'hapy': did you mean happy"):
        bank.lookup("mei", "hapy")
    with pytest.raises(UnknownNameError, match="expressive"):  # nobody shows how far that is from plain
        bank.lookup("kathleen", "expressive")


def test_saved_and_read_back(bank: StyleBank, tmp_path: Path) -> None:
    bank.save(tmp_path / "styles.safetensors")
    again = StyleBank.load(tmp_path / "styles.safetensors")
    assert {voice: set(again.emotions(voice)) for voice in again.voices} == {
        voice: set(bank.emotions(voice)) for voice in bank.voices
    }
    np.testing.assert_allclose(again.lookup("takumi", "angry"), bank.lookup("takumi", "angry"), atol=1e-6)


def test_a_reference_keeps_more_of_what_sets_it_apart(bank: StyleBank, tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    mean, style = (normalize(generator.standard_normal(64)) for _ in range(2))
    knowing = StyleBank({("kathleen", "neutral"): style}, mean)
    knowing.save(tmp_path / "styles.safetensors")
    for known in (knowing, StyleBank.load(tmp_path / "styles.safetensors"), knowing.with_voice("new", mean)):
        moved = known.of_reference(style)
        assert moved @ mean < style @ mean
        assert moved @ style > 0.9 * (style @ style)
        np.testing.assert_allclose(moved, normalize(moved), atol=1e-5)
    assert knowing.voices == ["kathleen"]
    np.testing.assert_array_equal(bank.of_reference(style), style)  # a model that does not tell its mean


def test_a_damaged_mean_is_refused(tmp_path: Path) -> None:
    StyleBank({("kathleen", "neutral"): np.ones(8)}, np.full(8, np.nan, np.float32)).save(tmp_path / "s.safetensors")
    with pytest.raises(ModelError, match="not numbers"):
        StyleBank.load(tmp_path / "s.safetensors")


@pytest.mark.parametrize("content", [None, b"", b"not safetensors at all"])
def test_missing_or_damaged(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "styles.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"styles\.safetensors is missing or damaged"):
        StyleBank.load(path)


def test_the_emotion_of_a_recording_without_its_voice() -> None:
    """Voices and emotions of their own directions: a stranger's anger moves another stranger's style to anger."""
    generator = np.random.default_rng(0)
    anger, joy = generator.standard_normal((2, 64))
    voices = {f"voice {i}": generator.standard_normal(64) for i in range(40)}
    bank = StyleBank(
        {(name, "neutral"): voice for name, voice in voices.items()}
        | {(name, "angry"): voice + anger for name, voice in list(voices.items())[:8]}
        | {(name, "happy"): voice + joy for name, voice in list(voices.items())[8:16]}
    )
    own, other = generator.standard_normal((2, 64))
    plain, recording = normalize(own), normalize(other + anger)
    angry = bank.express_like(plain, recording)
    wanted = [float(angry @ normalize(own + step)) for step in (anger, joy)]
    assert wanted[0] > max(wanted[1], float(plain @ normalize(own + anger)))
    assert angry @ plain > angry @ recording  # still the same voice
    np.testing.assert_array_equal(bank.express_like(plain, recording, 0.0), plain)
    np.testing.assert_array_equal(bank.express_like(plain, plain), plain)


def test_a_model_without_emotions_takes_none() -> None:
    bank = StyleBank({("kathleen", "neutral"): np.arange(8.0)})
    with pytest.raises(ConfigError, match="learnt no emotions"):
        bank.express_like(bank.lookup("kathleen"), np.zeros(8))
