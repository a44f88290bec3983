"""Parallel, resumable preparation of recordings.

Every finished recording is noted in `OUT/progress.jsonl`. A clip is skipped if it is noted, its source has not changed
and its audio is in `OUT/audio`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from xespeech.audio import Audio
from xespeech.audio.bandwidth import band_levels
from xespeech.audio.cleaning import MARGIN, normalize_loudness, speech_span
from xespeech.audio.io import write
from xespeech.data.cluster import map_on_ray
from xespeech.data.manifest import SAMPLE_RATE
from xespeech.data.spoken import read_spoken
from xespeech.errors import AudioError, DataError, UserError
from xespeech.files import locked, parse_json
from xespeech.processes import Workers, map_unordered
from xespeech.progress import show
from xespeech.text import LANGUAGES, Phonemes, phonemize

_CHUNK, _LARGEST_CHUNK = 8, 500  # clips handed to a process at once
_CHUNKS = 20_000  # of a long list: handing one out on a cluster takes some 5 ms, a recording to prepare 15
_FASTEST = 45.0  # sounds a second: no speech is faster
_SLOWEST = 1.7  # sounds a second: no speech is slower, unless it is a single drawn-out syllable
_LONG = 1.5  # seconds that a drawn-out syllable may last
_VERSION = 1  # of the processing; raise it when prepared audio changes


@dataclass(frozen=True)
class Clip:
    """One recording of a corpus, or one that is made for it.

    Attributes:
        id: name of the prepared recording, fit for a file name and unique in the corpus.
        source: the recording, or the arguments of the function that makes it.
        language: "en", "zh" or "ja"; recordings in others are trained on without their text.
        speaker: name.
        style: emotion or manner, "neutral" if unknown.
        text: transcript; empty if unknown.
        reading: pronunciation of ambiguous text: kana, or pinyin in braces.
        spoken: the phones that were spoken, if known, see `xespeech.data.spoken`.
        group: name shared by recordings of one sentence with the same timing; empty for the others.
        fingerprint: changes when the source changes; that of a file is taken when it is prepared.
    """

    id: str
    source: Any
    language: str
    speaker: str
    style: str = "neutral"
    text: str = ""
    reading: str = ""
    spoken: str = ""
    group: str = ""
    fingerprint: str = ""


class Rejected(AudioError):
    """Synthesised speech that is useless; it is noted, so that it is not made again in a resumed run."""


@dataclass(frozen=True)
class Spoken:
    """Audio of a source with known durations of phones.

    Attributes:
        audio: it.
        boundaries: seconds at which the N phones begin, and at which the last one ends [N + 1].
    """

    audio: Audio
    boundaries: tuple[float, ...]


Load = Callable[[Any], "Audio | Spoken"]
"""Loads the audio of a clip's source."""


@dataclass(frozen=True)
class Sound:
    """Facts of a prepared recording.

    Attributes:
        n_samples: at the rate of prepared recordings.
        levels: spectrum, see `band_levels`.
        source_duration: seconds before trimming.
        boundaries: see `Spoken`, seconds after trimming; empty if unknown.
    """

    n_samples: int
    levels: list[int]
    source_duration: float
    boundaries: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """Result of a clip: its sound or why it was skipped; its phonemes or why there are none.

    Sounds and rejections may be those of an earlier run.
    """

    clip: Clip
    sound: Sound | None
    from_earlier_run: bool = False
    skipped: str = ""
    rejected: bool = False
    phonemes: Phonemes | None = None
    text_problem: str = ""


