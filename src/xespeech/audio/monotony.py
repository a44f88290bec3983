"""Telling speech from sounds that say nothing: noise, hums, tones.

A voice changes: its spectrum takes another shape with every sound. That of noise and of hums stays the same, however
loud they become, and a whistle is a single line wherever it goes. Everything else is taken for speech.

Shapes: S samples, T frames (40/s), K frequency bins, B bands.
"""

from __future__ import annotations

import numpy as np

from xespeech.audio.io import Audio
from xespeech.audio.pitch import track_pitch
from xespeech.errors import AudioError

_WINDOW = 0.05  # seconds, twice the hop
_QUIET = 20.0  # dB below the loud frames: not looked at
_FEWEST = 4  # frames that tell anything
_BANDS = 8  # of equal width in mel
_BAND_EDGES = (80.0, 8000.0)  # Hz
_FLOOR = 40.0  # dB below all bands together
# Deviation over time of the bands' levels against their common one, dB. Noise of all colours, decoded from mp3 and
# opus, too: 0.8 to 1.1 on average, 2.1 in the band that changes most. Words of a second in the eight corpora that were
# looked at: 1.9 and 2.6 at least; with noise as loud as themselves 1.3 and 3.0.
_LEAST_CHANGE = 1.2
_LEAST_CHANGE_OF_A_BAND = 2.4
_LINE = 0.99  # share of a frame's power around its strongest frequency: a tone
_MOST_LINES = 0.75  # share of frames; single Japanese and English words: 0.6 at most
# A held vowel changes as little as noise does, but nobody holds a pitch as an instrument does.
_LEAST_VOICED = 0.5  # share of all frames, pauses among them
_LEAST_WAVERING = 0.1  # semitones, deviation; tones among some noise: 0.05
_MOST_JITTER = 0.15  # semitones from one hundredth of a second to the next, median; noise through a filter: 0.18


def check_speech(audio: Audio, name: str = "the recording") -> None:
    """Refuse what cannot be speech.

    Args:
        audio: without silence around it.
        name: what the message calls it.

    Raises:
        AudioError: it is noise, a hum or a tone.
    """
    power, frequencies = _loud_spectra(audio)
    if len(power) < _FEWEST:
        return
    if _is_a_line(power, frequencies):
        sound = "a tone"
    elif _stays_the_same(power, frequencies) and not _is_held_by_a_voice(audio):
        sound = "noise or a hum"
    else:
        return
    raise AudioError(f"{name} holds no speech, only {sound}: record somebody speaking.")


def _loud_spectra(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """Power [T, K] of the frames that are not quiet, and Hz [K]."""
    size = round(_WINDOW * audio.sample_rate)
    frequencies = np.arange(size // 2 + 1) * audio.sample_rate / size
    if len(audio.samples) < size:
        return np.zeros((0, len(frequencies))), frequencies
    frames = np.lib.stride_tricks.sliding_window_view(audio.samples, size)[:: size // 2]
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(frames * np.hanning(size))) ** 2
    total = power.sum(axis=1)
    return power[total > np.percentile(total, 95) * 10 ** (-_QUIET / 10)], frequencies


def _is_a_line(power: np.ndarray, frequencies: np.ndarray) -> bool:
    """Whether all of the louder half is one frequency at a time; the quieter half holds beginnings and ends."""
    total = power.sum(axis=1)
    power = power[total >= np.median(total)]
    strongest = frequencies[power.argmax(axis=1)][:, None]
    around = np.abs(frequencies - strongest) <= np.maximum(60.0, 0.1 * strongest)
    share = (power * around).sum(axis=1) / power.sum(axis=1)
    return bool(np.mean(share > _LINE) > _MOST_LINES)


def _stays_the_same(power: np.ndarray, frequencies: np.ndarray) -> bool:
    """Whether the shape of the spectrum does not change."""
    low, high = np.log1p(np.array([_BAND_EDGES[0], min(_BAND_EDGES[1], frequencies[-1])]) / 700.0)
    mel = np.linspace(low, high, _BANDS + 1)
    starts = np.searchsorted(frequencies, 700.0 * np.expm1(mel))
    bands = np.add.reduceat(power, starts, axis=1)[:, :-1]
    bands = 10 * np.log10(np.maximum(bands, bands.sum(axis=1).mean() * 10 ** (-_FLOOR / 10)))
    change = (bands - bands.mean(axis=1, keepdims=True)).std(axis=0)
    return bool(change.mean() < _LEAST_CHANGE and change.max() < _LEAST_CHANGE_OF_A_BAND)


def _is_held_by_a_voice(audio: Audio) -> bool:
    """Whether there is a pitch nearly throughout that wavers as those of voices do."""
    pitch = track_pitch(audio.samples, audio.sample_rate, audio.sample_rate // 100)
    voiced = pitch > 0
    both = voiced[1:] & voiced[:-1]
    if voiced.mean() < _LEAST_VOICED or not both.any():
        return False
    semitones = 12 * np.log2(np.where(voiced, pitch, 1.0))
    jitter = np.median(np.abs(np.diff(semitones))[both])
    return bool(semitones[voiced].std() > _LEAST_WAVERING and jitter < _MOST_JITTER)
