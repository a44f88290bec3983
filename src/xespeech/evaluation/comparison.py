"""A model beside natural recordings: choose, speak and convert, measure, report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from xespeech.audio import read
from xespeech.errors import DataError
from xespeech.evaluation._extra import check_extra
from xespeech.evaluation.recognizer import load_recognizer
from xespeech.evaluation.report import report_folder, write_report
from xespeech.evaluation.samples import Failure, Synthesis, choose_natural, choose_references
from xespeech.evaluation.scoring import Scorer, score_all
from xespeech.evaluation.speaker import SpeakerEncoder
from xespeech.evaluation.summary import Table

_ITEM = TypeVar("_ITEM")
Progress = Callable[[Iterable[_ITEM], str, int], Iterable[_ITEM]]


def silent(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    """Progress that nobody sees."""
    return items


def compare(
    folders: Sequence[str | Path],
    out: str | Path,
    model: Any = None,
    *,
    about: str = "",
    recognizer: str | Path | None = None,
    subset: Literal["train", "dev"] = "dev",
    limit: int = 20,
    voices: Sequence[str] = (),
    cross_lingual: bool = False,
    jobs: int = 1,
    progress: Progress[Any] = silent,
) -> tuple[list[Table], list[Failure]]:
    """Measure natural recordings and what a model makes of them, and write the report.

    Args:
        folders: prepared data folders.
        out: folder for the report and the recordings; made if missing.
        model: an `xespeech.Voice`; None measures the natural recordings alone.
        about: what the report calls the model.
        recognizer: folder of the content encoder that judges phones; None leaves phone errors out.
        subset: which of the recordings.
        limit: most texts of a speaker, and of a voice in another language.
        voices: whom to judge; empty takes all of the model's voices of whom there are recordings.
        cross_lingual: whether every voice speaks the texts of the other languages too.
        jobs: processes that measure.
        progress: wraps what is iterated over, with a caption and the total.

    Returns:
        The tables of the report, and what the model refused to make.

    Raises:
        DataError: a folder is not prepared, or holds nothing to compare with.
        UnknownNameError: the model or the data have no such voice.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    from xespeech.data.manifest import load_cuts

    check_extra()
    out = report_folder(out)
    cuts = list(load_cuts(folders, subset))
    speakers = {cut.supervisions[0].speaker for cut in cuts}
    if model is not None:
        known = {info.name for info in model.voices}
        if not voices and not known & speakers:
            raise DataError("these data hold no recordings of any voice of the model: name data it was trained on.")
        cuts = [cut for cut in cuts if cut.supervisions[0].speaker in (known if not voices else speakers)]
    # A voice without recordings here can still be judged in other languages and as a target of conversion.
    natural = choose_natural(cuts, limit, [name for name in voices if model is None or name in speakers])
    judged = sorted(voices or {sample.voice for sample in natural})
    if recognizer is not None:
        load_recognizer(recognizer)  # a wrong folder is found out before the work, not after it
    references = choose_references(load_cuts(folders, "train"), {*judged, *(sample.voice for sample in natural)})
    samples, failures = list(natural), list[Failure]()
    if model is not None:
        synthesis = Synthesis(model, judged, out / "audio")
        total = synthesis.count(natural, limit, cross_lingual)
        for made in progress(synthesis.run(natural, limit, cross_lingual), "speaking and converting", total):
            if isinstance(made, Failure):
                failures.append(made)
            else:
                samples.append(made)
    encoder = SpeakerEncoder()
    embeddings = {
        name: encoder.embed_voice(map(read, paths))
        for name, paths in progress(references.items(), "learning the voices", len(references))
    }
    scorer = Scorer(embeddings, None if recognizer is None else partial(load_recognizer, recognizer))
    scores = list(progress(score_all(samples, scorer, jobs), "measuring", len(samples)))
    english = [score for sample, score in zip(natural, scores, strict=False) if sample.language == "en"]
    unjudged = sum(score.words is None for score in english)
    heading = {
        "Model": about or "none: natural recordings only",
        "Data": f"{', '.join(Path(folder).name for folder in folders)}, set {subset}",
        "Voices": ", ".join(judged),
        "Texts": f"{len(natural)}, at most {limit} of a speaker; {unjudged} English ones are too short for word errors",
        "Phones judged by": str(recognizer or "nobody: no content encoder was named"),
    }
    return write_report(out, heading, list(zip(samples, scores, strict=True)), failures), failures
