"""Noise, hums and tones are no references; whoever speaks, whispers or holds a vowel is one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import xespeech
from syllables import syllables
from xespeech.audio import Audio, clean, read
from xespeech.audio.monotony import check_speech
from xespeech.errors import AudioError

RECORDINGS = [
    *sorted((Path(__file__).parents[1] / "fixtures" / "vctk").glob("*.flac")),
    *sorted((Path(xespeech.__file__).parent / "voices" / "demo").glob("*.opus")),
]
RATE = 24_000
NOISE = "holds no speech, only noise or a hum: record somebody speaking"
TONE = "holds no speech, only a tone: record somebody speaking"


def heard(samples: np.ndarray, rate: int = RATE) -> None:
    check_speech(clean(Audio(np.asarray(samples, np.float32), rate)))


def white(times: np.ndarray) -> np.ndarray:
    return 0.1 * np.random.default_rng(0).standard_normal(len(times))


def coloured(times: np.ndarray, slope: float) -> np.ndarray:
    spectrum = np.fft.rfft(white(times))
    samples = np.fft.irfft(spectrum * np.maximum(np.arange(len(spectrum)), 1.0) ** slope, len(times))
    return 0.1 * samples / samples.std()


def tone(times: np.ndarray, hertz: float = 440.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * times)


def hum(times: np.ndarray) -> np.ndarray:
    return 0.1 * sum(np.sin(2 * np.pi * 50 * k * times) / k for k in range(1, 30))


@pytest.mark.parametrize("seconds", [1.0, 8.0])
@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (white, NOISE),
        (lambda times: coloured(times, -0.5), NOISE),
        (lambda times: coloured(times, -1.0), NOISE),
        (lambda times: white(times) * np.linspace(0, 1, len(times)), NOISE),
        (lambda times: white(times) * np.sin(2 * np.pi * 2 * times) ** 2, NOISE),
        (lambda times: np.concatenate([0 * times, white(times), 0 * times]), NOISE),
        (lambda times: np.random.default_rng(0).integers(-1, 2, len(times)) / 32768, NOISE),
        (hum, NOISE),
        (lambda times: np.sign(tone(times)) * 0.3, NOISE),
        (lambda times: tone(times) + tone(times, 554) + tone(times, 659), NOISE),
        (tone, TONE),
        (lambda times: tone(times, 60.0), TONE),
        (lambda times: tone(times) * np.sin(2 * np.pi * 2 * times) ** 2, TONE),
        (lambda times: tone(times, 880) * (times * 4 % 1 < 0.5), TONE),
        (lambda times: tone(times, 100 + 2000 * times / times[-1]), TONE),
        (lambda times: tone(times) + 0.05 * white(times), TONE),
    ],
)
def test_what_says_nothing_is_refused(made: Callable, sentence: str, seconds: float) -> None:
    with pytest.raises(AudioError, match=sentence):
        heard(made(np.arange(round(seconds * RATE)) / RATE))


@pytest.mark.parametrize(("format", "subtype"), [("MP3", None), ("OGG", "VORBIS"), ("OGG", "OPUS")])
@pytest.mark.parametrize("made", [white, tone])
def test_it_is_refused_from_compressed_files(made: Callable, format: str, subtype: str | None) -> None:
    file = io.BytesIO()
    soundfile.write(file, made(np.arange(2 * RATE) / RATE), RATE, format=format, subtype=subtype)
    file.seek(0)
    with pytest.raises(AudioError, match="holds no speech"):
        heard(soundfile.read(file)[0])


def whispered(samples: np.ndarray) -> np.ndarray:
    """The colours of speech without its voice: each frame's smoothed spectrum on noise."""
    size = 480
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size), size)[:: size // 2]
    cepstra = np.fft.irfft(np.log(np.abs(np.fft.rfft(frames * np.hanning(size))) + 1e-6))
    cepstra[:, 20:-20] = 0
    noise = np.random.default_rng(0).standard_normal(frames.shape)
    pieces = np.fft.irfft(np.fft.rfft(noise) * np.exp(np.fft.rfft(cepstra).real)) * np.hanning(size)
    result = np.zeros(len(pieces) * size // 2 + size)
    for number, piece in enumerate(pieces):
        result[number * size // 2 :][:size] += piece
    return result


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_speech_is_never_refused(path: Path) -> None:
    audio = read(path, RATE)
    samples = audio.samples
    level = samples.std()
    noise = np.random.default_rng(0).standard_normal(len(samples))
    for changed in (samples, 0.003 * samples, samples + 0.5 * level * noise, whispered(samples)):
        heard(changed)
    for first in range(0, len(samples) - RATE, RATE // 2):
        piece = samples[first : first + RATE]
        if piece.std() > 0.3 * level:
            heard(piece)
            heard(whispered(piece))


def test_a_held_vowel_is_a_voice() -> None:
    times = np.arange(RATE) / RATE
    hertz = 200 * 2 ** (0.4 * np.sin(2 * np.pi * 1.3 * times) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    heard(0.1 * sum(np.sin(k * phase) / k for k in range(1, 20)))


def test_what_stands_in_for_speech_in_other_tests_is_taken_for_it() -> None:
    for seconds in (0.25, 1.0, 6.0):
        for seed in range(20):
            heard(syllables(seconds, RATE, seed))
