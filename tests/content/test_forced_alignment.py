"""Forced alignment from CTC spikes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import xespeech
from lateness import lateness
from xespeech.audio import read
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_CONTENT
from xespeech.content.alignment import align, align_frames, frame_classes
from xespeech.content.encoder import CompactFeatures
from xespeech.text import phonemize
from xespeech.text.symbols import N_PAUSES, PHONES

_VOICES = Path(xespeech.__file__).parent / "voices"


def ctc(n_frames: int, spikes: dict[int, int]) -> np.ndarray:
    """Log-probabilities [T, n_phones]: blank everywhere but for a phone at each spike."""
    probabilities = np.full((n_frames, len(PHONES)), 1e-4)
    probabilities[:, 0] = 0.9
    for frame, phone in spikes.items():
        probabilities[frame, 0], probabilities[frame, phone] = 0.05, 0.9
    return np.log(probabilities / probabilities.sum(1, keepdims=True))


def mel(n_frames: int, quiet: list[int]) -> np.ndarray:
    level = np.zeros(n_frames)
    level[quiet] = -8.0
    return np.repeat(level, 2)[:, None] + np.zeros((1, 80))


def test_sounds_lie_around_their_spikes_and_quiet_goes_to_the_pauses():
    a, b, c, comma = PHONES.index("a"), PHONES.index("t"), PHONES.index("o"), PHONES.index(",")
    phones = np.array([0, a, b, comma, c, 0])
    quiet = [0, 1, 2, 3, 12, 13, 14, 15, 16, 22, 23]
    durations = align(ctc(24, {5: a, 10: b, 18: c}), mel(24, quiet), phones, N_PAUSES)
    starts = np.cumsum(durations) - durations
    assert durations.sum() == 24
    assert durations.tolist()[0] == 4  # silence before
    assert starts[2] == 8  # halfway between the spikes at 5 and 10
    assert (starts[3], durations[3]) == (12, 5)  # the comma has the quiet run
    assert durations.tolist()[-1] == 2  # silence after


def test_same_sounds_in_a_row_and_pauses_that_nobody_made():
    o, comma = PHONES.index("o"), PHONES.index(",")
    durations = align(ctc(12, {3: o, 8: o}), mel(12, []), np.array([0, o, comma, o, 0]), N_PAUSES)
    assert durations.sum() == 12
    assert (durations >= 1).all()
    assert durations[2] == 1


def test_more_symbols_than_frames_cannot_be_aligned():
    phones = np.array([0, *[PHONES.index("a")] * 9, 0])
    assert align(ctc(6, {}), mel(6, []), phones, N_PAUSES).sum() == 0
    assert align_frames(np.zeros((6, len(PHONES))), phones, N_PAUSES).sum() == 0


def test_what_is_told_of_every_frame_gives_the_boundaries_and_any_pause_is_silence():
    a, o, comma, stop = PHONES.index("a"), PHONES.index("o"), PHONES.index(","), PHONES.index(".")
    phones, wanted = np.array([0, a, comma, o, o, stop, 0]), [5, 4, 3, 6, 2, 4, 3]
    heard = np.repeat(frame_classes(phones, N_PAUSES), wanted)
    assert set(heard.tolist()) == {0, a, o}
    log_probs = np.random.default_rng(0).normal(-4, 0.5, (len(heard), len(PHONES)))
    log_probs[np.arange(len(heard)), heard] = -0.5
    log_probs[7, [a, o]] = log_probs[7, [o, a]]  # a frame that is misheard moves nothing
    found = align_frames(log_probs, phones, N_PAUSES)
    starts = np.cumsum(found) - found
    assert starts[[1, 2, 3, 5]].tolist() == [5, 9, 12, 20]  # what is alike side by side may be divided anywhere
    assert found.sum() == len(heard)
    assert (found >= 1).all()


def test_a_recording_and_its_phones_are_in_step():
    recording = read(_VOICES / "demo" / "kathleen.opus")
    phonemes = phonemize("Only, it is so wonderful, so almost impossible to believe.", "en")
    samples = recording.resample(MEL_CONTENT.sample_rate).samples
    encoder, mel = CompactFeatures(_VOICES / "default"), log_mel(samples, MEL_CONTENT)
    features = torch.from_numpy(encoder.encode([samples])[0].astype(np.float32))[None]
    with torch.no_grad():
        log_probs = encoder.encoder.classify(features).phone_log_probs[0].numpy()
    durations = align(log_probs, mel, np.pad(phonemes.ids()["phones"], 1), N_PAUSES)
    boundaries = np.cumsum(durations) / 50
    assert abs(lateness(phonemes.phones, boundaries[:-1], recording)) <= 0.03
    assert durations[-3] >= 3  # the last sound has its time, and what follows it is silence
    assert durations[-1] >= 3
