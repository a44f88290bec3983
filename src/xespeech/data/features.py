"""Content features of prepared recordings, one file each, for encoders that many machines should share the work of.

Training computes the features that it lacks by itself; a folder of them given as its content encoder spares it that.

Shapes: T frames (50/s), C content channels.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from xespeech.audio import read
from xespeech.data.manifest import load_cuts
from xespeech.data.report import Problem
from xespeech.data.work import map_chunks, progress_bar
from xespeech.errors import AudioError, DataError
from xespeech.files import locked, read_json, replacing
from xespeech.processes import Workers

if TYPE_CHECKING:
    from xespeech.content.encoder import ContentEncoder

_CHUNK = 8
_ABOUT = "features.json"


@dataclass(frozen=True)
class FeatureReport:
    """What was computed.

    Attributes:
        folder: the features.
        encoder: name of the content encoder.
        channels: C.
        computed, kept: recordings heard in this run, and in earlier ones.
        seconds: that this run took.
        skipped: recordings that could not be heard.
    """

    folder: str
    encoder: str
    channels: int
    computed: int
    kept: int
    seconds: float
    skipped: list[Problem]

    def print(self, console: Console) -> None:
        """Show it in a few lines."""
        kept = f", {self.kept} were there" if self.kept else ""
        console.print(
            f"{self.folder}: features of {self.computed} recordings by {self.encoder} in {self.channels} channels"
            f"{kept}; {self.seconds:.0f} s",
            soft_wrap=True,
            markup=False,
        )
        for problem in self.skipped:
            console.print(f"  {problem.name}: {problem.reason}", soft_wrap=True, markup=False)


def prepare_features(
    folder: Path,
    out: Path,
    encoder: str,
    *,
    workers: Workers = Workers(),
) -> FeatureReport:
    """Write the content features of every recording of a prepared folder as `OUT/ID.npy`, float16 [T, C].

    Each recording is heard by itself, so that the features do not depend on who computes them. What is there and no
    older than its recording is kept.

    Args:
        folder: a prepared data folder.
        out: folder of the features.
        encoder: what `load_content_encoder` takes: a run or model folder, a Whisper folder, a name on the hub.
        workers: who does the work; the GPUs of a Ray cluster are used where it has some.

    Raises:
        DataError: the folder is not prepared, or `out` holds features of another encoder, is being written by another
            run or cannot be written.
        ModelError: there is no such content encoder.
    """
    from xespeech.content.encoder import load_content_encoder

    started = time.monotonic()
    source = str(Path(encoder).resolve()) if Path(encoder).exists() else encoder
    about = load_content_encoder(source)
    recordings = [
        (cut.id, cut.recording.sources[0].source) for subset in ("train", "dev") for cut in load_cuts([folder], subset)
    ]
    with locked(out):
        _check(out, about)
        todo = [(id, path) for id, path in recordings if not _is_fresh(out / f"{id}.npy", Path(path))]
        chunks = [todo[first : first + _CHUNK] for first in range(0, len(todo), _CHUNK)]
        work = partial(_hear, source=source, out=out.resolve())
        skipped: list[Problem] = []
        with progress_bar("content features", len(recordings)) as advance:
            advance(len(recordings) - len(todo))
            for problems, count in map_chunks(chunks, work, workers, gpu=True):
                skipped += problems
                advance(count)
    return FeatureReport(
        folder=str(out),
        encoder=about.name,
        channels=about.channels,
        computed=len(todo) - len(skipped),
        kept=len(recordings) - len(todo),
        seconds=round(time.monotonic() - started, 1),
        skipped=sorted(skipped, key=lambda problem: problem.name),
    )


def _check(out: Path, encoder: ContentEncoder) -> None:
    """Features of two encoders do not mix."""
    about = {"encoder": encoder.name, "channels": encoder.channels}
    path = out / _ABOUT
    try:
        if not path.exists():
            if next(out.glob("*.npy"), None) is not None:
                raise DataError(f"{out} holds arrays from elsewhere: choose another --out.")
            path.write_text(json.dumps(about), encoding="utf-8")
        found = read_json(path)
        for leftover in out.glob(".*.part.*"):
            leftover.unlink()
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is damaged: delete {out} and run the command again.") from error
    if found != about:
        raise DataError(f"{out} holds features of another encoder ({found.get('encoder')}): choose another --out.")


def _is_fresh(features: Path, recording: Path) -> bool:
    try:
        return features.stat().st_mtime_ns >= recording.stat().st_mtime_ns
    except OSError:
        return False


@lru_cache(maxsize=1)
def _encoder(source: str) -> ContentEncoder:
    import torch

    from xespeech.content.encoder import load_content_encoder

    torch.set_num_threads(1)  # processes side by side, one core each; and sums that do not depend on the machine
    return load_content_encoder(source)


def _hear(chunk: Sequence[tuple[str, str]], source: str, out: Path) -> tuple[list[Problem], int]:
    """Write the features of some recordings; what could not be heard, and how many were tried."""
    from xespeech.content.whisper import SAMPLE_RATE

    problems = []
    for id, path in chunk:
        try:
            (features,) = _encoder(source).encode([read(path, SAMPLE_RATE).samples])
        except AudioError as error:
            problems.append(Problem(id, str(error)))
            continue
        with replacing(out / f"{id}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, features.astype(np.float16))
    return problems, len(chunk)
