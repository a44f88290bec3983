"""Content features of prepared recordings, one file each, computed on many machines.

Training computes missing features itself, unless such a folder is given as its content encoder.

Shapes: T frames (50/s), C content channels.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xespeech.audio import read
from xespeech.data.manifest import load_cuts
from xespeech.data.report import Derivation, Problem
from xespeech.data.work import work_through
from xespeech.errors import AudioError, DataError
from xespeech.files import is_newer, locked, read_json, replacing
from xespeech.processes import Workers

if TYPE_CHECKING:
    from xespeech.content.encoder import ContentEncoder

_ABOUT = "features.json"


def prepare_features(folder: Path, out: Path, encoder: str, *, workers: Workers = Workers()) -> Derivation:
    """Write the content features of every recording of a prepared folder as `OUT/ID.npy`, float16 [T, C].

    Recordings are not batched, so that the features do not depend on the workers. Files that are no older than their
    recording are kept.

    Args:
        folder: a prepared data folder.
        out: folder of the features.
        encoder: as in `load_content_encoder`: a run or model folder, a Whisper folder, a name on the hub.
        workers: GPUs of a Ray cluster are used if it has some.

    Raises:
        DataError: the folder is not prepared, or `out` holds features of another encoder, is being written by another
            run or cannot be written.
        ModelError: there is no such content encoder.
    """
    from xespeech.content.encoder import load_content_encoder

    started = time.monotonic()
    source = str(Path(encoder).resolve()) if Path(encoder).exists() else encoder
    about = load_content_encoder(source)
    recordings = [(cut.id, cut.recording.sources[0].source) for cut in load_cuts([folder])]
    with locked(out):
        _check(out, about)
        todo = [(id, path) for id, path in recordings if not is_newer(out / f"{id}.npy", Path(path))]
        work = partial(_encode, source=source, out=out.resolve())
        found = work_through(todo, work, "content features", workers, gpu=True)
        problems = sorted((problem for problem in found if problem is not None), key=lambda problem: problem.name)
    made, kept = len(todo) - len(problems), len(recordings) - len(todo)
    summary = (
        f"{out}: features of {made} recordings by {about.name} in {about.channels} channels"
        f"{f', {kept} were there' if kept else ''}; {time.monotonic() - started:.0f} s"
    )
    return Derivation(len(recordings), made, summary, problems)


def _check(out: Path, encoder: ContentEncoder) -> None:
    """Refuse a folder with features of another encoder."""
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


@lru_cache(maxsize=1)
def _encoder(source: str) -> ContentEncoder:
    import torch

    from xespeech.content.encoder import load_content_encoder

    torch.set_num_threads(1)  # one core for each process, and results that do not depend on the number of threads
    return load_content_encoder(source)


def _encode(chunk: Sequence[tuple[str, str]], source: str, out: Path) -> list[Problem | None]:
    """Write the features of some recordings; returns the problem of each, or None."""
    from xespeech.content.whisper import SAMPLE_RATE

    problems: list[Problem | None] = []
    for id, path in chunk:
        try:
            (features,) = _encoder(source).encode([read(path, SAMPLE_RATE).samples])
        except AudioError as error:
            problems.append(Problem(id, str(error)))
            continue
        with replacing(out / f"{id}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, features.astype(np.float16))
        problems.append(None)
    return problems
