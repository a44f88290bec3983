"""Reading and writing of recordings.

Shapes: S samples.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import soundfile
import soxr

from xespeech.audio.containers import ContainerFile, container
from xespeech.errors import AudioError
from xespeech.files import replacing

SHORTEST = 0.2
"""Seconds; anything shorter holds no speech."""
LONGEST = 3600.0
"""Seconds; anything longer is refused before it is decoded."""
_SILENT_PEAK = 3e-4  # ten steps of 16-bit audio
_LOWEST_RATE, _HIGHEST_RATE = 2000, 768_000  # Hz; beyond, a header is damaged
_HIGH = 48_000  # Hz; nothing that is heard lies above half of it
_MOST_VALUES = _HIGHEST_RATE  # a second, of all channels together
_CANCELLED = 0.05  # share of the power of a channel below which the mean of all has lost it
_UNKNOWN_LENGTH = 1 << 60  # frames; libsndfile's value for an unknown length

_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
SUFFIXES = tuple(_FORMATS)
"""Of the formats that can be written."""
_RATES = {
    ".mp3": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ".opus": (8000, 12000, 16000, 24000, 48000),
}
SYNTHETIC_MARK = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's digital source type of media made by a trained model; it is in the comment of every synthetic file."""
SYNTHETIC_COMMENT = f"Synthetic speech, {SYNTHETIC_MARK}"
_ENDLESS = 0xFFFFFFFF  # length in the header of a WAV file that is not finished
_BLOCK = 1 << 16  # samples encoded at once: libsndfile's Vorbis encoder overflows its stack on long blocks


@dataclass(frozen=True, eq=False)
class Audio:
    """One mono recording.

    Attributes:
        samples: float32 [S], full scale is 1.
        sample_rate: Hz.
        synthetic: whether a model made it; files store that in their metadata.
    """

    samples: np.ndarray
    sample_rate: int
    synthetic: bool = False

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.sample_rate

    def resample(self, sample_rate: int) -> Audio:
        """The same sound at another rate (Hz)."""
        if sample_rate == self.sample_rate:
            return self
        samples = soxr.resample(self.samples, self.sample_rate, sample_rate, quality="HQ")
        return replace(self, samples=np.asarray(samples, np.float32), sample_rate=sample_rate)

    def save(self, path: str | Path) -> Path:
        """Write to a file, see `write`."""
        return write(path, self)


def read(path: str | Path, sample_rate: int | None = None, *, seconds: float | None = None) -> Audio:
    """Read a recording of any format that libsndfile knows, mixed down to one channel; m4a, aac, webm, mp4 by PyAV.

    Args:
        path: wav, flac, ogg, opus, mp3, ...; m4a, aac, webm and mp4 with the extra `formats`.
        sample_rate: resample to this rate, Hz; None keeps the file's.
        seconds: from the beginning that are decoded; None decodes all.

    Raises:
        AudioError: no such file, not audio, empty, shorter than 0.2 s, longer than an hour (found from the header,
            before decoding), silent, of an impossible sample rate, or with samples that are not numbers.
    """
    path = Path(path)
    if not path.exists():
        raise AudioError(f"{path}: no such file.")
    if path.is_dir():
        raise AudioError(f"{path} is a folder: name a recording in it.")
    try:
        _check_size(path.stat().st_size, str(path))
        audio = _decode(path, str(path), LONGEST, seconds)
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}.") from error
    return audio if sample_rate is None else audio.resample(sample_rate)


def decode(data: bytes, longest: float = LONGEST, name: str = "the recording") -> Audio:
    """A recording from the bytes of a file, such as an upload; sample rates above 48 kHz are resampled to it.

    Args:
        data: of any format that `read` knows.
        longest: seconds; longer recordings are refused, at the latest when that many are decoded.
        name: of the recording in messages.

    Raises:
        AudioError: as in `read`.
    """
    _check_size(len(data), name)
    return _decode(io.BytesIO(data), name, longest, highest=_HIGH)


def _check_size(n_bytes: int, name: str) -> None:
    if not n_bytes:
        raise AudioError(f"{name} is empty (0 bytes): record or copy it again.")


class _InOrder(soundfile.SoundFile):
    """Reads without seeking, which fails in FLAC streams of unknown length."""

    def seekable(self) -> bool:
        return False


