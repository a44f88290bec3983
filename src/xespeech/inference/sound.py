"""From a content latent to a waveform: the half of synthesis that speaking and converting share.

Shapes: T frames (50/s), Z latent channels, G style channels, S samples.
"""

from __future__ import annotations

import numpy as np

from xespeech.audio.pitch import interpolate_pitch
from xespeech.config import REFERENCE_PITCH, MelConfig
from xespeech.inference.engine import ContentOutput, Engine, Filters
from xespeech.inference.render import PulseTrain, Renderer

_LOWEST_PITCH, _HIGHEST_PITCH = 50.0, 800.0  # Hz


def predicted_pitch(content: ContentOutput) -> tuple[np.ndarray, np.ndarray]:
    """The predicted pitch in the form that `sound` was trained with.

    Returns:
        Log-pitch continued through unvoiced frames [T], and voicing, 1 or 0 [T].
    """
    return interpolate_pitch(predicted_hertz(content))


def predicted_hertz(content: ContentOutput) -> np.ndarray:
    """The predicted pitch, Hz [T]; 0 where unvoiced."""
    hertz = REFERENCE_PITCH * np.exp(np.clip(content.log_pitch, -3.0, 3.0))
    return np.where(content.voicing > 0, hertz, 0.0)


def shift_pitch(log_pitch: np.ndarray, semitones: np.ndarray | float) -> np.ndarray:
    """Log-pitch [T] shifted by semitones, all of it or each frame [T], within what the renderer was made for."""
    low, high = np.log(np.array([_LOWEST_PITCH, _HIGHEST_PITCH], np.float32) / np.float32(REFERENCE_PITCH))
    shifted = log_pitch + np.asarray(semitones, np.float32) * np.float32(np.log(2) / 12)
    return np.clip(shifted, low, high).astype(np.float32)


class SoundStream:
    """Content latents and a pitch that come piece by piece become a waveform.

    A frame's filters depend on `reach` frames on either side. Where the stream waits for all of those that follow, the
    samples do not depend on how it was cut; with a smaller `lookahead` it answers sooner and differs slightly.

    Args:
        style: [G].
        engine, config: of the model.
        reach: frames.
        generator: of the renderer's noise.
        lookahead: frames that are waited for; None for `reach`.
    """

    def __init__(
        self,
        style: np.ndarray,
        engine: Engine,
        config: MelConfig,
        reach: int,
        generator: np.random.Generator,
        lookahead: int | None = None,
    ) -> None:
        self._style, self._engine, self._config, self._generator = style, engine, config, generator
        self._reach, self._lookahead = reach, reach if lookahead is None else lookahead
        self._pulses = PulseTrain(config.sample_rate, config.hop_length)
        self._renderer: Renderer | None = None
        self._frames: list[np.ndarray] = []  # latent, log-pitch and voicing from `_n_past` frames before the next
        self._n_past = 0

    def push(self, latent: np.ndarray, log_pitch: np.ndarray, voicing: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Finished samples, float32 [S].

        Args:
            latent: content latent of the next frames [T, Z].
            log_pitch: natural log of Hz / REFERENCE_PITCH [T], defined in unvoiced frames too.
            voicing: 1 or 0 [T].
            is_last: whether nothing follows; all frames together then have given T * hop_length samples.
        """
        new = [latent, log_pitch.astype(np.float32), voicing.astype(np.float32)]
        self._frames = [np.concatenate(pair) for pair in zip(self._frames, new, strict=True)] if self._frames else new
        n_known = len(self._frames[1])
        stop = n_known if is_last else n_known - self._lookahead
        samples = [np.zeros(0, np.float32)]
        if stop > self._n_past:
            samples.append(self._render(stop))
        if is_last and self._renderer is not None:
            pulses = self._pulses.finish()
            nothing = np.zeros((0, self._n_bins), np.float32)
            samples.append(self._renderer.push(Filters(nothing, nothing, nothing), pulses, self._noise(len(pulses))))
            samples.append(self._renderer.finish())
        return np.concatenate(samples)

    def _render(self, stop: int) -> np.ndarray:
        """Samples of the frames up to `stop` of those that are kept."""
        latent, log_pitch, voicing = self._frames
        filters = self._engine.sound(latent, self._style, log_pitch, voicing)
        per_frame = len(filters.pulse_phase) // len(log_pitch)
        self._n_bins = filters.pulse_phase.shape[1]
        if self._renderer is None:
            self._renderer = Renderer(self._config.hop_length // per_frame, 2 * (self._n_bins - 1))
        own = slice(self._n_past * per_frame, stop * per_frame)
        pulses = self._pulses.push(log_pitch[self._n_past : stop])
        samples = self._renderer.push(Filters(*(values[own] for values in filters)), pulses, self._noise(len(pulses)))
        self._frames = [values[max(0, stop - self._reach) :] for values in self._frames]
        self._n_past = min(stop, self._reach)
        return samples

    def _noise(self, size: int) -> np.ndarray:
        return self._generator.standard_normal(size, dtype=np.float32)


def make_sound(
    latent: np.ndarray,
    style: np.ndarray,
    log_pitch: np.ndarray,
    voicing: np.ndarray,
    engine: Engine,
    config: MelConfig,
    generator: np.random.Generator,
) -> np.ndarray:
    """Waveform float32 [S] of all frames at once, S = T * hop_length; arguments are those of `SoundStream`."""
    return SoundStream(style, engine, config, len(log_pitch), generator).push(latent, log_pitch, voicing, is_last=True)
