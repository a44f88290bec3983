"""Data of a pack for the original configuration: 16 kHz audio and the released symbols, stored beside it.

Shapes: T frames (50/s), N symbols, S samples at 16 kHz.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import soxr

from xespeech.config import MEL_COMPACT, MEL_ORIGINAL
from xespeech.data.pack import Pack, Row, to_int16
from xespeech.errors import TextError
from xespeech.original.text import symbols_to_ids, text_to_symbols


class OriginalData:
    """Recordings of a pack as the original configuration sees them; made on first use.

    Args:
        pack: prepared data.
    """

    def __init__(self, pack: Pack) -> None:
        # Everything lies along the frames: hop_length samples a frame; no text has more symbols than frames.
        self._audio = pack.keep("original-audio", np.int16, MEL_ORIGINAL.hop_length, "frames", partial(_sounds, pack))
        self._symbols = pack.keep("original-symbols", np.int16, 1, "frames", partial(_texts, pack))

    def audio(self, row: Row) -> np.ndarray:
        """Samples float32 [S], S = T * hop_length."""
        frames = self._audio[row.frames[0] : sum(row.frames)]
        return frames.reshape(-1).astype(np.float32) / 32768.0

    def symbols(self, row: Row) -> np.ndarray:
        """Ids of the released table int64 [N]; none where there is no text, or more of it than frames."""
        padded = self._symbols[row.frames[0] : sum(row.frames), 0].astype(np.int64)
        return padded[padded > 0] - 1


def _sounds(pack: Pack, array: np.ndarray) -> None:
    for row in pack.rows:
        samples = soxr.resample(pack.audio(row), MEL_COMPACT.sample_rate, MEL_ORIGINAL.sample_rate)
        size = row.n_frames * MEL_ORIGINAL.hop_length
        samples = np.pad(samples[:size], (0, max(0, size - len(samples))))
        array[row.frames[0] : sum(row.frames)] = to_int16(samples).reshape(row.n_frames, -1)


def _texts(pack: Pack, array: np.ndarray) -> None:
    """Ids above by one, so that 0 says that there is none."""
    for row in pack.rows:
        if not row.text:
            continue
        try:
            ids = symbols_to_ids(text_to_symbols(row.text, row.language), row.language)
        except TextError:  # `xespeech prepare` has listed the texts that cannot be spoken
            continue
        if len(ids) <= row.n_frames:
            array[row.frames[0] : row.frames[0] + len(ids), 0] = np.array(ids) + 1