_Chunk = list[tuple[Clip, "Sound | str | None"]]  # its known sound, or why it was rejected
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def prepare_all(clips: Sequence[Clip], load: Load, out: Path, workers: Workers) -> list[Result]:
    """Prepare all recordings, with a progress bar.

    Args:
        clips: of all recordings.
        load: module-level function that loads the audio of a clip's source, with the times of its phones if known.
        out: prepared folder, see `output_folder`.
        workers: all machines of a Ray cluster must see the source and `out`.

    Raises:
        DataError: no Ray cluster answers.

    Returns:
        One result a clip, in the order of the clips.
    """
    done = _read_progress(out)
    results: dict[str, Result] = {}
    known = [(clip, done.get((clip.id, clip.fingerprint))) for clip in clips]
    work = partial(_work, load=load, folder=(out / "audio").resolve())
    path = out / "progress.jsonl"
    is_cut = not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as journal:
        journal.write("\n" * is_cut)
        for result in work_through(known, work, "preparing", workers):
            clip, sound = result.clip, result.sound
            results[clip.id] = result
            if result.from_earlier_run or not (sound or result.rejected):
                continue
            about = asdict(sound) if sound else {"rejected": result.skipped}
            note = {"id": clip.id, "fingerprint": clip.fingerprint, **about}
            journal.write(json.dumps(note, ensure_ascii=False) + "\n")
            journal.flush()
    return [results[clip.id] for clip in clips]


@contextmanager
def output_folder(out: Path, origin: Path) -> Iterator[None]:
    """Hold the output folder, ready to be written, against other runs.

    Args:
        out: prepared folder.
        origin: what is prepared.

    Raises:
        DataError: it lies in the origin, another run is writing it, it cannot be written, or it holds what was prepared
            from something else.
        ModuleNotFoundError: lhotse, which writes the manifests in the end, is not installed.
    """
    if find_spec("lhotse") is None:
        raise ModuleNotFoundError("preparing data needs lhotse: pip install 'xespeech[train]'", name="lhotse")
    if out.resolve().is_relative_to(origin.resolve()):
        raise DataError(f"{out} lies in {origin}, which is only read: choose an --out outside of it.")
    with locked(out):
        _open_journal(out, {"version": _VERSION, "origin": str(origin.resolve())})
        yield
        _sweep(out)  # unfinished files of lost workers


def _sweep(out: Path) -> None:
    """Remove unfinished files of killed processes."""
    for leftover in [*out.glob(".*.part.*"), *(out / "audio").glob(".*.part.*")]:
        leftover.unlink(missing_ok=True)


def _open_journal(out: Path, header: dict[str, Any]) -> None:
    """Begin the list of finished recordings, or refuse one that belongs to something else."""
    journal = out / "progress.jsonl"
    try:
        (out / "audio").mkdir(exist_ok=True)
        _sweep(out)
        if not journal.exists():
            journal.write_text(json.dumps(header) + "\n")
        with journal.open("r+"):
            pass
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror}. Choose another --out.") from error
    found = parse_note(journal.read_text(encoding="utf-8", errors="replace").partition("\n")[0])
    if found.get("origin") != header["origin"]:
        raise DataError(f"{out} holds what was prepared from {found.get('origin')}: choose another --out or delete it.")
    if found != header:
        raise DataError(f"{out} was begun by another version of xespeech: choose another --out or delete it.")


def _read_progress(out: Path) -> dict[tuple[str, str], Sound | str]:
    """Recordings that are finished, by id and fingerprint. A line cut short by a kill is not a finished recording.

    The cut may be within a character.
    """
    done: dict[tuple[str, str], Sound | str] = {}
    present = {entry.name for entry in os.scandir(out / "audio")}
    for line in (out / "progress.jsonl").read_text(encoding="utf-8", errors="replace").split("\n")[1:]:
        note = parse_note(line)
        if note and "rejected" in note:
            done[note["id"], note["fingerprint"]] = str(note["rejected"])
        elif note and f"{note['id']}.wav" in present:
            boundaries = note.get("boundaries") or note.get("borders", [])  # the second in journals begun before v5
            sound = Sound(note["n_samples"], note["levels"], note["source_duration"], boundaries)
            done[note["id"], note["fingerprint"]] = sound
    return done


def parse_note(line: str) -> dict[str, Any]:
    """A line of a journal; empty where a kill cut it short."""
    try:
        return parse_json(line)
    except ValueError:
        return {}


