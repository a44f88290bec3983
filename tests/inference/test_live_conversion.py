"""Live conversion: as long as what was said, never further behind than promised, and the same however it came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xespeech
from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import track_pitch
from xespeech.config import MEL_COMPACT, MEL_CONTENT
from xespeech.errors import UserError
from xespeech.inference.level import LOUDEST, Concealment
from xespeech.inference.live import Analyser, Delay, LiveConverter
from xespeech.inference.reference import NEAR, source_style

RATE = 24_000


@pytest.fixture(scope="module")
def voice(tiny_voice: Path) -> xespeech.Voice:
    """The tiny model."""
    return xespeech.load(tiny_voice, threads=1)


@pytest.fixture(scope="module")
def source() -> np.ndarray:
    """Three seconds of a buzz that rises, falls and pauses."""
    time = np.arange(3 * RATE) / RATE
    buzz = (np.cumsum((140 + 30 * np.sin(2 * np.pi * time)) / RATE) % 1 - 0.5) * (np.sin(3 * np.pi * time) > -0.5)
    return (0.2 * buzz + 0.001 * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32)


def joined(stream) -> np.ndarray:
    return np.concatenate([audio.samples for audio in stream])


def test_pieces_of_any_size_give_the_same(voice: xespeech.Voice, source: np.ndarray) -> None:
    whole = joined(voice.convert_stream([source], voice="mei"))
    assert len(whole) == len(source)
    assert np.isfinite(whole).all()
    assert np.abs(whole).max() <= LOUDEST + 1e-6

    @settings(max_examples=5, deadline=None)
    @given(st.lists(st.integers(0, len(source)), max_size=30).map(sorted))
    def check(cuts: list[int]) -> None:
        found = joined(voice.convert_stream(np.split(source, cuts), voice="mei"))
        np.testing.assert_allclose(found, whole, atol=1e-5)

    check()


@pytest.mark.parametrize("n_samples", [0, 1, 479, 480, 5_000, 30_001])
def test_recordings_of_any_length(voice: xespeech.Voice, source: np.ndarray, n_samples: int) -> None:
    assert len(joined(voice.convert_stream([source[:n_samples]], voice="mei"))) == n_samples


@pytest.mark.parametrize(("delay", "seconds"), [("high", 0.2), ("normal", 0.1), ("low", 0.08)])
def test_it_keeps_its_promise_of_latency_and_does_not_drift(
    voice: xespeech.Voice, source: np.ndarray, delay: str, seconds: float
) -> None:
    converter = voice.live(xespeech.ConversionOptions(voice="mei", prosody="target"), delay)
    assert converter.latency <= seconds
    behind, heard, said = [], 0, 0
    for chunk in np.split(np.tile(source, 4), 1200):
        heard += len(chunk)
        behind.append(heard - said)
        said += len(converter.push(chunk))
    assert max(behind) <= converter.latency * RATE
    assert max(behind[600:]) == max(behind[60:600])


def test_other_rates_keep_their_time(voice: xespeech.Voice, source: np.ndarray) -> None:
    wide = Audio(source, RATE).resample(48_000).samples
    found = joined(voice.convert_stream(np.split(wide, 100), voice="mei", sample_rate=48_000))
    assert len(found) == pytest.approx(len(source), abs=2)


def test_with_enough_time_it_is_the_conversion_of_the_whole(
    tiny_voice: Path, source: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes live conversion another one is the short look ahead, and the level and style learnt on the way."""
    voice = xespeech.load(tiny_voice, threads=1, precision="fp32")
    options = xespeech.ConversionOptions(voice="mei", prosody="target", language="en")
    whole = voice.convert(Audio(source, RATE), options).samples
    mel = log_mel(Audio(source, RATE).resample(16_000).samples, MEL_CONTENT)
    monkeypatch.setattr(Analyser, "_learn_level", lambda self, _: setattr(self, "_level", float(mel.mean())))
    live = LiveConverter(voice.style(options), voice.engine, voice.description, options, Delay(3, 40))
    of_source = log_mel(source, MEL_COMPACT)
    voicing = track_pitch(source, RATE, MEL_COMPACT.hop_length) > 0
    monkeypatch.setattr(live._spectrum, "_learn", lambda *_: None)
    monkeypatch.setattr(live._spectrum, "_style", source_style(of_source, voicing, voice.engine))
    found = np.concatenate([live.push(source), live.finish()])
    assert np.abs(whole).max() > 0.01
    assert np.sqrt(np.mean((found - whole) ** 2)) < 0.02 * np.sqrt(np.mean(whole**2))


