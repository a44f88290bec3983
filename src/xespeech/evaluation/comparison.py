"""Comparison of a model with natural recordings: choose, speak and convert, measure, report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from xespeech.audio import read
from xespeech.data.manifest import load_cuts
from xespeech.errors import DataError
from xespeech.evaluation._extra import check_extra
from xespeech.evaluation.copies import CopyPaths, choose_recordings, copy_all
from xespeech.evaluation.judges import Judges
from xespeech.evaluation.report import report_folder, write_report
from xespeech.evaluation.samples import (
    CONDITIONS,
    Failure,
    Sample,
    Synthesis,
    choose_natural,
    choose_references,
    voices_of,
)
from xespeech.evaluation.scoring import Scorer, Scores, score_all
from xespeech.evaluation.speaker import SpeakerEncoder
from xespeech.evaluation.summary import Table
from xespeech.progress import Progress, silent, track


@dataclass(frozen=True)
class Choice:
    """Recordings and voices of a comparison.

    Attributes:
        folders: prepared data folders.
        subset: of the prepared folders, "train" or "dev".
        limit: most texts of a speaker, and of a voice in another language.
        voices: names; empty for all voices of the model with recordings.
        cross_lingual: whether every voice speaks the texts of the other languages too.
    """

    folders: Sequence[str | Path]
    subset: Literal["train", "dev"] = "dev"
    limit: int = 20
    voices: Sequence[str] = ()
    cross_lingual: bool = False


@dataclass(frozen=True)
class Subject:
    """The model of a comparison.

    Attributes:
        model: an `xespeech.Voice`.
        name: in the report.
        copies: ways of copying recordings through it.
    """

    model: Any
    name: str
    copies: CopyPaths = field(default_factory=CopyPaths)


def compare(
    choice: Choice,
    out: str | Path,
    subject: Subject | None = None,
    judges: Judges | None = None,
    progress: Progress = silent,
) -> tuple[list[Table], list[Failure]]:
    """Measure natural recordings and speech and conversions of a model, and write the report.

    Args:
        choice: which recordings and voices.
        out: folder for the report and the recordings; made if missing.
        subject: the model; None measures the natural recordings alone.
        judges: optional judges.
        progress: of the work.

    Returns:
        The tables of the report, and samples that the model refused to make.

    Raises:
        DataError: a folder is not prepared, or holds nothing to compare with.
        UnknownNameError: the model or the data have no such voice.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    judges = judges or Judges()
    check_extra()
    known = voices_of(subject.model, choice.voices) if subject is not None else {}
    out = report_folder(out)
    cuts = list(load_cuts(choice.folders, choice.subset))
    speakers = {cut.supervisions[0].speaker for cut in cuts}
    if subject is not None:
        if not choice.voices and not known.keys() & speakers:
            raise DataError("these data hold no recordings of any voice of the model: name data it was trained on.")
        cuts = [cut for cut in cuts if cut.supervisions[0].speaker in (known if not choice.voices else speakers)]
    # Voices without recordings here can still speak other languages and be targets of conversion.
    wanted = [name for name in choice.voices if subject is None or name in speakers]
    natural = choose_natural(cuts, choice.limit, wanted)
    judged = sorted(choice.voices or {sample.voice for sample in natural})
    samples, made = list(natural), list[Sample | Failure]()
    if subject is not None:
        samples += _copies(natural, subject.copies, out / "audio", progress)
        synthesis = Synthesis(subject.model, judged, out / "audio")
        made = list(synthesis.run(natural, choice.limit, choice.cross_lingual, progress))
    samples += [one for one in made if isinstance(one, Sample)]
    failures = [one for one in made if isinstance(one, Failure)]
    scores = _measure(samples, {*judged, *(sample.voice for sample in natural)}, choice, judges, progress)
    english = [score for sample, score in zip(natural, scores, strict=False) if sample.language == "en"]
    unjudged = sum(score.words is None for score in english)
    heading = {
        "Model": subject.name if subject else "none: natural recordings only",
        **_about(choice, judges),
        "Voices": ", ".join(judged),
        "Texts": f"{len(natural)}, at most {choice.limit} of a speaker; {unjudged} English ones are too short",
        **_missing(judges, subject.copies if subject else CopyPaths()),
    }
    return write_report(out, heading, list(zip(samples, scores, strict=True)), failures), failures


def compare_copies(
    choice: Choice,
    out: str | Path,
    subject: Subject,
    judges: Judges | None = None,
    progress: Progress = silent,
) -> list[Table]:
    """Measure recordings and their copies through the model, of any speaker in any language, and write the report.

    Args:
        choice, out, subject, judges, progress: see `compare`; no voice of the model is needed.

    Returns:
        The tables of the report.

    Raises:
        DataError: a folder is not prepared, holds no recordings, or the model has no way to copy them.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    judges = judges or Judges()
    check_extra()
    if not subject.copies.paths:
        reasons = "; ".join(sorted(set(subject.copies.missing.values())))
        raise DataError(f"{subject.name} cannot copy recordings: {reasons}.")
    natural = choose_recordings(load_cuts(choice.folders, choice.subset), choice.limit, choice.voices)
    out = report_folder(out)
    samples = [*natural, *_copies(natural, subject.copies, out / "audio", progress)]
    scores = _measure(samples, (), choice, judges, progress)
    heading = {"Model": subject.name, **_about(choice, judges), **_missing(judges, subject.copies)}
    return write_report(out, heading, list(zip(samples, scores, strict=True)))


def _copies(natural: Sequence[Sample], paths: CopyPaths, folder: Path, progress: Progress) -> list[Sample]:
    return list(track(copy_all(natural, paths, folder), "copying", progress, len(natural) * len(paths.paths)))


def _measure(
    samples: Sequence[Sample], voices: Iterable[str], choice: Choice, judges: Judges, progress: Progress
) -> list[Scores]:
    """Scores of the samples; similarities to voices with recordings in the training sets."""
    references = choose_references(load_cuts(choice.folders, "train"), voices)
    encoder = SpeakerEncoder()
    embeddings = {
        name: encoder.embed_voice(map(read, paths))
        for name, paths in track(references.items(), "learning the voices", progress)
    }
    return list(
        track(score_all(samples, Scorer(embeddings, judges), judges.workers), "measuring", progress, len(samples))
    )


def _about(choice: Choice, judges: Judges) -> dict[str, str]:
    about = {"Data": f"{', '.join(Path(folder).name for folder in choice.folders)}, set {choice.subset}"}
    if judges.whisper is not None:
        about["Words judged by"] = f"{judges.whisper_name}; pocketsphinx as second opinion in English"
    about["Phones judged by"] = str(judges.recognizer or "none: no content encoder was given")
    return about


def _missing(judges: Judges, copies: CopyPaths) -> dict[str, str]:
    """Missing parts of the report, and why."""
    missing = dict(judges.missing) | {CONDITIONS[name]: reason for name, reason in copies.missing.items()}
    return {f"Missing, {name}": reason for name, reason in missing.items()}
