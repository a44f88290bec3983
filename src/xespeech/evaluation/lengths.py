"""Outliers of duration, over all voices, languages and emotions.

The expected duration is a median regression on the number of sounds in natural recordings of the language. Speech of
more than twice or less than half of it has skipped, repeated or drawn out something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from xespeech.data.manifest import load_cuts
from xespeech.errors import DataError, UserError
from xespeech.evaluation._extra import extra
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.samples import Failure, Sample, evenly, grouped, natural_samples, voices_of
from xespeech.evaluation.summary import Row, Table
from xespeech.model_folder.description import NEUTRAL
from xespeech.progress import Progress, silent, track

LEAST, MOST = 0.5, 2.0
"""Duration over the expected one, outside of which speech is an outlier; `legends/lengths.tsv` names both."""

_FEWEST = 5  # recordings of a language for the regression


class Spoken(NamedTuple):
    """A spoken text, and its duration relative to the expected one."""

    voice: str
    emotion: str
    sample: Sample
    ratio: float


def examine_lengths(
    folders: Sequence[str | Path],
    model: Any,
    out: str | Path,
    *,
    limit: int = 20,
    voices: Sequence[str] = (),
    progress: Progress = silent,
) -> tuple[list[Table], list[Failure]]:
    """Speak texts of every language in every voice and measure their durations; write `report.md`.

    Args:
        folders: prepared data folders whose texts are spoken, whether they were trained on or not.
        model: an `xespeech.Voice`.
        out: folder for the report; made if missing.
        limit: most texts of a language that a voice speaks.
        voices: names; empty for those of the model in the data.
        progress: of the work.

    Returns:
        The tables of the report, and texts that the model refused to speak.

    Raises:
        DataError: a folder is not prepared, there are too few recordings with texts, or there is no voice.
        UnknownNameError: the model has no such voice.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    cuts = load_cuts(folders)
    texts: dict[str, dict[str, Sample]] = defaultdict(dict)
    durations: dict[str, list[tuple[int, float]]] = defaultdict(list)
    by_id = {f"natural-{cut.id}": cut.duration for cut in cuts}
    for sample in natural_samples(cuts):
        texts[sample.language].setdefault(sample.text, sample)
        if sample.style == NEUTRAL:
            durations[sample.language].append((len(sample.phones), by_id[sample.id]))
    lines = {
        language: _usual(of_language) for language, of_language in durations.items() if len(of_language) >= _FEWEST
    }
    if not lines:
        raise DataError(
            f"no language of these data has {_FEWEST} plain recordings with texts, which tell how long texts last: "
            "name more with --data."
        )
    speakers, known = {cut.supervisions[0].speaker for cut in cuts}, voices_of(model, voices)
    judged = list(voices) or [name for name in known if name in speakers]
    if not judged:
        raise DataError("these data hold no recordings of any voice of the model: choose voices with --voice.")
    out = report_folder(out)
    shared = {name for info in model.voices if NEUTRAL in info.emotions for name in info.emotions}  # any voice has them
    emotions = (NEUTRAL, *sorted(shared - {NEUTRAL}))
    plan = [
        (judged[index % len(judged)], emotions[index // len(judged) % len(emotions)], sample)
        for language in sorted(lines)
        for index, sample in enumerate(evenly(list(texts[language].values()), limit * len(judged)))
    ]
    failures: list[Failure] = []
    spoken: list[Spoken] = []
    for voice, emotion, sample in track(plan, "speaking", progress):
        try:
            audio = model.speak(sample.text, voice=voice, language=sample.language, emotion=emotion)
        except UserError as error:
            failures.append(Failure(sample.id, sample.text, str(error)))
            continue
        expected = lines[sample.language](len(sample.phones))
        spoken.append(Spoken(voice, emotion, sample, audio.duration / expected))
    by_language = sorted(grouped(spoken, lambda one: one.sample.language).items())
    tables = [Table("Lengths", ("language",), [((name,), _figures(of_language)) for name, of_language in by_language])]
    outliers: list[Row] = [
        ((one.voice, one.emotion, one.sample.text), {"duration_ratio": one.ratio}) for one in spoken if _is_outlier(one)
    ]
    if outliers:
        tables.append(Table("Outliers", ("voice", "emotion", "text"), outliers))
    about = {"Voices": ", ".join(judged), "Emotions": ", ".join(emotions), "Refused": str(len(failures))}
    write_tables(out, about, tables, "lengths")
    return tables, failures


def _usual(recordings: Sequence[tuple[int, float]]) -> Callable[[int], float]:
    """Seconds as a linear function of the number of sounds, by median regression."""
    counts, seconds = np.array(recordings, float).T
    if len(set(counts)) == 1:
        per_sound = float(np.median(seconds / counts))
        return lambda count: per_sound * count
    line = extra("sklearn.linear_model").QuantileRegressor(quantile=0.5, alpha=0.0).fit(counts[:, None], seconds)
    slope, start = float(line.coef_[0]), float(line.intercept_)
    return lambda count: max(start, 0.0) + slope * count


def _is_outlier(spoken: Spoken) -> bool:
    return not LEAST <= spoken.ratio <= MOST


def _figures(spoken: Sequence[Spoken]) -> dict[str, float]:
    ratios = [one.ratio for one in spoken]
    return {
        "count": len(ratios),
        "duration_ratio": float(np.median(ratios)),
        "shortest": min(ratios),
        "longest": max(ratios),
        "outliers": sum(map(_is_outlier, spoken)),
    }