def _open(source: Path | io.BytesIO, name: str) -> _InOrder | ContainerFile:
    """A file by libsndfile, or by FFmpeg where it is in a container of phones and browsers."""
    format = container(source)
    return _InOrder(source) if format is None else ContainerFile(source, format, name)


def _decode(
    source: Path | io.BytesIO,
    name: str,
    longest: float,
    seconds: float | None = None,
    highest: int = _HIGHEST_RATE,
    channel: int | None = None,
) -> Audio:
    """Decode a recording. Lengths in headers may be wrong: memory is bounded by what is decoded.

    Only the first `seconds` are decoded if given. Rates above `highest` (Hz) are resampled to it block by block. The
    mean of the channels is taken, or the `channel` if given.
    """
    blocks: list[np.ndarray] = []
    powers, power = np.zeros(1), 0.0  # of each channel, of what is kept
    try:
        with _open(source, name) as file:
            rate = file.samplerate
            _check_rate(rate, name, file.channels)
            resampler = soxr.ResampleStream(rate, highest, 1, "float32") if rate > highest else None
            if _UNKNOWN_LENGTH > file.frames > longest * rate:
                raise _too_long(name, file.frames / rate, longest)
            synthetic = SYNTHETIC_MARK in file.comment
            n_frames = 0
            while len(block := file.read(max(1, _BLOCK // file.channels), dtype="float32", always_2d=True)):
                n_frames += len(block)
                if n_frames > longest * rate:
                    raise _too_long(name, n_frames / rate, longest)
                is_enough = seconds is not None and n_frames >= seconds * rate
                if seconds is not None and is_enough:
                    block = block[: len(block) - (n_frames - round(seconds * rate))]
                kept = block.mean(axis=1) if channel is None and block.shape[1] > 1 else block[:, channel or 0]
                if channel is None and block.shape[1] > 1:
                    powers = powers + np.square(block).sum(axis=0)
                    power += float(np.square(kept).sum())
                blocks.append(kept if resampler is None else resampler.resample_chunk(np.ascontiguousarray(kept)))
                if is_enough:
                    break
            if resampler is not None:
                blocks.append(resampler.resample_chunk(np.zeros(0, np.float32), last=True))
    except soundfile.LibsndfileError as error:
        formats = ", ".join(sorted(suffix[1:] for suffix in _FORMATS))
        raise AudioError(f"{name} is not audio that can be read: convert it to one of {formats}.") from error
    if not blocks:
        raise AudioError(f"{name} is empty: it holds no samples.")
    if power < _CANCELLED * powers.max():  # channels that cancel each other, as of a cable that swaps one
        if isinstance(source, io.BytesIO):
            source.seek(0)
        return _decode(source, name, longest, seconds, highest, channel=int(powers.argmax()))
    audio = Audio(np.concatenate(blocks), min(rate, highest), synthetic)
    check(audio, name)
    return audio


def _check_rate(rate: int, name: str, channels: int = 1) -> None:
    """Limit the rate, and the samples of a second of all channels."""
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise AudioError(f"{name} has a sample rate of {rate} Hz: convert it to 16000 to 48000 Hz.")

    if rate * channels > _MOST_VALUES:
        raise AudioError(
            f"{name} has {channels} channels of {rate} Hz, {rate * channels:,} values a second, more "
            f"than {_MOST_VALUES:,}: convert it to one channel of 16000 to 48000 Hz."
        )


def _too_long(name: str, seconds: float, longest: float) -> AudioError:
    lasts, most = (f"{s / 3600:.1f} h" if s >= 3600 else f"{s:.0f} s" for s in (seconds, longest))
    return AudioError(f"{name} lasts {lasts} or more: cut it into recordings of at most {most}.")


def check(audio: Audio, name: str = "the recording") -> None:
    """Refuse audio without speech.

    Raises:
        AudioError: shorter than 0.2 s, longer than an hour, silent, of an impossible sample rate, or with samples that
            are not numbers.
    """
    _check_rate(audio.sample_rate, name)
    if audio.duration < SHORTEST:
        raise AudioError(f"{name} lasts {audio.duration:.2f} s: at least {SHORTEST} s are needed.")
    if audio.duration > LONGEST:
        raise AudioError(f"{name} lasts {audio.duration / 3600:.1f} h: cut it into recordings of at most an hour.")
    if not np.isfinite(audio.samples).all():
        raise AudioError(f"{name} holds samples that are not numbers (NaN or infinite): export it again.")
    if np.abs(audio.samples).max() < _SILENT_PEAK:
        raise AudioError(f"{name} is silent: check that the right channel was recorded.")


def write(path: str | Path, audio: Audio) -> Path:
    """Write a recording; the suffix chooses wav, flac, ogg (Vorbis), mp3 or opus.

    The file appears whole or not at all. Samples beyond full scale are clipped. Rates that mp3 and opus do not have are
    resampled to the next higher one. The comment of a file says whether it is synthetic.

    Raises:
        AudioError: unknown suffix, or the place cannot be written (no such folder, no permission, disk full).
    """
    path = Path(path)
    try:
        data = encode(audio, path.suffix)
    except AudioError as error:
        raise AudioError(f"{path}: {error}") from error
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise AudioError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def file_format(suffix: str, sample_rate: int) -> tuple[str, str, int]:
    """Container, codec and rate (Hz: the given one, or the next higher that the format knows) of a file to be written.

    Raises:
        AudioError: unknown suffix.
    """
    if suffix.lower() not in _FORMATS:
        known = ", ".join(_FORMATS)
        raise AudioError(f"the suffix {suffix!r} must be one of {known}, it chooses the format.")
    rates = _RATES.get(suffix.lower(), (sample_rate,))
    return *_FORMATS[suffix.lower()], min((rate for rate in rates if rate >= sample_rate), default=max(rates))


def encode(audio: Audio, suffix: str) -> bytes:
    """The bytes of a file, as `write` would write it; suffix is one of SUFFIXES.

    Raises:
        AudioError: unknown suffix.
    """
    encoder = Encoder(suffix, audio.sample_rate, audio.synthetic)
    encoder.write(audio.resample(encoder.sample_rate).samples)
    return bytes(encoder.finish())


class Encoder:
    """The bytes of a file that is written piece by piece.

    Args:
        suffix: one of SUFFIXES.
        sample_rate: Hz that are wanted.
        synthetic: whether a model made it; the file says so in its metadata.
        place: the file, instead of memory.

    Attributes:
        sample_rate: Hz of the file: the wanted, or the next higher that the format knows.

    Raises:
        AudioError: unknown suffix.
    """

    def __init__(self, suffix: str, sample_rate: int, synthetic: bool, place: Path | None = None) -> None:
        container, codec, self.sample_rate = file_format(suffix, sample_rate)
        self._buffer = io.BytesIO()
        self._file = soundfile.SoundFile(place or self._buffer, "w", self.sample_rate, 1, codec, format=container)
        self._marks_last = synthetic and container == "WAV"
        if synthetic and not self._marks_last:
            mark_synthetic(self._file)

    def write(self, samples: np.ndarray) -> None:
        """Append samples [S] of the file's rate, float or int16; those beyond full scale are clipped."""
        for first in range(0, len(samples), _BLOCK):
            self._append(samples[first : first + _BLOCK])

    def _append(self, block: np.ndarray) -> None:
        self._file.write(stored(block, self._file.subtype))

    def finish(self) -> memoryview:
        """The whole file."""
        if self._marks_last:  # many clients play all that follows the first 44 bytes of a WAV file
            mark_synthetic(self._file)
        self._file.close()
        return self._buffer.getbuffer()


def wav_header(sample_rate: int) -> bytes:
    """Header of a WAV file of 16-bit samples in one channel, without end."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", _ENDLESS, b"WAVE") + form + struct.pack("<4sI", b"data", _ENDLESS)


def stored(samples: np.ndarray, codec: str) -> np.ndarray:
    """Samples float [S] within full scale, for codecs of libsndfile; int16 stay."""
    if samples.dtype == np.int16:
        return samples
    return sixteen_bits(samples) if codec == "PCM_16" else np.clip(samples, -1.0, 1.0)


def sixteen_bits(samples: np.ndarray) -> np.ndarray:
    """Samples float [S] as int16: rounded, full scale is 32767."""
    return np.round(np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16)


def mark_synthetic(file: soundfile.SoundFile) -> None:
    """Mark a file as synthetic in its metadata: in WAV files after the samples, else before them."""
    file.software = f"xespeech {version('xespeech')}"
    file.comment = SYNTHETIC_COMMENT
