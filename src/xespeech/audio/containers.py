"""Recordings of phones and browsers (m4a, aac, webm, mp4), decoded by FFmpeg: extra `formats`, package PyAV.

FFmpeg knows hundreds of formats, some of which open other files: the container is identified by the first bytes, never
guessed, and only codecs of such recordings are used. A header of a kilobyte can ask for gigabytes of index, so memory
is bounded while FFmpeg works.

Shapes: S samples, C channels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np

from xespeech.errors import AudioError

_CODECS = "aac,opus,vorbis,mp3float,mp3"
_BEGINNINGS = (
    (4, b"ftyp", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
)
_MEMORY = 256 << 20  # bytes that FFmpeg may add to the process
_MOST_FRAMES = 1 << 17  # samples of each channel that one packet may become
_MOST_CHANNELS = 8
_TOLD = 12  # bytes at the beginning that identify the container


def container(source: Path | io.BytesIO) -> str | None:
    """FFmpeg's name of a recording's container; None for all others than these."""
    if isinstance(source, io.BytesIO):
        first = bytes(source.getbuffer()[:_TOLD])
    else:
        with source.open("rb") as file:
            first = file.read(_TOLD)
    return next((name for place, mark, name in _BEGINNINGS if first[place:].startswith(mark)), None)


class ContainerFile:
    """The audio of a file, read in order, with the interface of `soundfile.SoundFile` that decoding needs.

    Args:
        source: a file, or the bytes of one.
        format: from `container`.
        name: of the recording in messages.

    Attributes:
        samplerate: Hz.
        channels: C.
        frames: samples of each channel by the header, 0 if unknown.
        comment: of the file.

    Raises:
        AudioError: PyAV is not installed, the file is damaged, holds no sound or one of another codec, or wants too
            much memory.
    """

    def __init__(self, source: Path | io.BytesIO, format: str, name: str) -> None:
        try:
            import av
        except ImportError as error:
            raise AudioError(
                f"{name} is in a format that needs PyAV: pip install 'xespeech[formats]', or convert it to wav or mp3."
            ) from error
        av.logging.set_level(None)
        self._name, self._errors = name, (av.FFmpegError, ValueError, MemoryError)
        if isinstance(source, io.BytesIO):
            source.seek(0)
        options = {"codec_whitelist": _CODECS, "max_streams": "16", "enable_drefs": "0"}
        with self._bounded():
            opened = source if isinstance(source, io.BytesIO) else str(source)
            self._file = av.open(opened, "r", format=format, options=options)
        try:
            if not self._file.streams.audio:
                raise AudioError(f"{name} holds no sound: record it again, or convert it to wav or mp3.")
            stream = self._file.streams.audio[0]
            if stream.codec_context is None or stream.codec_context.name not in _CODECS.split(","):
                raise AudioError(f"{name} holds sound of a codec that is not read: convert it to wav or mp3.")
            stream.codec_context.thread_count = 1
            stream.codec_context.options = {"max_samples": str(_MOST_FRAMES)}
            self._decoded = (frame for frame in self._file.decode(stream) if frame.samples)
            with self._bounded():
                first = next(self._decoded, None)
            if first is None:
                raise AudioError(f"{name} is empty: it holds no samples.")
        except BaseException:
            self._file.close()
            raise
        if first.layout.nb_channels > _MOST_CHANNELS:
            self._file.close()
            raise AudioError(
                f"{name} has {first.layout.nb_channels} channels: convert it to wav or mp3 with one or two."
            )
        self._next: av.AudioFrame | None = first
        self.samplerate, self.channels = first.sample_rate, first.layout.nb_channels
        self.frames = round((self._file.duration or 0) * self.samplerate / av.time_base)
        self.comment = self._file.metadata.get("comment", "")

    def __enter__(self) -> ContainerFile:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """The next samples float32 [S, C], about `frames` of them; none at the end.

        Raises:
            AudioError: the file is damaged, or its rate or channels change.
        """
        blocks: list[np.ndarray] = []
        count = 0
        with self._bounded():
            while self._next is not None and count < frames:
                frame = self._next
                if (frame.sample_rate, frame.layout.nb_channels) != (self.samplerate, self.channels):
                    raise AudioError(f"{self._name} changes its rate or channels midway: convert it to wav or mp3.")
                block = frame.to_ndarray()
                block = block.T if frame.format.is_planar else block.reshape(-1, self.channels)
                if block.dtype.kind == "i":
                    block = block / -float(np.iinfo(block.dtype).min)
                blocks.append(np.asarray(block, np.float32))
                count += len(block)
                self._next = next(self._decoded, None)
        return np.concatenate(blocks) if blocks else np.zeros((0, self.channels), np.float32)

    @contextmanager
    def _bounded(self) -> Iterator[None]:
        """Turn errors of FFmpeg into one sentence, and limit its memory."""
        try:
            with _memory_bounded():
                yield
        except self._errors as error:
            if isinstance(error, AudioError):
                raise
            raise AudioError(f"{self._name} is damaged: record it again, or convert it to wav or mp3.") from error


@contextmanager
def _memory_bounded() -> Iterator[None]:
    """Let the address space of this process grow by no more than _MEMORY, where the system supports it."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + _MEMORY
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
