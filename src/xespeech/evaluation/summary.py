"""Means over utterances; some figures are ratios to natural recordings of the same texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xespeech.evaluation.intelligibility import Errors
from xespeech.evaluation.samples import CONDITIONS, Sample
from xespeech.evaluation.scoring import Scores

Result = tuple[Sample, Scores]

COLUMNS: dict[str, tuple[str, str]] = {
    "count": ("n", "{:.0f}"),
    "content_error_rate": ("error", "{:.1%}"),
    "content_error_ratio": ("error ×", "{:.2f}"),
    "word_error_rate": ("WER", "{:.1%}"),
    "word_error_ratio": ("WER ×", "{:.2f}"),
    "phone_error_rate": ("PER", "{:.1%}"),
    "phone_error_ratio": ("PER ×", "{:.2f}"),
    "tone_error_rate": ("TER", "{:.1%}"),
    "tone_error_ratio": ("TER ×", "{:.2f}"),
    "similarity": ("similarity", "{:.3f}"),
    "copy_similarity": ("to recording", "{:.3f}"),
    "source_similarity": ("to source", "{:.3f}"),
    "naturalness": ("naturalness", "{:.2f}"),
    "overall": ("OVRL", "{:.2f}"),
    "signal": ("SIG", "{:.2f}"),
    "background": ("BAK", "{:.2f}"),
    "pitch_median": ("F0 Hz", "{:.0f}"),
    "pitch_spread": ("F0 spread", "{:.1f}"),
    "distortion": ("MCD dB", "{:.2f}"),
    "duration_ratio": ("duration ×", "{:.2f}"),
    "shortest": ("shortest", "{:.2f}"),
    "longest": ("longest", "{:.2f}"),
    "outliers": ("outliers", "{:.0f}"),
    "real_time_factor": ("RTF", "{:.3f}"),
    "latency": ("latency ms", "{:.0f}"),
    "drift": ("drift ms", "{:.0f}"),
    "missing": ("missing", "{:.0f}"),
    "slowest": ("slowest ms", "{:.1f}"),
    "click": ("click", "{:.2f}"),
    "distance": ("distance dB", "{:.2f}"),
    "correlation": ("correlation", "{:.3f}"),
    "speakers": ("speakers", "{:.0f}"),
    "chance": ("chance", "{:.1%}"),
    "recognised": ("recognised", "{:.1%}"),
    "found_by_frame": ("by one frame", "{:.1%}"),
    "found_by_mean": ("by mean", "{:.1%}"),
    "found_by_mean_and_spread": ("by mean and spread", "{:.1%}"),
}
"""Heading and format of every figure."""

JUDGES: dict[str, str] = {
    **dict.fromkeys(("content_error_rate", "content_error_ratio"), "Whisper"),
    **dict.fromkeys(("word_error_rate", "word_error_ratio"), "pocketsphinx"),
    **dict.fromkeys(
        ("phone_error_rate", "phone_error_ratio", "tone_error_rate", "tone_error_ratio"), "content encoder"
    ),
    **dict.fromkeys(("similarity", "copy_similarity", "source_similarity"), "Resemblyzer"),
    "naturalness": "DistillMOS",
    **dict.fromkeys(("overall", "signal", "background"), "DNSMOS"),
}
"""Judges of figures; those that are missing are counted or computed."""

_KINDS = (("content", "content"), ("word", "words"), ("phone", "phones"), ("tone", "tones"))
_MEANS = (
    *("similarity", "copy_similarity", "source_similarity", "naturalness", "overall", "signal", "background"),
    *("pitch_median", "pitch_spread", "distortion", "duration_ratio"),
)


@dataclass(frozen=True)
class Table:
    """A titled table: per row its labels and its figures by the names of `COLUMNS`.

    Attributes:
        title, labels, rows: the title, names of the label columns, and the rows.
        across: transposed: a line for every figure, with its judge, and a column for every row.
    """

    title: str
    labels: tuple[str, ...]
    rows: list[tuple[tuple[str, ...], dict[str, float]]]
    across: bool = False

    @property
    def n_labels(self) -> int:
        """Number of label columns."""
        return 2 if self.across else len(self.labels)

    def columns(self) -> list[str]:
        """The figures that at least one row has, in the order of `COLUMNS`."""
        return [name for name in COLUMNS if any(name in figures for _, figures in self.rows)]

    def cells(self) -> list[list[str]]:
        """Heading and rows as text; an empty cell where a figure does not apply."""

        def cell(name: str, figures: Mapping[str, float]) -> str:
            return COLUMNS[name][1].format(figures[name]) if name in figures else ""

        columns = self.columns()
        if self.across:
            lines = [
                [COLUMNS[name][0], JUDGES.get(name, ""), *(cell(name, figures) for _, figures in self.rows)]
                for name in columns
            ]
            return [["figure", "judge", *(", ".join(labels) for labels, _ in self.rows)], *lines]
        heading = [*self.labels, *(COLUMNS[name][0] for name in columns)]
        return [heading, *([*labels, *(cell(name, figures) for name in columns)] for labels, figures in self.rows)]


def figures(results: Sequence[Result], natural: Mapping[str, Scores] | None = None) -> dict[str, float]:
    """Figures of a set of samples; those that none of them has are missing.

    Error rates are over all words, phones or tones of the set; the rest are means over utterances.

    Args:
        results: samples and their scores.
        natural: scores of natural recordings by id. A ratio compares with the recordings of the same texts.
    """
    result: dict[str, float] = {"count": len(results)}
    for kind, attribute in _KINDS:
        pairs = [(sample, getattr(scores, attribute)) for sample, scores in results]
        counted = [(sample, errors) for sample, errors in pairs if errors is not None]
        if not counted:
            continue
        rate = Errors.total(errors for _, errors in counted).rate
        result[f"{kind}_error_rate"] = rate
        origins = [origin for sample, _ in counted if (origin := (natural or {}).get(sample.natural or ""))]
        expected = Errors.total(errors for origin in origins if (errors := getattr(origin, attribute)) is not None)
        if expected.errors:
            result[f"{kind}_error_ratio"] = rate / expected.rate
    for name in _MEANS:
        values = [value for _, scores in results if (value := getattr(scores, name)) is not None]
        if values:
            result[name] = float(np.mean(values))
    made = [(sample.seconds, scores.duration) for sample, scores in results if sample.seconds is not None]
    if made:
        seconds, durations = zip(*made, strict=True)
        result["real_time_factor"] = sum(seconds) / sum(durations)
    return result


def tables(results: Sequence[Result]) -> list[Table]:
    """One table per language, by condition, and one by voice."""
    natural = {sample.id: scores for sample, scores in results if sample.condition == "natural"}
    by_language = [
        _table(
            f"Language: {language}", (), lambda sample: (), [r for r in results if r[0].language == language], natural
        )
        for language in sorted({sample.language for sample, _ in results})
    ]
    by_voice = _table("Voices", ("voice", "language"), lambda sample: (sample.voice, sample.language), results, natural)
    return [*by_language, by_voice]


def file_table(results: Sequence[Result]) -> Table:
    """A row for every recording."""
    return Table(
        "Recordings", ("file", "language"), [((s.id, s.language), figures([(s, scores)])) for s, scores in results]
    )


def _table(
    title: str,
    labels: tuple[str, ...],
    key: Callable[[Sample], tuple[str, ...]],
    results: Sequence[Result],
    natural: Mapping[str, Scores],
) -> Table:
    """A row for every key and condition."""
    rows: list[tuple[tuple[str, ...], dict[str, float]]] = []
    for names in sorted({key(sample) for sample, _ in results}):
        for condition, caption in CONDITIONS.items():
            group = [(s, scores) for s, scores in results if key(s) == names and s.condition == condition]
            if group:
                rows.append(((*names, caption), figures(group, natural)))
    return Table(title, (*labels, "speech"), rows, across=not labels)
