"""Streaming of audio to standard output, for a player at the other end of a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from xespeech.errors import AudioError

if TYPE_CHECKING:
    import numpy as np


def check_pipe() -> None:
    """Make sure that standard output is not a terminal.

    Raises:
        AudioError: it is.
    """
    if sys.stdout.isatty():
        raise AudioError("--stream writes sound to standard output: pipe it into a player, as in `| ffplay -nodisp -`.")


def write_stream(chunks: Iterable[np.ndarray], sample_rate: int, raw: bool) -> None:
    """Write chunks as they come, 16 bits and one channel; a closed pipe ends the stream.

    Args:
        chunks: float32 [S] each.
        sample_rate: Hz.
        raw: leave out the WAV header.
    """
    from xespeech.audio.io import sixteen_bits, wav_header

    output = sys.stdout.buffer
    try:
        if not raw:
            output.write(wav_header(sample_rate))
        for samples in chunks:
            output.write(sixteen_bits(samples).astype("<i2").tobytes())
            output.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no flush to the closed pipe at exit
