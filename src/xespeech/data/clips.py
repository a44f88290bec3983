"""Listings of the recordings of any corpus, and their preparation."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xespeech.audio import read
from xespeech.data.report import Problem, Report, finish
from xespeech.data.work import Clip, output_folder, prepare_all
from xespeech.errors import DataError, listed
from xespeech.processes import Workers

_SHOWN = 5


@dataclass(frozen=True)
class Listing:
    """The recordings of a corpus, and the problems in it."""

    clips: list[Clip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def leave_out(self, name: str, reason: str) -> None:
        """Note a recording or row that cannot be used, and why."""
        self.problems.append(Problem(name, reason))

    def leave_out_texts(self, names: Iterable[str]) -> None:
        """Note texts without recordings."""
        for name in sorted(names):
            self.leave_out(name, "has a text but no recording")


def prepare_clips(
    list_clips: Callable[[], Listing],
    folder: Path,
    out: Path,
    *,
    workers: Workers = Workers(),
) -> Report:
    """Check, clean and phonemise the recordings of a corpus and write their manifests.

    Args:
        list_clips: lists the recordings.
        folder: the corpus; it is only read.
        out: prepared folder to be written; a run that was stopped goes on where it was.
        workers: processes or cluster; one process by default.

    Raises:
        DataError: two recordings have one id, nothing can be used, or the output folder lies in the corpus, is being
            written by another run, or cannot be written.
    """
    started = time.monotonic()
    listing = list_clips()
    _refuse_clashes(listing.clips, folder)
    with output_folder(out, folder):
        clips = [
            replace(clip, source=clip.source.absolute(), fingerprint=_fingerprint(clip.source))
            for clip in listing.clips
        ]
        results = prepare_all(clips, read, out, workers)
        return finish(out, folder, results, listing.problems, None, time.monotonic() - started)


def _fingerprint(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


def _refuse_clashes(clips: Sequence[Clip], folder: Path) -> None:
    """Refuse recordings that are listed twice, and different ones with the same id."""
    files: dict[str, list[Path]] = defaultdict(list)
    for clip in clips:
        files[clip.id].append(clip.source)
    names = {id: list(dict.fromkeys(paths)) for id, paths in files.items() if len(paths) > 1}
    repeated = [id for id, paths in names.items() if len(paths) == 1]
    if repeated:
        raise DataError(f"{folder} lists recordings twice: {listed(repeated, _SHOWN)}. Keep one line for each.")
    for id, paths in names.items():
        both = " and ".join(str(path.relative_to(folder) if path.is_relative_to(folder) else path) for path in paths)
        raise DataError(f"{both} in {folder} would both be prepared as {id}: rename or leave out one of them.")
