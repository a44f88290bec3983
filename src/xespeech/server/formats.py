"""Formats of responses, and files that are sent while they are made.

Shapes: S samples.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import soundfile

from xespeech.audio.io import file_format, mark_synthetic, sixteen_bits, stored, wav_header

MEDIA_TYPES: Final = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""Formats of a response; pcm as OpenAI defines it: 24 kHz, signed 16 bit, little-endian, one channel, no header."""
GROWING: Final = frozenset({"pcm", "mp3", "opus"})
"""Formats without a length in the header: streamed unless the client wants them whole."""


class GrowingFile:
    """A file that is streamed.

    Args:
        format: one of MEDIA_TYPES.
        sample_rate: Hz; 24 or 48 kHz for opus.
    """

    def __init__(self, format: str, sample_rate: int) -> None:
        self._sent = 0
        self._header = wav_header(sample_rate) if format == "wav" else b""
        self._buffer = io.BytesIO()
        self._file: soundfile.SoundFile | None = None
        if format not in ("wav", "pcm"):
            container, codec, _ = file_format(f".{format}", sample_rate)
            # constant: LAME tells the length of others in its first frame only when it is finished
            bitrate = {"bitrate_mode": "CONSTANT", "compression_level": 0.5} if format == "mp3" else {}
            self._file = soundfile.SoundFile(self._buffer, "w", sample_rate, 1, codec, format=container, **bitrate)
            mark_synthetic(self._file)

    def write(self, samples: np.ndarray) -> bytes:
        """Bytes that samples [S] add to the file; perhaps none, when the codec waits for more."""
        if self._file is None:
            header, self._header = self._header, b""
            return header + to_pcm(samples)
        self._file.write(stored(samples, self._file.subtype))
        return self._new_bytes()

    def finish(self) -> bytes:
        """The last bytes of the file."""
        if self._file is None:
            return b""
        self._file.close()
        return self._new_bytes()

    def _new_bytes(self) -> bytes:
        self._buffer.seek(self._sent)
        data = self._buffer.read()
        self._sent += len(data)
        return data


def to_pcm(samples: np.ndarray) -> bytes:
    """Samples [S] as signed 16 bit, little-endian."""
    return sixteen_bits(samples).astype("<i2").tobytes()
