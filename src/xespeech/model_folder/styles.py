"""The styles of a model's voices by name, and the transfer of emotions between voices.

Shapes: T frames (50/s), M mel channels, G style channels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from xespeech.errors import ConfigError, ModelError, UnknownNameError
from xespeech.model_folder.description import NEUTRAL
from xespeech.model_folder.graph_files import check_file

STRONGEST = 2.0
"""Largest intensity of an emotion; 1 is as recorded."""
WINDOW_FRAMES = 300
"""Frames (3 s) of a reference that the style encoder gets at once, as in training."""
_MOST_STRETCH = 2.0
CARRIED = 1.1
"""Lengthening of an emotion's direction for voices that were not recorded with it, as it is less clear in them."""
_MOST_WINDOWS = 16
_AWAY = 0.3  # of the distance from the mean: .4 gives .02 more similarity to strangers, and costs naturalness
_MEAN = "mean"


class StyleBank:
    """One style vector for each voice and emotion it was recorded in.

    An emotion is a direction away from a voice's neutral speech. Voices that were never recorded with it are moved
    along the mean direction of those that were recorded with it, CARRIED times as far.

    Args:
        vectors: style float32 [G] by (voice, emotion).
        mean: style [G] of all speakers of the training; None where a model does not tell.
    """

    def __init__(self, vectors: Mapping[tuple[str, str], np.ndarray], mean: np.ndarray | None = None) -> None:
        self._mean = mean
        self._given = dict(vectors)
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

        check_file(Path(path))
        try:
            tensors = load_file(path)
            mean = tensors.pop(_MEAN, None)
            vectors = {(name.split("|")[0], name.split("|")[1]): vector for name, vector in tensors.items()}
        except (OSError, SafetensorError, IndexError, KeyError, TypeError) as error:  # the last two: no type of numpy's
            raise ModelError(f"{path} is missing or damaged: export or copy the model again.") from error
        stored = [*vectors.values(), *([] if mean is None else [mean])]
        channels = {vector.shape for vector in stored}
        if len(channels) > 1 or any(len(shape) != 1 for shape in channels):
            raise ModelError(f"{path} holds styles of other shapes than one vector each: export the model again.")
        if any(vector.dtype.kind != "f" or not np.isfinite(vector).all() for vector in stored):
            raise ModelError(f"{path} holds styles that are not numbers: export or copy the model again.")
        return cls(vectors, mean)

    @property
    def channels(self) -> int:
        """Length G of every style; 0 without any."""
        return next((len(vector) for emotions in self._vectors.values() for vector in emotions.values()), 0)

    def save(self, path: str | Path) -> None:
        """Write `styles.safetensors`: one vector [G] named `voice|emotion` each, and `mean`."""
        from safetensors.numpy import save_file

        vectors = {f"{v}|{e}": vector for v, emotions in self._vectors.items() for e, vector in emotions.items()}
        save_file(vectors if self._mean is None else {**vectors, _MEAN: self._mean}, path)

    @property
    def mean(self) -> np.ndarray | None:
        """Style [G] of all speakers of the training; None where a model does not tell."""
        return self._mean

    @property
    def voices(self) -> list[str]:
        """Names of the voices."""
        return list(self._vectors)

    def emotions(self, voice: str) -> list[str]:
        """Emotions that a voice was recorded in.

        Raises:
            UnknownNameError: there is no such voice.
        """
        UnknownNameError.check("voice", voice, self._vectors)
        return list(self._vectors[voice])

    def with_voice(self, name: str, style: np.ndarray) -> StyleBank:
        """The same voices and one more, with the style [G] of its plain speech."""
        others = {key: vector for key, vector in self._given.items() if key[0] != name}
        return StyleBank({**others, (name, NEUTRAL): style}, self._mean)

    def of_reference(self, style: np.ndarray) -> np.ndarray:
        """A style [G] of a recording, moved away from the mean of all speakers.

        A model draws voices that it never met towards those that it knows; moved by _AWAY they come closer to the
        recording's voice.
        """
        return style if self._mean is None else _move(style, style - self._mean, _AWAY)

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
        vectors = {name: self._vectors[voice][name] for name in self.emotions(voice)}
        plain = vectors.get(NEUTRAL, next(iter(vectors.values())))
        if emotion in vectors:
            _check_intensity(intensity)
            return _move(plain, vectors[emotion] - plain, intensity)
        return plain if emotion is None else self.express(plain, emotion, intensity, known=vectors)

    def express(
        self, style: np.ndarray, emotion: str, intensity: float = 1.0, known: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """A style [G] moved along the mean direction of an emotion.

        Args:
            style: of any voice, say of a reference recording.
            emotion: of some voice that was also recorded in plain speech; "neutral" changes nothing.
            intensity: 0 not at all, 1 as recorded, at most STRONGEST.
            known: further emotions, for the error message.

        Raises:
            UnknownNameError: no such emotion.
            ConfigError: intensity out of range.
        """
        _check_intensity(intensity)
        if emotion == NEUTRAL:
            return style
        if emotion not in self._directions:
            raise UnknownNameError("emotion", emotion, {NEUTRAL, *self._directions, *(known or ())})
        return _move(style, np.float32(CARRIED) * self._directions[emotion], intensity)

    def express_like(self, style: np.ndarray, recording: np.ndarray, intensity: float = 1.0) -> np.ndarray:
        """A style [G] with the emotion of a recording of any speaker.

        Args:
            style: of any voice.
            recording: style [G] of the recording.
            intensity: 0 not at all, 1 as recorded, at most STRONGEST.

        Raises:
            ConfigError: intensity out of range, or the model has no voice with emotions.
        """
        _check_intensity(intensity)
        if not self._steps:
            raise ConfigError("this model has learnt no emotions, so it cannot take one from a recording.")
        return _move(style, (self._emotion_share @ (recording - style)).astype(np.float32), intensity)

    @cached_property
    def _steps(self) -> dict[str, list[np.ndarray]]:
        """Steps [G] from neutral to each emotion, one for each voice that has both."""
        steps: dict[str, list[np.ndarray]] = defaultdict(list)
        for emotions in self._vectors.values():
            if NEUTRAL in emotions:
                for emotion, vector in emotions.items():
                    if emotion != NEUTRAL:
                        steps[emotion].append(vector - emotions[NEUTRAL])
        return dict(steps)

    @cached_property
    def _directions(self) -> dict[str, np.ndarray]:
        """Mean step [G] from neutral to each emotion, with the mean norm of the steps of all voices.

        The mean of steps in different directions is shorter than each of them, and would be a weaker emotion. Where
        the directions hardly agree, it is lengthened by _MOST_STRETCH at most.
        """
        return {emotion: _mean_step(np.array(steps)) for emotion, steps in self._steps.items()}

    @cached_property
    def _emotion_share(self) -> np.ndarray:
        """Linear estimate [G, G] of the emotional part of a difference between two styles.

        Voices and emotions are modelled as independent Gaussian factors (joint factor analysis, Kenny et al. 2007):
        with the covariance E of emotional steps and S of plain voices, the emotional part of a difference is E (E + 2
        S)^-1.
        """
        steps = np.array([step for steps_of in self._steps.values() for step in steps_of], np.float64)
        plain = np.array(
            [vectors.get(NEUTRAL, next(iter(vectors.values()))) for vectors in self._vectors.values()], np.float64
        )
        plain -= plain.mean(axis=0)
        emotions, voices = steps.T @ steps / len(steps), plain.T @ plain / len(plain)
        total = emotions + 2 * voices
        total += 0.01 * np.trace(total) / len(total) * np.eye(len(total))  # few voices span few channels
        return np.linalg.solve(total, emotions).T


def normalize(style: np.ndarray) -> np.ndarray:
    """A style with mean 0 and variance 1 over its channels, as the style encoder outputs; float32 [G]."""
    centred = np.asarray(style, np.float64)
    centred = centred - centred.mean()
    return (centred / np.sqrt(np.mean(centred**2) + 1e-9)).astype(np.float32)


def windows(mel: np.ndarray, most: int = _MOST_WINDOWS) -> list[np.ndarray]:
    """Equally spaced windows of at most WINDOW_FRAMES that cover a mel [P, M], `most` of them at most."""
    count = min(-(-len(mel) // WINDOW_FRAMES), most)
    starts = np.linspace(0, max(0, len(mel) - WINDOW_FRAMES), max(count, 1)).round().astype(int)
    return [mel[start : start + WINDOW_FRAMES] for start in starts]


def _mean_step(steps: np.ndarray) -> np.ndarray:
    """The mean of steps [N, G], scaled to their mean norm, by at most _MOST_STRETCH."""
    mean = steps.mean(axis=0)
    length = float(np.linalg.norm(mean))
    usual = float(np.mean(np.linalg.norm(steps, axis=1)))
    return (mean * np.float32(min(usual / length, _MOST_STRETCH))).astype(np.float32) if length > 0 else mean


def _move(style: np.ndarray, step: np.ndarray, intensity: float) -> np.ndarray:
    """A style [G] moved along a step [G]; a step of 0 changes no bit."""
    moved = np.float32(intensity) * step
    return normalize(style + moved) if moved.any() else style


def _check_intensity(intensity: float) -> None:
    if not 0 <= intensity <= STRONGEST:
        raise ConfigError(f"the intensity {intensity:g} is out of range: choose 0 to {STRONGEST:g}, 1 is as recorded.")
