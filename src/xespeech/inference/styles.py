"""The styles of a model's voices by name, and emotions carried from one voice to another.

Shapes: G style channels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from xespeech.checkpoints.description import NEUTRAL
from xespeech.errors import ConfigError, ModelError, UnknownNameError

STRONGEST = 2.0
"""Largest intensity of an emotion; 1 is as recorded."""


class StyleBank:
    """One style vector for each voice and emotion it was recorded in.

    An emotion is a direction away from a voice's neutral speech. Voices that were never recorded with it are moved
    along the mean direction of those that were.

    Args:
        vectors: style float32 [G] by (voice, emotion).
    """

    def __init__(self, vectors: Mapping[tuple[str, str], np.ndarray]) -> None:
        self._vectors: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
        for (voice, emotion), vector in vectors.items():
            self._vectors[voice][emotion] = normalize(vector)

    @classmethod
    def load(cls, path: str | Path) -> StyleBank:
        """Read `styles.safetensors`.

        Raises:
            ModelError: it is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            tensors = load_file(path)
            return cls({(name.split("|")[0], name.split("|")[1]): vector for name, vector in tensors.items()})
        except (OSError, SafetensorError, IndexError) as error:
            raise ModelError(f"{path} is missing or damaged: export or copy the model again.") from error

    def save(self, path: str | Path) -> None:
        """Write `styles.safetensors`: one vector [G] named `voice|emotion` each."""
        from safetensors.numpy import save_file

        vectors = {f"{v}|{e}": vector for v, emotions in self._vectors.items() for e, vector in emotions.items()}
        save_file(vectors, path)

    @property
    def voices(self) -> list[str]:
        """Names of the voices."""
        return list(self._vectors)

    def emotions(self, voice: str) -> list[str]:
        """Emotions that a voice was recorded in.

        Raises:
            UnknownNameError: there is no such voice.
        """
        if voice not in self._vectors:
            raise UnknownNameError("voice", voice, self._vectors)
        return list(self._vectors[voice])

    def lookup(self, voice: str, emotion: str | None = None, intensity: float = 1.0) -> np.ndarray:
        """Style [G] of a voice in an emotion, or plain when that is None.

        Args:
            voice: a known voice.
            emotion: recorded of this voice or of any other.
            intensity: 0 plain, 1 as recorded, at most STRONGEST.

        Raises:
            UnknownNameError: no such voice or emotion.
            ConfigError: intensity out of range.
        """
        own = {name: self._vectors[voice][name] for name in self.emotions(voice)}
        plain = own.get(NEUTRAL, next(iter(own.values())))
        if emotion in own:
            _check_intensity(intensity)
            return _move(plain, own[emotion] - plain, intensity)
        return plain if emotion is None else self.express(plain, emotion, intensity, known=own)

    def express(
        self, style: np.ndarray, emotion: str, intensity: float = 1.0, known: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """A style [G] moved along the mean direction of an emotion.

        Args:
            style: of any voice, say of a reference recording.
            emotion: recorded of some voice that was also recorded speaking plainly; "neutral" changes nothing.
            intensity: 0 not at all, 1 as recorded, at most STRONGEST.
            known: further emotions to name when this one is unknown.

        Raises:
            UnknownNameError: no such emotion.
            ConfigError: intensity out of range.
        """
        _check_intensity(intensity)
        if emotion == NEUTRAL:
            return style
        if emotion not in self._directions:
            raise UnknownNameError("emotion", emotion, {NEUTRAL, *self._directions, *(known or ())})
        return _move(style, self._directions[emotion], intensity)

    @cached_property
    def _directions(self) -> dict[str, np.ndarray]:
        """Mean step [G] from neutral to each emotion over the voices that have both."""
        steps: dict[str, list[np.ndarray]] = defaultdict(list)
        for emotions in self._vectors.values():
            if NEUTRAL in emotions:
                for emotion, vector in emotions.items():
                    if emotion != NEUTRAL:
                        steps[emotion].append(vector - emotions[NEUTRAL])
        return {emotion: np.mean(own, axis=0) for emotion, own in steps.items()}


def normalize(style: np.ndarray) -> np.ndarray:
    """A style of mean 0 and variance 1 over its channels, as the style encoder gives it; float32 [G]."""
    centred = np.asarray(style, np.float64)
    centred = centred - centred.mean()
    return (centred / np.sqrt(np.mean(centred**2) + 1e-9)).astype(np.float32)


def _move(style: np.ndarray, step: np.ndarray, intensity: float) -> np.ndarray:
    """A style [G] moved along a step [G]; the same style, to the bit, where that leads nowhere."""
    moved = np.float32(intensity) * step
    return normalize(style + moved) if moved.any() else style


def _check_intensity(intensity: float) -> None:
    if not 0 <= intensity <= STRONGEST:
        raise ConfigError(f"the intensity {intensity:g} is out of range: choose 0 to {STRONGEST:g}, 1 is as recorded.")