def test_the_articulation_of_the_source_is_there_from_the_start(voice: xespeech.Voice, source: np.ndarray) -> None:
    """Under the style of all speakers, until half a second of speech gives the source's; without one it waits."""
    loose, close = (xespeech.ConversionOptions(voice="mei", clarity=clarity, language="en") for clarity in (0.0, 1.0))
    without, known, unknown = (
        LiveConverter(voice.style(close), voice.engine, voice.description, options, of_all=of_all).push(source)
        for options, of_all in [(loose, voice.style(close)), (close, voice.style(close)), (close, None)]
    )
    np.testing.assert_array_equal(without[: RATE // 4], unknown[: RATE // 4])
    assert np.abs(without - known)[: RATE // 4].max() > 0.01
    assert np.abs(without - unknown)[RATE:].max() > 0.01
    np.testing.assert_array_equal(voice.live(close).push(source)[RATE:], known[RATE:])


def test_the_level_of_a_recording_is_guessed_from_its_beginning(voice: xespeech.Voice, source: np.ndarray) -> None:
    """Within 7 dB after a second of it, wherever the microphone's gain stands and however long it was silent before."""
    for gain, silence in [(1, 0), (0.1, 0), (1, RATE), (1, 8 * RATE)]:
        heard = (gain * np.concatenate([np.resize(source, silence) * 0.001, source])).astype(np.float32)
        mel = log_mel(Audio(gain * source, RATE).resample(16_000).samples, MEL_CONTENT)
        analyser = Analyser(voice.engine, voice.description, live=True)
        n_frames = (silence + RATE) // voice.description.model.hop_length
        analyser.push(heard)
        analyser.analyse(0, n_frames, n_frames, 0)
        assert analyser._level == pytest.approx(mel.mean(), abs=0.8)


def test_silence_is_not_collected(voice: xespeech.Voice, source: np.ndarray) -> None:
    """Of a client that says nothing, and of one that has said enough, nothing is kept."""
    options = xespeech.ConversionOptions(voice="mei", language="en")
    silent, spoken = voice.live(options, "normal"), voice.live(options, "normal")
    for _ in range(20):
        silent.push(np.zeros(RATE, np.float32))
        spoken.push(source)
    assert len(silent._spectrum._silence) <= 2 * NEAR
    assert silent._spectrum._spoken == spoken._spectrum._spoken == []
    assert spoken._spectrum._style is not None


def test_mistakes_are_told_at_once(voice: xespeech.Voice) -> None:
    with pytest.raises(UserError, match="give a voice or a reference"):
        voice.convert_stream([])
    with pytest.raises(UserError, match="did you mean mei"):
        voice.convert_stream([], voice="mai")
    with pytest.raises(UserError, match="unknown delay"):
        voice.convert_stream([], voice="mei", delay="none")


@pytest.mark.parametrize("n_late", [1, 100, 700, 3000])
def test_a_late_block_is_concealed_without_a_click(n_late: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 150 * np.arange(4800) / RATE)).astype(np.float32)
    concealment = Concealment(RATE)
    played = [concealment.play(tone[:2000], 2000), concealment.play(tone[2000:2100], 100 + n_late)]
    played.append(concealment.play(tone[2100:], 2700))
    assert sum(map(len, played)) == 4800 + n_late
    sound = np.concatenate([*played, [0]])[:-1]
    assert np.abs(np.diff(sound)).max() < 3 * np.abs(np.diff(tone)).max()
    np.testing.assert_array_equal(sound[-2000:], tone[-2000:])
    np.testing.assert_array_equal(sound[300:2000], tone[300:2000])


def test_the_unknown_future_is_no_silence(
    voice: xespeech.Voice, source: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no lookahead, live conversion is closer to that of the whole than with zeros after the last frame."""
    options = xespeech.ConversionOptions(voice="mei", prosody="target", language="en")
    whole = log_mel(voice.convert(Audio(source, RATE), options).samples, MEL_COMPACT)

    def distance() -> float:
        live = voice.live(options, "low")
        found = log_mel(np.concatenate([live.push(source), live.finish()]), MEL_COMPACT)
        return float(np.abs(found - whole).mean())

    held = distance()
    monkeypatch.setattr("xespeech.inference.live._HOLD", 0)
    assert held < distance()
