"""However speech is cut into pieces, it is the same speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xespeech
from rendering import pulse_train, render
from xespeech.inference import speech
from xespeech.inference.compact import CompactVoice
from xespeech.inference.engine import Filters
from xespeech.inference.level import LOUDEST, Limiter, change_volume, limit_peak, soften_edges
from xespeech.inference.render import PulseTrain, Renderer
from xespeech.text import phonemize

RATE, HOP, N_FFT = 24_000, 480, 1024
TEXT = "A sentence that is long enough to be cut, again and again, wherever chance will have it. 第二句。"

cuts = st.lists(st.integers(0, 70), max_size=6).map(sorted)
quick = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def voice(tiny_voice: Path) -> xespeech.Voice:
    """The tiny model."""
    return xespeech.load(tiny_voice, threads=1)


def pieces(values: np.ndarray, at: Sequence[int]) -> list[np.ndarray]:
    """Values [T, ...] cut at some places."""
    return np.split(values, [min(place, len(values)) for place in at])


@quick
@given(cuts)
def test_pulses_and_filters_in_pieces(at: list[int]) -> None:
    generator = np.random.default_rng(0)
    log_pitch = generator.normal(0, 0.2, 64).astype(np.float32)
    train = PulseTrain(RATE, HOP)
    rest = [train.push(part) for part in pieces(log_pitch, at)]
    pulses = np.concatenate([*rest, train.push(log_pitch[:0], is_last=True)])
    np.testing.assert_allclose(pulses, pulse_train(log_pitch, RATE, HOP), atol=1e-3)

    shape = (128, N_FFT // 2 + 1)
    filters = Filters(*(generator.standard_normal(shape, dtype=np.float32) - offset for offset in (2, 0, 4)))
    noise = generator.standard_normal(len(pulses), dtype=np.float32)
    renderer, found = Renderer(HOP // 2, N_FFT), []
    for *part, own_pulses, own_noise in zip(
        *(pieces(values, [2 * place for place in at]) for values in filters),
        *(pieces(values, [HOP * place + 77 for place in at]) for values in (pulses, noise)),
        strict=True,
    ):
        found.append(renderer.push(Filters(*part), own_pulses, own_noise))
    nothing = Filters(*(values[:0] for values in filters))
    found.append(renderer.push(nothing, pulses[:0], noise[:0], is_last=True))
    whole = render(filters, pulses, noise, HOP // 2, N_FFT)
    assert len(whole) == 64 * HOP
    np.testing.assert_allclose(np.concatenate(found), whole, atol=1e-6)


@quick
@given(cuts, st.integers(1, 3000))
def test_levels_in_pieces(at: list[int], size: int) -> None:
    samples = np.random.default_rng(size).normal(0, 0.5, size).astype(np.float32)
    limiter, found = Limiter(), []
    for part in pieces(samples, [40 * place for place in at]):
        found.append(limiter.push(part))
    found.append(limiter.push(samples[:0], is_last=True))
    whole = limit_peak(samples)
    assert len(whole) == size
    assert np.abs(whole).max() <= LOUDEST + 1e-6
    np.testing.assert_allclose(np.concatenate(found), whole, atol=1e-6)
    decibels = np.linspace(-6, 6, -(-size // HOP))
    place, softened, louder = 0, [], []
    for part in pieces(samples, [40 * place for place in at]):
        softened.append(soften_edges(part, RATE, place, size))
        louder.append(change_volume(part, decibels, HOP, place))
        place += len(part)
    np.testing.assert_allclose(np.concatenate(softened), soften_edges(samples, RATE), atol=1e-6)
    np.testing.assert_allclose(np.concatenate(louder), change_volume(samples, decibels, HOP), atol=1e-6)


def test_the_limiter_leaves_what_is_not_loud_and_bends_what_is() -> None:
    time = np.arange(RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    np.testing.assert_array_equal(limit_peak(tone), tone)
    tone[10_000:10_500] *= 4
    limited = limit_peak(tone)
    np.testing.assert_array_equal(limited[:9_400], tone[:9_400])
    np.testing.assert_array_equal(limited[11_100:], tone[11_100:])
    assert np.abs(np.diff(limited)).max() < np.abs(np.diff(tone)).max() / 2  # no step: nothing clips


@pytest.mark.parametrize("at_once", [1, 7, 30])
def test_a_sentence_in_pieces_of_any_size(voice: xespeech.Voice, at_once: int) -> None:
    options = xespeech.SpeechOptions(pitch=1)
    style = voice.style(options)
    plan = speech.plan(phonemize(TEXT[:60], "en"), style, options, voice.engine)
    common = plan, style, options, voice.engine, voice.description.model
    whole = list(speech.stream(*common, np.random.default_rng(0)))
    parts = list(speech.stream(*common, np.random.default_rng(0), at_once))
    assert len(whole) == 1
    assert len(parts) > 2
    assert sum(map(len, parts)) == plan.durations.sum() * HOP
    np.testing.assert_allclose(np.concatenate(parts), whole[0], atol=1e-3)


@pytest.mark.parametrize("pitch_range", [1.0, 1.3])
def test_a_stream_begins_early_and_ends_as_speak_does(voice: CompactVoice, pitch_range: float) -> None:
    description = replace(voice.description, pitch_ranges={"happy": pitch_range})
    voice = CompactVoice(description, voice.styles, voice.engine)
    chunks = list(voice.stream(TEXT, speed=0.5, emotion="happy", seed=3))
    assert len(chunks[0].samples) < speech.SOON * HOP
    whole = voice.speak(TEXT, speed=0.5, emotion="happy", seed=3).samples
    np.testing.assert_allclose(np.concatenate([chunk.samples for chunk in chunks]), whole, atol=1e-3)
