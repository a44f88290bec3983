"""Speed perturbation of prepared recordings, as additional speakers.

A recording that is played faster has higher pitch and formants, like another speaker of the same text and language.
This adds speakers to languages that have few.

Source: Ko et al. 2015, "Audio augmentation for speech recognition"; as further speakers, Yamamoto et al. 2019,
"Speaker augmentation and bandwidth extension for deep speaker embedding".
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from xespeech.audio import Audio, read
from xespeech.audio.io import write
from xespeech.data.derived import Derived, check_room, recordings_of, write_derived
from xespeech.data.manifest import SAMPLE_RATE, Utterance
from xespeech.data.report import Derivation
from xespeech.data.work import output_folder, work_through
from xespeech.errors import DataError
from xespeech.processes import Workers

LEAST_FACTOR, MOST_FACTOR = 0.7, 1.4
"""Range of natural speaking rates."""

_COPY = re.compile(r"(?<=.)@(?:0\.[7-9]\d?|1\.[0-4]\d?)$")


def original_speaker(name: str) -> str:
    """The speaker of the original of a copy at another speed: "kathleen" for "kathleen@1.15"."""
    return _COPY.sub("", name)


def prepare_speeds(
    folder: Path,
    out: Path,
    factors: Sequence[float],
    *,
    share: float = 1.0,
    workers: Workers = Workers(),
) -> Derivation:
    """Write a prepared folder of the training recordings of another one, played faster or slower.

    `NAME` becomes the speaker `NAME@FACTOR`. Recordings of the development set have no copies.

    Args:
        folder: a prepared data folder.
        out: the folder to write.
        factors: of speed, above 1 faster and higher; rounded to hundredths.
        share: part of the recordings that is copied at each factor, by a hash of their names.
        workers: one process by default.

    Raises:
        DataError: a factor or the share is out of range, the folder is not a prepared one, or `out` lies in it, holds
            something else, is being written or cannot be written.
    """
    factors = list(dict.fromkeys(round(factor, 2) for factor in factors))
    for factor in factors:
        if not LEAST_FACTOR <= factor <= MOST_FACTOR or factor == 1.0:
            raise DataError(
                f"a speed of {factor} is no other voice: choose factors from {LEAST_FACTOR} to {MOST_FACTOR}, not 1."
            )
    if not factors:
        raise DataError("which speeds? Name at least one, such as 1.15.")
    if not 0.0 < share <= 1.0:
        raise DataError(f"a share of {share} of the recordings is not possible: choose one above 0, at most 1.")
    check_room(out, folder)
    started = time.monotonic()
    recordings = [one for one in recordings_of(folder) if one.subset == "train"]
    speakers = {one.about.speaker for one in recordings}
    copies = {speaker for speaker in speakers if speaker != original_speaker(speaker)}
    if copies:
        raise DataError(f"{folder} holds copies ({min(copies)}): name the folder of the recordings themselves.")
    work = [(one, factor) for one in recordings for factor in factors if _part(f"{one.about.id}@{factor:g}") < share]
    if not work:
        raise DataError(f"{folder} has no recording to copy: choose a larger --share.")
    with output_folder(out, folder):
        play = partial(_play, folder=(out / "audio").resolve())
        utterances = list(work_through(work, play, "changing speeds", workers))
        write_derived(out, [(utterance, "train") for utterance in utterances])
        names = {utterance.id for utterance in utterances}
        for path in (out / "audio").glob("*@*.wav"):
            if path.stem not in names:  # of other factors
                path.unlink()
    hours, voices = sum(each.duration for each in utterances) / 3600, {each.speaker for each in utterances}
    summary = f"{out}: {hours:.2f} h in {len(utterances)} recordings of {len(voices)} speakers"
    return Derivation(len(utterances), len(work), f"{summary}; {time.monotonic() - started:.0f} s")


def _part(name: str) -> float:
    """A hash of a name as a number from 0 to 1."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32


def _play(recordings: list[tuple[Derived, float]], folder: Path) -> list[Utterance]:
    """Write copies of recordings, each at a speed."""
    made = []
    for recording, factor in recordings:
        original, suffix = recording.about, f"@{factor:g}"
        samples = soxr.resample(read(recording.source).samples, SAMPLE_RATE, SAMPLE_RATE / factor, quality="HQ")
        audio = Audio(np.clip(samples, -1.0, 1.0).astype(np.float32), SAMPLE_RATE)
        write(folder / f"{original.id}{suffix}.wav", audio)
        made.append(
            replace(
                original,
                id=original.id + suffix,
                speaker=original.speaker + suffix,
                n_samples=len(audio.samples),
                bandwidth=min(original.bandwidth * factor, SAMPLE_RATE / 2),
                group=original.group and original.group + suffix,
                boundaries=tuple(round(boundary / factor, 4) for boundary in original.boundaries),
            )
        )
    return made