def work_through(
    items: Sequence[_In], work: Callable[[list[_In]], list[_Out]], what: str, workers: Workers, gpu: bool = False
) -> Iterator[_Out]:
    """Results as they get ready, with a progress bar; few are in flight, so that errors and Ctrl-C stop it at once.

    Args:
        items: to work on.
        work: module-level function, or a partial of one, from some of the items to as many results.
        what: name of the work.
        workers: processes or cluster.
        gpu: whether each call gets a GPU where the cluster has some.

    Raises:
        DataError: no Ray cluster answers.
    """
    size = chunk_size(len(items), workers)
    chunks = [list(items[first : first + size]) for first in range(0, len(items), size)]
    if workers.ray is not None:
        made = map_on_ray(chunks, work, workers.ray, gpu)
    else:
        made = map_unordered(work, chunks, 1 if len(chunks) <= 1 else workers.jobs)
    with show(what, len(items)) as shown:
        for results in made:
            yield from results
            shown.advance(len(results))


def chunk_size(n_items: int, workers: Workers) -> int:
    """Items that are handed out at once: few, but on a cluster more of millions, so that one process can feed it."""
    return _CHUNK if workers.ray is None else min(max(_CHUNK, n_items // _CHUNKS), _LARGEST_CHUNK)


def _work(chunk: _Chunk, load: Load, folder: Path) -> list[Result]:
    results = []
    for clip, sound in chunk:
        known = sound is not None
        if isinstance(sound, str):
            results.append(Result(clip, None, True, sound, rejected=True))
            continue
        if sound is None:
            try:
                loaded = load(clip.source)
            except AudioError as error:
                results.append(Result(clip, None, skipped=str(error), rejected=isinstance(error, Rejected)))
                continue
            spoken = loaded if isinstance(loaded, Spoken) else Spoken(loaded, ())
            whole = spoken.audio.resample(SAMPLE_RATE)
            span = speech_span(whole)
            audio = normalize_loudness(replace(whole, samples=whole.samples[span]))
            write(folder / f"{clip.id}.wav", audio)
            times = (boundary - span.start / SAMPLE_RATE for boundary in spoken.boundaries)
            boundaries = [round(min(max(0.0, time), audio.duration), 4) for time in times]
            sound = Sound(len(audio.samples), band_levels(audio), round(spoken.audio.duration, 3), boundaries)
        phonemes, problem = _read_text(clip)
        if phonemes is not None:
            problem = mismatch(phonemes, sound.n_samples / SAMPLE_RATE)
            phonemes = None if problem else phonemes
        results.append(Result(clip, sound, known, phonemes=phonemes, text_problem=problem))
    return results


def _read_text(clip: Clip) -> tuple[Phonemes | None, str]:
    """Phonemes of a clip's text, or why it has none."""
    if not clip.text and not clip.reading:
        return None, ""
    if clip.language not in LANGUAGES:
        return None, f"models do not speak {clip.language}: the recording is used without its text"
    try:
        if clip.spoken:
            return read_spoken(clip.spoken, clip.text, clip.language), ""
        if not clip.reading:
            return _phonemize(clip.text, clip.language), ""
        phonemes = _phonemize(clip.reading, clip.language)
    except UserError as error:
        if clip.language == "zh" and clip.reading and clip.text:  # a syllable that pinyin does not know
            return _read_text(replace(clip, reading=""))
        return None, str(error)
    try:  # the written text gives the accent where its reading is the given one
        written = _phonemize(clip.text, clip.language)
    except UserError:
        return phonemes, ""
    return (written if written.phones == phonemes.phones else phonemes), ""


def mismatch(phonemes: Phonemes, duration: float) -> str:
    """Why the text cannot be what is said in so many seconds; empty where it can."""
    sounds = len(phonemes.sounds)
    rate = sounds / max(duration - 2 * MARGIN, 0.1)
    if rate > _FASTEST or (rate < _SLOWEST and duration > _LONG):
        return f"{sounds} sounds in {duration:.1f} s: this is not the text of the recording"
    return ""


@lru_cache(maxsize=1024)
def _phonemize(text: str, language: str) -> Phonemes:
    """Cached, since prompts are often read several times."""
    return phonemize(text, language)
