"""From a content latent to a waveform: the half of synthesis that speaking and converting share.

Shapes: T frames (50/s), Z latent channels, G style channels, S samples.
"""

from __future__ import annotations

import numpy as np

from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH, MelConfig
from xespeech.inference.engine import ContentOutput, Engine
from xespeech.inference.render import pulse_train, render

_LOWEST_PITCH, _HIGHEST_PITCH = 50.0, 800.0  # Hz
_LOUDEST = 0.95  # peak
_FADE = 0.005  # seconds


def predicted_pitch(content: ContentOutput) -> tuple[np.ndarray, np.ndarray]:
    """The predicted pitch in the form that `sound` was trained with.

    Returns:
        Log-pitch continued through unvoiced frames [T], and voicing, 1 or 0 [T].
    """
    hertz = REFERENCE_PITCH * np.exp(np.clip(content.log_pitch, -3.0, 3.0))
    return interpolate_pitch(np.where(content.voicing > 0, hertz, 0.0))


def make_sound(
    latent: np.ndarray,
    style: np.ndarray,
    log_pitch: np.ndarray,
    voicing: np.ndarray,
    semitones: np.ndarray | float,
    engine: Engine,
    config: MelConfig,
    generator: np.random.Generator,
) -> np.ndarray:
    """Waveform float32 [S], S = T * hop_length.

    Args:
        latent: content latent [T, Z].
        style: [G].
        log_pitch: natural log of Hz / REFERENCE_PITCH [T], defined in unvoiced frames too.
        voicing: 1 or 0 [T].
        semitones: that the pitch is shifted by, all of it or each frame [T].
        engine, config: of the model.
        generator: of the renderer's noise.
    """
    low, high = np.log(np.array([_LOWEST_PITCH, _HIGHEST_PITCH], np.float32) / np.float32(REFERENCE_PITCH))
    log_pitch = np.clip(log_pitch + np.asarray(semitones, np.float32) * np.float32(np.log(2) / 12), low, high).astype(
        np.float32
    )
    filters = engine.sound(latent, style, log_pitch, voicing.astype(np.float32))
    pulses = pulse_train(log_pitch, config.sample_rate, config.hop_length)
    noise = generator.standard_normal(len(pulses), dtype=np.float32)
    render_hop = len(pulses) // len(filters.pulse_phase)
    n_fft = 2 * (filters.pulse_phase.shape[1] - 1)
    return render(filters, pulses, noise, render_hop, n_fft)


def change_volume(samples: np.ndarray, decibels: np.ndarray, hop_length: int) -> np.ndarray:
    """Samples [S] made louder by the decibels of their frames [T], changing smoothly; S = T * hop_length."""
    if not decibels.any():
        return samples
    gains = 10.0 ** (decibels / 20)
    place = (np.arange(len(samples)) + 0.5) / hop_length - 0.5
    return samples * np.interp(place, np.arange(len(gains)), gains).astype(np.float32)


def soften_edges(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The same waveform, faded in and out within 5 ms: it can stand beside silence without a click."""
    length = min(round(_FADE * sample_rate), len(samples) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)
    softened = samples.copy()
    softened[:length] *= ramp
    softened[len(samples) - length :] *= ramp[::-1]
    return softened


def limit_peak(samples: np.ndarray) -> np.ndarray:
    """The same waveform, made softer where its peak would come near full scale."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples if peak <= _LOUDEST else (samples * np.float32(_LOUDEST / peak)).astype(np.float32)
