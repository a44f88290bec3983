"""From a content latent to a waveform: the half of synthesis that speech and conversion share.

Shapes: T frames (50/s), P pitch frames (100/s), Z latent channels, G style channels, S samples.
"""

from __future__ import annotations

import numpy as np

from xespeech.config import PITCH_RANGE, REFERENCE_PITCH, ModelConfig
from xespeech.inference.engine import ContentOutput, Engine, Filters
from xespeech.inference.render import SourceFilter

_LOWEST_PITCH, _HIGHEST_PITCH = (np.log(np.float32(hertz / REFERENCE_PITCH)) for hertz in PITCH_RANGE)
_SEMITONE = np.float32(np.log(2) / 12)


def predicted_hertz(content: ContentOutput) -> np.ndarray:
    """The predicted pitch, Hz [P]; 0 where unvoiced."""
    hertz = REFERENCE_PITCH * np.exp(np.minimum(np.maximum(content.log_pitch, -3.0), 3.0))
    return np.where(content.voicing > 0, hertz, 0.0)


def shift_pitch(log_pitch: np.ndarray, semitones: np.ndarray | float) -> np.ndarray:
    """Log-pitch [P] shifted by semitones (one value or [P]) and clipped to the range of the renderer."""
    shifted = log_pitch + np.asarray(semitones, np.float32) * _SEMITONE
    return np.minimum(np.maximum(shifted, _LOWEST_PITCH), _HIGHEST_PITCH).astype(np.float32, copy=False)


class SoundStream:
    """Waveform of content latents and a pitch that arrive in pieces.

    A frame's filters depend on frames before and after it, which the stream waits for: the samples do not depend on how
    the frames are cut into pieces.

    Args:
        style: [G].
        engine, config: of the model.
        behind, ahead: frames before and after a frame that its filters depend on.
        generator: of the renderer's noise.
    """

    def __init__(
        self,
        style: np.ndarray,
        engine: Engine,
        config: ModelConfig,
        behind: int,
        ahead: int,
        generator: np.random.Generator,
    ) -> None:
        self._style, self._engine, self._behind, self._ahead = style, engine, behind, ahead
        self._source = SourceFilter(config.mel.sample_rate, config.mel.hop_length, generator)
        self._frames: list[np.ndarray] = []  # latent, log-pitch and voicing from `_n_past` frames before the next
        self._n_past = 0

    def push(self, latent: np.ndarray, log_pitch: np.ndarray, voicing: np.ndarray, is_last: bool = False) -> np.ndarray:
        """Finished samples, float32 [S].

        Args:
            latent: content latent of the next frames [T, Z].
            log_pitch: natural log of Hz / REFERENCE_PITCH [P], defined in unvoiced frames too.
            voicing: 1 or 0 [P].
            is_last: whether nothing follows; all frames together then have given T * hop_length samples.
        """
        new = [latent, *(values.astype(np.float32).reshape(len(latent), -1) for values in (log_pitch, voicing))]
        self._frames = [np.concatenate(pair) for pair in zip(self._frames, new, strict=True)] if self._frames else new
        n_known = len(self._frames[0])
        stop = n_known if is_last else n_known - self._ahead
        if stop > self._n_past:
            added = slice(self._n_past, stop)
            latents, log_pitches, voicings = self._frames
            filters = filters_of(self._engine, self._style, latents, log_pitches.ravel(), voicings.ravel(), added)
            samples = self._source.push(filters, log_pitches[added].ravel(), is_last)
            self._frames = [values[max(0, stop - self._behind) :] for values in self._frames]
            self._n_past = min(stop, self._behind)
            return samples
        return self._source.finish() if is_last else np.zeros(0, np.float32)


def filters_of(
    engine: Engine, style: np.ndarray, latent: np.ndarray, log_pitch: np.ndarray, voicing: np.ndarray, kept: slice
) -> Filters:
    """Filters of the frames `kept`, computed from latent [T, Z], log-pitch and voicing [P] of all frames."""
    filters = engine.sound(latent, style, log_pitch, voicing)
    per_frame = len(filters.pulse_phase) // len(latent)
    return Filters(*(values[kept.start * per_frame : kept.stop * per_frame] for values in filters))
