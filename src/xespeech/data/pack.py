"""Packs: prepared folders as memory-mapped arrays, which training reads without decoding.

A pack lies in `FOLDER/pack`: `index.json` (one row a recording) and flat arrays over all recordings:
audio int16 [S], mel float16 [F, 80] (content mel, 100 frames/s), pitch float16 [P] (Hz, 100 frames/s), symbols int16
[N, 3] (phone, mark and language ids, a silence before and after each text), durations int16 [N] (frames of each symbol,
0 if unknown), and for each content encoder its features float16 [T, C] and durations by alignment int16 [N, 1];
where training asks for them, recordings without noise int16 [S, 1].

Shapes: S samples at 24 kHz, F content-mel frames (100/s), T frames (50/s), P pitch frames (100/s),
N symbols, C content channels.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

import numpy as np

from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.audio.pitch import track_pitch
from xespeech.config import FRAME_FACTOR, MEL_COMPACT, MEL_CONTENT
from xespeech.data.manifest import load_cuts, utterance_of
from xespeech.errors import DataError
from xespeech.files import parse_json
from xespeech.processes import process_pool
from xespeech.progress import Progress, silent, track
from xespeech.text.symbols import LANGUAGES

if TYPE_CHECKING:
    from filelock import BaseFileLock

_Item = TypeVar("_Item")
_VERSION = 2
_DENOISER = 1  # version of `xespeech.audio.denoise`: recordings of another version are made anew
_ARRAYS: dict[str, tuple[type, tuple[int, ...]]] = {
    "audio": (np.int16, ()),
    "mel": (np.float16, (MEL_CONTENT.n_mels,)),
    "pitch": (np.float16, ()),
    "symbols": (np.int16, (3,)),
    "durations": (np.int16, ()),
}
"""Number type and shape of an entry of each array."""
_OF_MANIFEST = ("id", "language", "speaker", "style", "text", "bandwidth", "group")  # of a row
_OPTIONAL = "durations"  # packs of earlier versions have none
_FRAMES_PER_SECOND = MEL_COMPACT.sample_rate / (FRAME_FACTOR * MEL_COMPACT.hop_length)


@dataclass(frozen=True)
class Row:
    """One recording of a pack; spans of its arrays are (start, length)."""

    id: str
    subset: str
    language: str
    speaker: str
    style: str
    text: str
    bandwidth: float
    audio: tuple[int, int]
    mel: tuple[int, int]
    frames: tuple[int, int]
    symbols: tuple[int, int]
    group: str = ""

    @property
    def n_frames(self) -> int:
        """Frames at 50/s."""
        return self.frames[1]

    @property
    def language_id(self) -> int:
        """Index in `LANGUAGES`; 0 for other languages, whose recordings have no text."""
        return LANGUAGES.index(self.language) if self.language in LANGUAGES else 0

    @property
    def n_symbols(self) -> int:
        """Symbols of the text; 0 when there is none."""
        return self.symbols[1]


class Pack:
    """The recordings of one prepared folder, memory-mapped; built on first use.

    Args:
        folder: a prepared data folder.
        jobs: processes that build a missing pack.
        progress: of building the pack, and of arrays that are added later.

    Raises:
        DataError: the folder is not a prepared data folder.
    """

    def __init__(self, folder: str | Path, jobs: int = 1, progress: Progress = silent) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "pack"
        self._progress = progress
        if not (self.path / "index.json").exists():
            _build_once(self.folder, self.path, jobs, progress)
        index = parse_json((self.path / "index.json").read_text(encoding="utf-8"))
        if index["version"] != _VERSION:
            raise DataError(f"{self.path} was made by another version: delete it and it is made anew.")
        self.rows = [
            Row(**cast(Any, {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}))
            for row in index["rows"]
        ]
        self.arrays = {
            name: np.load(self.path / f"{name}.npy", mmap_mode="r")
            for name in _ARRAYS
            if name != _OPTIONAL or (self.path / f"{name}.npy").exists()
        }

    def audio(self, row: Row, first: int = 0, count: int | None = None, denoised: bool = False) -> np.ndarray:
        """Samples float32 [S] of a recording, or `count` of them from `first`, perhaps without its steady noise."""
        start, size = row.audio
        stop = start + (size if count is None else min(first + count, size))
        samples = self.denoised[:, 0] if denoised else self.arrays["audio"]
        return samples[start + first : stop].astype(np.float32) / 32768.0

    @cached_property
    def denoised(self) -> np.ndarray:
        """All recordings without steady noise, int16 [all S, 1]; computed if missing."""
        from xespeech.audio.denoise import denoise

        def fill(array: np.ndarray) -> None:
            for row in self.track(self.rows, "removing noise"):
                array[row.audio[0] : sum(row.audio), 0] = to_int16(denoise(self.audio(row), MEL_COMPACT.sample_rate))

        return self.keep(f"denoised-{_DENOISER}", np.int16, 1, "audio", fill)

    def track(self, items: Collection[_Item], what: str) -> Iterator[_Item]:
        """The items, with progress, while an array is computed from them."""
        return track(items, f"{what} of {self.folder.name}", self._progress)

    def mel(self, row: Row) -> np.ndarray:
        """Content mel float32 [F, 80]."""
        return self.arrays["mel"][row.mel[0] : sum(row.mel)].astype(np.float32)

    def pitch(self, row: Row) -> np.ndarray:
        """Pitch in Hz float32 [P], P = FRAME_FACTOR * T; 0 where unvoiced."""
        frames = slice(FRAME_FACTOR * row.frames[0], FRAME_FACTOR * sum(row.frames))
        return self.arrays["pitch"][frames].astype(np.float32)

    def symbols(self, row: Row) -> np.ndarray:
        """Phone, mark and language ids int64 [N, 3]."""
        return self.arrays["symbols"][row.symbols[0] : sum(row.symbols)].astype(np.int64)

    def durations(self, row: Row) -> np.ndarray:
        """Frames of each symbol int64 [N] where the data folder has them; else zeros."""
        if _OPTIONAL not in self.arrays:
            return np.zeros(row.n_symbols, np.int64)
        return self.arrays[_OPTIONAL][row.symbols[0] : sum(row.symbols)].astype(np.int64)

    def keep(self, name: str, dtype: Any, channels: int, along: str, make: Callable[[np.ndarray], None]) -> np.memmap:
        """An additional array over all samples, frames or symbols; computed and stored if missing.

        Args:
            name: file name without suffix.
            dtype, channels: of the array.
            along: "audio", "frames" or "symbols".
            make: fills an array of zeros [length, channels].

        Raises:
            DataError: the stored array is damaged or does not fit.
        """
        path, shape = self.path / f"{name}.npy", (sum(getattr(self.rows[-1], along)), channels)
        if not path.exists():
            with _lock(self.folder):
                if not path.exists():
                    temporary = self.path / f"{name}.part.npy"
                    fresh = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
                    try:
                        make(fresh)
                        fresh.flush()
                        temporary.replace(path)
                    finally:
                        temporary.unlink(missing_ok=True)
        try:
            array: np.memmap = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path} is damaged: delete it and it is made anew.") from error
        if array.shape != shape or array.dtype != dtype:
            raise DataError(f"{path} does not fit the pack: delete it and it is made anew.")
        return array


def _features(args: tuple[Any, str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    cut, subset = args
    samples = cut.load_audio()[0].astype(np.float32)
    mel = log_mel(Audio(samples, cut.sampling_rate).resample(MEL_CONTENT.sample_rate).samples, MEL_CONTENT)
    pitch = track_pitch(samples, MEL_COMPACT.sample_rate, MEL_COMPACT.hop_length)
    n_frames = len(pitch) // FRAME_FACTOR
    about = utterance_of(cut)
    if about.phonemes is None:
        symbols = np.zeros((0, 3), np.int16)
    else:
        ids = about.phonemes.ids()
        symbols = np.stack([ids["phones"], ids["marks"], ids["languages"]], axis=1).astype(np.int16)
        symbols = np.pad(symbols, ((1, 1), (0, 0)))  # silence before and after
        symbols[[0, -1], 2] = symbols[[1, -2], 2]
        if len(symbols) > n_frames:  # faster than any speech: not the text of the recording
            symbols = np.zeros((0, 3), np.int16)
    durations = np.zeros(len(symbols), np.int16)
    if about.boundaries and len(about.boundaries) == len(symbols) - 1:
        durations = durations_between(about.boundaries, n_frames).astype(np.int16)
    row = {name: getattr(about, name) for name in _OF_MANIFEST} | {"subset": subset}
    return row, {
        "audio": to_int16(samples),
        "mel": mel.astype(np.float16),
        "pitch": pitch[: n_frames * FRAME_FACTOR].astype(np.float16),
        "symbols": symbols,
        "durations": durations,
    }


def durations_between(boundaries: Sequence[float], n_frames: int) -> np.ndarray:
    """Frames of each symbol of a recording, int64 [N], each at least 1.

    Args:
        boundaries: seconds at which one symbol ends and the next begins [N - 1].
        n_frames: of the recording, at least N.
    """
    size = len(boundaries) + 1
    wanted = np.round(np.array([*boundaries, np.inf]) * _FRAMES_PER_SECOND)
    order = np.arange(size)
    ends = np.maximum.accumulate(wanted - order) + order  # at least a frame apart
    ends = np.maximum(ends, order + 1)
    return np.diff(np.minimum(ends, n_frames - order[::-1]).astype(np.int64), prepend=0)


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples of -1 to 1 as int16."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def _lock(folder: Path) -> BaseFileLock:
    """Held while a missing array of the folder is computed."""
    from filelock import FileLock

    return FileLock(folder / ".pack.lock")


def _build_once(folder: Path, path: Path, jobs: int, progress: Progress) -> None:
    """Build the pack, or wait for another run that is building it; files of killed runs are removed."""
    work = [(cut, subset) for subset in ("train", "dev") for cut in load_cuts([folder], subset)]
    if not work:
        raise DataError(f"{folder} holds no recordings: prepare it with `xespeech prepare` first.")
    with _lock(folder):
        for leftover in folder.glob("pack.*part"):
            shutil.rmtree(leftover)
        if not (path / "index.json").exists():
            _build(work, path, jobs, progress)


def _build(work: Sequence[tuple[Any, str]], path: Path, jobs: int, progress: Progress) -> None:
    temporary = path.with_name("pack.part")
    temporary.mkdir(parents=True)
    files = {name: (temporary / f"{name}.npy").open("wb") for name in _ARRAYS}
    ends = dict.fromkeys(_ARRAYS, 0)
    for name, file in files.items():
        _write_header(file, name, 0)
    rows: list[Row] = []
    with process_pool(jobs) as pool:
        results = pool.map(_features, work, chunksize=16) if jobs > 1 else map(_features, work)
        for about, arrays in track(results, f"packing {path.parent.name}", progress, len(work)):
            spans = {}
            for name, array in arrays.items():
                files[name].write(np.ascontiguousarray(array).tobytes())
                spans[name] = (ends[name], len(array))
                ends[name] += len(array)
            first, size = spans.pop("pitch")
            spans["frames"] = first // FRAME_FACTOR, size // FRAME_FACTOR
            del spans["durations"]  # those of the symbols
            rows.append(Row(**cast(Any, about | spans)))
    for name, file in files.items():
        file.seek(0)
        _write_header(file, name, ends[name])
        file.close()
    index = {"version": _VERSION, "rows": [asdict(row) for row in rows]}
    (temporary / "index.json").write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(path, ignore_errors=True)
    temporary.rename(path)


def _write_header(file: BinaryIO, name: str, length: int) -> None:
    """Write the header of an array; numpy leaves room in it, so that it takes as many bytes for any length."""
    dtype, shape = _ARRAYS[name]
    descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": (length, *shape)})
