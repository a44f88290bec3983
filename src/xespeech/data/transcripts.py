"""Transcripts of recordings by Whisper, where its confidence is high."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from xespeech.audio import read
from xespeech.content.listening import DEFAULT_WHISPER, find_whisper, shared_whisper
from xespeech.data.derived import Derived, derived_folder, write_derived
from xespeech.data.manifest import Utterance
from xespeech.data.report import PROBLEMS_SHOWN, Derivation, Problem
from xespeech.data.split import prompt_key
from xespeech.data.work import mismatch, parse_note, work_through
from xespeech.errors import ConfigError, UserError
from xespeech.files import replacing
from xespeech.processes import Workers
from xespeech.text import LANGUAGES, phonemize

_JOURNAL = "heard.jsonl"


@dataclass(frozen=True)
class _Transcript:
    """Text of a recording by Whisper, and the mean log-probability of its tokens."""

    id: str
    text: str
    sure: float


def prepare_transcripts(
    folder: Path,
    out: Path,
    whisper: str = DEFAULT_WHISPER,
    sure: float = 0.8,
    *,
    workers: Workers = Workers(),
) -> Derivation:
    """Write a prepared folder with the recordings of another one and transcripts of those that have none.

    Only recordings in languages that models speak are transcribed. The development set does not change; transcripts
    that equal one of its texts are not used in the training set.

    Args:
        folder: a prepared data folder.
        out: the folder to write; a run that was stopped goes on where it was.
        whisper: size, folder or name on the hub.
        sure: least mean probability of the tokens, 0 to 1, that a transcript must have.
        workers: one process by default.

    Raises:
        ConfigError: `sure` is out of range.
        DataError: see `derived_folder`.
        ModelError: the Whisper is not available.
    """
    if not 0 < sure <= 1:
        raise ConfigError(f"--sure must be above 0, at most 1, not {sure:g}.")
    started = time.monotonic()
    model = find_whisper(whisper, download=whisper != DEFAULT_WHISPER).resolve()
    with derived_folder(folder, out) as recordings:
        silent = [one for one in recordings if not one.about.text and one.about.language in LANGUAGES]
        known = _read(out / _JOURNAL, str(model))
        todo = [one for one in silent if one.about.id not in known]
        with (out / _JOURNAL).open("a", encoding="utf-8") as journal:
            for transcript in work_through(todo, partial(_transcribe, model=str(model)), "listening", workers):
                known[transcript.id] = transcript
                journal.write(json.dumps({"model": str(model), **asdict(transcript)}, ensure_ascii=False) + "\n")
                journal.flush()
        held_out = {prompt_key(one.about) for one in recordings if one.subset == "dev" and one.about.text}
        made: list[tuple[Utterance, str]] = []
        left: list[Problem] = []
        for one in recordings:
            about = one.about
            if about.id in known and not about.text:
                about, problem = _transcribed(about, known[about.id], sure)
                if not problem and one.subset == "train" and prompt_key(about) in held_out:
                    about, problem = one.about, "says a text of the development set"
                if problem:
                    left.append(Problem(about.id, problem))
            _share(one.source, out / "audio" / f"{about.id}.wav")
            made.append((about, one.subset))
        write_derived(out, made)
    clips, written, seconds = len(recordings), len(silent) - len(left), time.monotonic() - started
    summary = f"{out}: transcripts of {written} of {clips} recordings, {len(left)} left without; {seconds:.0f} s"
    return Derivation(clips, written, summary, left, most_shown=PROBLEMS_SHOWN)


def _transcribed(about: Utterance, transcript: _Transcript, sure: float) -> tuple[Utterance, str]:
    """The recording with its transcript, or unchanged and why."""
    if math.exp(transcript.sure) < sure:
        return about, f"Whisper is not sure ({math.exp(transcript.sure):.2f}) that it hears {transcript.text!r}"
    try:
        phonemes = phonemize(transcript.text, about.language)
    except UserError as error:
        return about, str(error)
    if problem := mismatch(phonemes, about.duration):
        return about, problem
    return replace(about, text=transcript.text, phonemes=phonemes), ""


def _read(path: Path, model: str) -> dict[str, _Transcript]:
    """Transcripts by this Whisper of earlier runs, without truncated lines."""
    known: dict[str, _Transcript] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else ():
        note = parse_note(line)
        if note.pop("model", None) == model:
            known[note["id"]] = _Transcript(**note)
    return known


def _transcribe(recordings: list[Derived], model: str) -> list[_Transcript]:
    found = []
    for one in recordings:
        text, sure = shared_whisper(model).hear(read(one.source), one.about.language)
        found.append(_Transcript(one.about.id, text, max(sure, -99.0)))
    return found


def _share(source: Path, target: Path) -> None:
    """The same recording in another folder: a hard link, or a copy where the file system has none."""
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
