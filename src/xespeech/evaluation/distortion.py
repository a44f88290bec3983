"""Mel-cepstral distortion to a natural recording of the same text, after time alignment.

Shapes: T, U frames (100/s), M mel channels, D cepstral coefficients.
"""

from __future__ import annotations

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MelConfig
from xespeech.evaluation._extra import extra

_MEL = MelConfig(16_000, 512, 160, 400, 80, 0.0, 8_000.0)
_COEFFICIENTS = 24
_LOUDNESS = 0.07  # root mean square, full scale 1; both recordings are brought to it


def mel_cepstrum(audio: Audio) -> np.ndarray:
    """Coefficients 1 to 24 (loudness, coefficient 0, is left out) of the log-mel spectrum L at 16 kHz.

    Scaled so that L_k = c_0 + sum_d c_d cos(pi d (k + 1/2) / M), as mel-generalised cepstra are.

    Returns:
        float32 [T, D].
    """
    from scipy.fft import dct

    samples = audio.resample(_MEL.sample_rate).samples
    samples = samples * (_LOUDNESS / max(float(np.sqrt(np.mean(samples**2))), 1e-9))
    coefficients = dct(log_mel(samples, _MEL), type=2, axis=1) / _MEL.n_mels
    return coefficients[:, 1 : _COEFFICIENTS + 1]


def mel_cepstral_distortion(audio: Audio, natural: Audio) -> float:
    """Mean distance in dB between two readings of the same text, along the best alignment of their frames.

    Each pair of aligned frames counts 10 / ln 10 * sqrt(2 * sum_d (c_d - c'_d)^2): the root-mean-square difference of
    the smoothed log spectra (R. Kubichek, 1993). Silences count as well; everything above 8 kHz does not, so that a
    recording of 16 kHz can be compared with a voice of 24 kHz. Two readings by one person score 4–5.5 dB.
    """
    first, second = mel_cepstrum(audio), mel_cepstrum(natural)
    distances = extra("scipy.spatial.distance").cdist(first, second)
    _, path = extra("librosa.sequence").dtw(C=distances)
    return float(10 / np.log(10) * np.sqrt(2) * distances[path[:, 0], path[:, 1]].mean())
