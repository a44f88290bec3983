"""Sound that passes for speech: what a reference must be, of any length, made in a moment."""

from __future__ import annotations

import numpy as np


def syllables(seconds: float, rate: int = 16_000, seed: int = 0) -> np.ndarray:
    """Whispered vowels, another one every tenth of a second, all equally loud: float32 [S], of a level of 0.06."""
    generator = np.random.default_rng(seed)
    size = rate // 10
    hertz = np.fft.rfftfreq(size, 1 / rate)
    pieces = []
    for _ in range(int(seconds * 10) + 1):
        formants = generator.uniform([300, 900, 2200], [900, 2200, 3500])
        colour = sum(np.exp(-0.5 * ((hertz - formant) / 150) ** 2) for formant in formants) + 0.01
        piece = np.fft.irfft(np.fft.rfft(generator.standard_normal(size)) * colour, size)
        pieces.append(0.06 * piece / piece.std())
    return np.concatenate(pieces)[: round(seconds * rate)].astype(np.float32)
