"""Streaming writing of recordings of any length.

Shapes: S samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import soundfile
import soxr

from xespeech.audio.io import Encoder
from xespeech.errors import AudioError
from xespeech.files import replacing

_LONGEST_WAV = (1 << 32) - (1 << 16)  # largest size in the header of a wav file


class Writer(Encoder):
    """A recording that is being written; see `open_writer`.

    Raises:
        AudioError: with `write` and `finish`: the disk is full, or the format is too small.
    """

    def __init__(self, path: Path, sample_rate: int, synthetic: bool, place: Path) -> None:
        super().__init__(path.suffix, sample_rate, synthetic, place)
        self._path, rate = path, self.sample_rate
        self._resampler = None if rate == sample_rate else soxr.ResampleStream(sample_rate, rate, 1, "float32")

    def _append(self, block: np.ndarray, last: bool = False) -> None:
        if self._resampler is not None:
            block = block / np.float32(1 << 15) if block.dtype == np.int16 else block
            block = self._resampler.resample_chunk(np.asarray(block, np.float32), last=last)
        if self._file.format == "WAV" and 2 * (self._file.frames + len(block)) > _LONGEST_WAV:
            hours = self._file.frames / self._file.samplerate / 3600
            raise AudioError(f"{self._path} has become {hours:.0f} h long, more than a wav file holds: choose .flac.")
        try:
            super()._append(block)
        except (soundfile.LibsndfileError, AssertionError) as error:
            raise AudioError(f"{self._path} cannot be written: is the disk full?") from error

    def finish(self) -> memoryview:
        """Write what is left."""
        if self._resampler is not None:
            self._append(np.zeros(0, np.float32), last=True)
        return super().finish()

    def close(self) -> None:
        """Close the file, finished or not."""
        self._file.close()


@contextmanager
def open_writer(path: str | Path, sample_rate: int, synthetic: bool = False) -> Iterator[Writer]:
    """Write a recording in pieces, with the memory of one piece.

    The file appears when the block succeeds, and not at all when it fails.

    Args:
        path: the suffix chooses wav, flac, ogg (Vorbis), mp3 or opus.
        sample_rate: Hz of the samples; resampled where the format does not have it.
        synthetic: whether a model made it; the file says so in its metadata.

    Raises:
        AudioError: unknown suffix, or the place cannot be written.
    """
    path = Path(path)
    with replacing(path) as temporary:
        try:
            writer = Writer(path, sample_rate, synthetic, temporary)
        except soundfile.LibsndfileError as error:
            raise AudioError(f"{path} cannot be written: {error}") from error
        with closing(writer):
            yield writer
            writer.finish()
