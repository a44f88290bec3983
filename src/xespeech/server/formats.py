"""Audio as the bytes of a response: whole files, and files that grow while they are sent.

Shapes: S samples.
"""

from __future__ import annotations

import io
import struct
from typing import Final

import numpy as np
import soundfile

from xespeech.audio import Audio
from xespeech.audio.io import SYNTHETIC_COMMENT, encode, mark_synthetic

MEDIA_TYPES: Final = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
"""Formats of a response; pcm is what OpenAI's is: 24 kHz, signed 16 bit, little-endian, one channel, no header."""
GROWING: Final = frozenset({"pcm", "mp3", "opus"})
"""Formats whose header does not tell the length: sent while they are made unless the client wants them whole."""

_ENDLESS = 0xFFFFFFFF  # length in the header of a WAV file that is not finished


def encode_whole(audio: Audio, format: str) -> bytes:
    """A complete file."""
    return to_pcm(audio.samples) if format == "pcm" else encode(audio, f".{format}")


class GrowingFile:
    """A file that is sent piece by piece.

    Args:
        format: one of MEDIA_TYPES.
        sample_rate: Hz; 24 or 48 kHz for opus.
    """

    def __init__(self, format: str, sample_rate: int) -> None:
        self._format, self._rate = format, sample_rate
        self._sent = 0
        self._header = _wav_header(sample_rate) if format == "wav" else b""
        self._buffer = io.BytesIO()
        self._file: soundfile.SoundFile | None = None
        if format == "mp3":  # of constant bitrate: LAME tells the length in its first frame only when it is finished
            self._file = soundfile.SoundFile(
                self._buffer, "w", sample_rate, 1, "MPEG_LAYER_III", format="MP3", bitrate_mode="CONSTANT",
                compression_level=0.5,
            )  # fmt: skip
        elif format in ("opus", "flac"):
            container, codec = ("OGG", "OPUS") if format == "opus" else ("FLAC", "PCM_16")
            self._file = soundfile.SoundFile(self._buffer, "w", sample_rate, 1, codec, format=container)
        if self._file is not None:
            mark_synthetic(self._file)

    def write(self, samples: np.ndarray) -> bytes:
        """Bytes that samples [S] add to the file; perhaps none, when the codec waits for more."""
        if self._file is None:
            header, self._header = self._header, b""
            return header + to_pcm(samples)
        self._file.write(np.clip(samples, -1.0, 1.0))
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
    return np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def _wav_header(sample_rate: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    comment = SYNTHETIC_COMMENT.encode() + b"\0"
    comment += b"\0" * (len(comment) % 2)
    info = struct.pack("<4sI4s4sI", b"LIST", 12 + len(comment), b"INFO", b"ICMT", len(comment)) + comment
    return struct.pack("<4sI4s", b"RIFF", _ENDLESS, b"WAVE") + form + info + struct.pack("<4sI", b"data", _ENDLESS)
