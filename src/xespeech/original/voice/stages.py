"""The graphs of the published model as functions without a batch axis.

Shapes: N symbols, T frames (50/s), Z latent channels, D content channels, G style channels, M mel channels, S samples.
Arrays are float32 unless they are called ids (int64).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np

from xespeech.config import OriginalConfig
from xespeech.inference.engine import Engine

ORIGINAL_GRAPHS: Final = ("text", "text_to_content", "recording_to_content", "content_to_spec", "sound", "style")
"""Names of the graphs, which are also the names of their files."""
_WINDOW_FRAMES = 500
"""Frames (10 s) decoded at once: bounds memory; what windows share is computed twice, so they are long."""


class TextOutput(NamedTuple):
    """log_durations [N] (natural log of frames); mean and log_std of the prior [N, Z]."""

    log_durations: np.ndarray
    mean: np.ndarray
    log_std: np.ndarray


class OriginalStages:
    """Runs the graphs of one model.

    Args:
        engine: of the model.
        config: of the model.
    """

    def __init__(self, engine: Engine, config: OriginalConfig) -> None:
        self.engine, self.config = engine, config
        self.reach = decoder_reach(config)

    def style(self, mel: np.ndarray) -> np.ndarray:
        """Mel [T, M] of a reference -> style [G]."""
        return self.engine.run_one("style", mel=mel)[0]

    def text(self, symbols: np.ndarray, language: int, style: np.ndarray, noise: np.ndarray) -> TextOutput:
        """symbols: ids [N]; style [G]; noise of the durations [N, 2], scaled."""
        outputs = self.engine.run_one("text", symbols=symbols, language=_id(language), style=style, noise=noise)
        return TextOutput(*outputs)

    def text_to_content(self, mean: np.ndarray, log_std: np.ndarray, noise: np.ndarray, language: int) -> np.ndarray:
        """Prior at frame rate and noise, scaled, each [T, Z] -> content latent [T, Z]."""
        prior = {"mean": mean, "log_std": log_std, "noise": noise}
        return self.engine.run_one("text_to_content", **prior, language=_id(language))[0]

    def recording_to_content(self, features: np.ndarray, noise: np.ndarray, language: int) -> np.ndarray:
        """Content features [T, D] and noise [T, Z], scaled -> content latent [T, Z]."""
        return self.engine.run_one("recording_to_content", features=features, noise=noise, language=_id(language))[0]

    def sound(self, latent: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Content latent [T, Z] and style [G] -> waveform [S], S = T * hop_length.

        The decoder runs in windows that overlap by its receptive field, so that they do not change the samples.
        """
        spec = self.engine.run_one("content_to_spec", latent=latent, style=style)[0]
        size, hop = len(latent), self.config.mel.hop_length
        pieces = []
        for first in range(0, size, _WINDOW_FRAMES):
            stop = min(first + _WINDOW_FRAMES, size)
            begin, end = max(0, first - self.reach), min(size, stop + self.reach)
            decoded = self.engine.run_one("sound", latent=np.ascontiguousarray(spec[begin:end]), style=style)[0]
            pieces.append(decoded[(first - begin) * hop : (stop - begin) * hop])
        return np.concatenate(pieces)


def decoder_reach(config: OriginalConfig) -> int:
    """Frames to either side that a sample of the decoder's output depends on."""
    reach, rate = 3.0, 1  # of the first convolution; samples per frame
    for factor, kernel in zip(config.upsample_rates, config.upsample_kernel_sizes, strict=True):
        reach += math.ceil(kernel / factor) / rate
        rate *= factor
        reach += max(
            (size // 2) * (sum(dilations) + len(dilations)) / rate
            for size, dilations in zip(config.block_kernel_sizes, config.block_dilations, strict=True)
        )
    return math.ceil(reach + 3 / rate)


def _id(language: int) -> np.ndarray:
    return np.array(language, np.int64)
