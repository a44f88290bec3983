"""Means over utterances; some figures are ratios to natural recordings of the same texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xespeech.evaluation.intelligibility import Errors
from xespeech.evaluation.samples import CONDITIONS, Sample
from xespeech.evaluation.scoring import Scores
from xespeech.text.tables import read_rows

Result = tuple[Sample, Scores]
Row = tuple[tuple[str, ...], dict[str, float]]
"""Labels of a row of a table, and its figures by the names of `COLUMNS`."""

_FIGURES = {row["name"]: row for row in read_rows(__package__, "figures.tsv")}
COLUMNS = {name: (row["heading"], row["format"]) for name, row in _FIGURES.items()}
"""Heading and format of every figure."""
JUDGES = {name: row["judge"] for name, row in _FIGURES.items() if row["judge"]}
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
    rows: list[Row]
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
    rows: list[Row] = []
    for names in sorted({key(sample) for sample, _ in results}):
        for condition, caption in CONDITIONS.items():
            group = [(s, scores) for s, scores in results if key(s) == names and s.condition == condition]
            if group:
                rows.append(((*names, caption), figures(group, natural)))
    return Table(title, (*labels, "speech"), rows, across=not labels)
