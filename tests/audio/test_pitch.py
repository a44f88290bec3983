"""The voicing threshold of the pitch tracker."""

import numpy as np

from xespeech.audio.pitch import BREATHY, track_pitch

RATE = 24_000


def test_a_low_threshold_hears_a_breathy_voice_and_no_white_noise():
    generator = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    buzz = sum(np.cos(2 * np.pi * 150 * k * time) for k in range(1, 12)) / 11
    noise = generator.normal(0, 1, RATE)
    breathy = (0.3 * buzz / buzz.std() + 0.5 * noise).astype(np.float32)
    pitches = [track_pitch(breathy, RATE, 240, threshold=threshold) for threshold in (0.45, BREATHY)]
    shares = [(pitch > 0).mean() for pitch in pitches]
    assert shares[0] < 0.7 < 0.95 < shares[1]
    assert np.abs(pitches[1][pitches[1] > 0] - 150).max() < 10
    assert (track_pitch(noise.astype(np.float32), RATE, 240, threshold=BREATHY) == 0).all()
