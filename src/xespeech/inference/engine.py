"""The interface that runs the networks of a model: its graphs by role.

    text                  symbols, style -> log-durations, prior of the content latent, hidden states; per symbol
    text_to_content       the prior at frame rate, noise, style -> content latent, pitch
    content               mel of a recording -> content features, phone log-probabilities
    live_content          the same with little lookahead, for live conversion; only some models have it
    recording_to_content  content features, style -> content latent, pitch
    spectrum_to_content   mel of a recording, its own style and pitch -> content latent
    sound                 content latent, style, pitch -> filters of the vocoder
    style                 mel of a reference -> style

The two graphs that make a content latent of text or content features also predict a pitch, which the caller may change
before `sound`.

Shapes: N symbols, T frames (50/s), P mel and pitch frames (100/s), F content-mel frames (100/s), R rendering frames
(200/s), C hidden channels, D content channels, Z latent channels, G style channels, M mel channels, K frequency bins.
Every array is float32 unless it is called ids (int64). There is no batch axis here: one text or recording at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from xespeech.config import LIVE_CONTENT
from xespeech.errors import ModelError

GRAPHS: Final = ("text", "text_to_content", "content", "recording_to_content", "spectrum_to_content", "sound", "style")
"""Names of the graphs, which are also the names of their files."""


class TextOutput(NamedTuple):
    """log_durations [N] (natural log of frames); mean and log_std of the prior [N, Z]; hidden [N, C]."""

    log_durations: np.ndarray
    mean: np.ndarray
    log_std: np.ndarray
    hidden: np.ndarray


class ContentOutput(NamedTuple):
    """latent [T, Z]; log_pitch [P], natural log of Hz / REFERENCE_PITCH; voicing [P], above 0 where voiced."""

    latent: np.ndarray
    log_pitch: np.ndarray
    voicing: np.ndarray


class Filters(NamedTuple):
    """Log-magnitude and phase of the pulses' filter, log-magnitude of the noise's; each [R, K]."""

    pulse_log_magnitude: np.ndarray
    pulse_phase: np.ndarray
    noise_log_magnitude: np.ndarray


class Engine(ABC):
    """Runs the graphs of one model folder.

    Attributes:
        threads: CPU threads that it uses.
        keeps_memory: whether a graph keeps the memory of its longest run for the next one; to be set before the first.
    """

    threads: int = 1
    keeps_memory: bool = True

    @abstractmethod
    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Outputs of one of GRAPHS; arrays have a batch axis of 1."""

    def has(self, graph: str) -> bool:
        """Whether the model has a graph."""
        return graph in GRAPHS

    def prepare(self, *graphs: str) -> None:  # noqa: B027 not every engine has something to prepare
        """Begin to load graphs in this order, in the background."""

    def run_one(self, graph: str, **inputs: np.ndarray) -> list[np.ndarray]:
        """As `run`, without the batch axis."""
        return [output[0] for output in self.run(graph, {name: values[None] for name, values in inputs.items()})]

    def text(self, phones: np.ndarray, marks: np.ndarray, languages: np.ndarray, style: np.ndarray) -> TextOutput:
        """phones, marks, languages: ids [N]; style [G]."""
        return TextOutput(*self.run_one("text", phones=phones, marks=marks, languages=languages, style=style))

    def text_to_content(
        self,
        mean: np.ndarray,
        log_std: np.ndarray,
        noise: np.ndarray,
        languages: np.ndarray,
        pitch_features: np.ndarray,
        style: np.ndarray,
    ) -> ContentOutput:
        """mean, log_std, noise [T, Z]; languages: ids [T]; pitch_features [T, C + 2]; style [G]."""
        prior = {"mean": mean, "log_std": log_std, "noise": noise, "languages": languages}
        return ContentOutput(*self.run_one("text_to_content", **prior, pitch_features=pitch_features, style=style))

    def content(self, mel: np.ndarray, level: float | None = None, live: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Content mel [F, M] -> features [T, D], phone log-probabilities [T, phones] (class 0 blank); T = floor(F / 2).

        Args:
            mel: of a recording or a part of it.
            level: mean over the whole recording; None for the mean of `mel`.
            live: by the encoder with little lookahead, where the model has it.
        """
        mel = mel[: len(mel) // 2 * 2]
        mel = (mel - np.float32(mel.mean() if level is None else level)).astype(np.float32)
        features, phone_log_probs = self.run_one(
            LIVE_CONTENT if live and self.has(LIVE_CONTENT) else "content", mel=mel
        )
        return features, phone_log_probs

    def recording_to_content(self, features: np.ndarray, languages: np.ndarray, style: np.ndarray) -> ContentOutput:
        """features [T, D]; languages: ids [T]; style [G]."""
        outputs = self.run_one("recording_to_content", features=features, languages=languages, style=style)
        return ContentOutput(*outputs)

    def spectrum_to_content(
        self, mel: np.ndarray, style: np.ndarray, log_pitch: np.ndarray, voicing: np.ndarray
    ) -> np.ndarray:
        """mel [P, M] of a recording; style [G] of its own; pitch as in `sound` -> content latent [T, Z]."""
        return self.run_one("spectrum_to_content", mel=mel, style=style, log_pitch=log_pitch, voicing=voicing)[0]

    def sound(self, latent: np.ndarray, style: np.ndarray, log_pitch: np.ndarray, voicing: np.ndarray) -> Filters:
        """latent [T, Z]; style [G]; log_pitch [P], defined in unvoiced frames too; voicing [P], 1 or 0."""
        return Filters(*self.run_one("sound", latent=latent, style=style, log_pitch=log_pitch, voicing=voicing))

    def style(self, mel: np.ndarray) -> np.ndarray:
        """Mel [P, M] of whole frames of a reference -> style [G]."""
        return self.run_one("style", mel=mel)[0]


class WatchedEngine(Engine):
    """An engine that can be cancelled before every graph.

    Args:
        engine: runs the graphs.
        check: raises to cancel.
    """

    def __init__(self, engine: Engine, check: Callable[[], None]) -> None:
        self._engine, self._check, self.threads = engine, check, engine.threads

    def run(self, graph: str, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        self._check()
        return self._engine.run(graph, inputs)

    def has(self, graph: str) -> bool:
        return self._engine.has(graph)

    def prepare(self, *graphs: str) -> None:
        self._engine.prepare(*graphs)


def check_numbers(outputs: list[np.ndarray]) -> list[np.ndarray]:
    """The outputs of a graph, if they are finite; minus infinity is allowed, the log of a probability 0.

    Raises:
        ModelError: they are not: weights or styles of the model are damaged.
    """
    for output in outputs:
        if output.dtype.kind == "f" and not np.maximum.reduce(output, axis=None, initial=-np.inf) < np.inf:
            raise ModelError("the model computes values that are not numbers: export or copy the model again.")
    return outputs
