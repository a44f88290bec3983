"""Reports: `results.json`, `report.md`, and `report.html` with audio (one file, no network)."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from xespeech.audio import Audio, read
from xespeech.audio.pictures import spectrogram_png
from xespeech.errors import UserError
from xespeech.evaluation._extra import extra
from xespeech.evaluation.samples import CONDITIONS, Failure, evenly
from xespeech.evaluation.summary import Result, Table, tables
from xespeech.files import write_text
from xespeech.text.tables import read_pairs

_EXAMPLES = 4  # texts of a language that can be listened to
_EXAMPLES_OF_A_CONDITION = 2

LEGEND = read_pairs(__package__, "legends/report.tsv")


def report_folder(path: str | Path) -> Path:
    """The folder of a report, made if missing.

    Raises:
        UserError: it is a file, or lies in one.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{path} is a file, or lies in one: choose another folder for the report.") from None
    return path


def write_tables(folder: Path, about: Mapping[str, str], found: Sequence[Table], legend: str) -> None:
    """Write `results.json` and `report.md`, for measures without audio.

    Args:
        folder: must exist.
        about: head of the report, by heading.
        found: the tables.
        legend: name of the table in `data/legends` that says what the figures mean, by their headings.
    """
    _write_json(folder, about, found)
    write_text(folder / "report.md", _markdown(about, found, read_pairs(__package__, f"legends/{legend}.tsv")))


def write_report(
    folder: Path,
    about: Mapping[str, str],
    results: Sequence[Result],
    failures: Sequence[Failure] = (),
    found: Sequence[Table] | None = None,
) -> list[Table]:
    """Write `results.json`, `report.md` and `report.html`.

    Args:
        folder: must exist.
        about: head of the report, by heading.
        results: every sample and its scores.
        failures: samples that the model refused to make.
        found: the tables; None makes them by language and by voice.

    Returns:
        The tables of the report.
    """
    found = tables(results) if found is None else list(found)
    samples = []
    for sample, scores in results:
        path = sample.path.relative_to(folder) if sample.path.is_relative_to(folder) else sample.path
        samples.append({**asdict(sample), "path": str(path), "scores": asdict(scores)})
    _write_json(folder, about, found, samples=samples, failures=[asdict(failure) for failure in failures])
    write_text(folder / "report.md", _markdown(about, found, LEGEND, failures))
    page = render(
        "report.html.jinja",
        about=about,
        tables=found,
        examples=_examples(results),
        failures=failures,
        legend=LEGEND,
        conditions=CONDITIONS,
    )
    write_text(folder / "report.html", page)
    return found


def _write_json(folder: Path, about: Mapping[str, str], found: Sequence[Table], **more: Any) -> None:
    rows = {
        table.title: [{**dict(zip(table.labels, labels, strict=True)), **figures} for labels, figures in table.rows]
        for table in found
    }
    content = {"about": dict(about), "tables": rows, **more}
    write_text(folder / "results.json", json.dumps(content, ensure_ascii=False, indent=1))


def _markdown(
    about: Mapping[str, str], found: Sequence[Table], legend: Mapping[str, str], failures: Sequence[Failure] = ()
) -> str:
    lines = ["# Evaluation", ""]
    lines += [f"- {heading}: {text}" for heading, text in about.items()]
    for table in found:
        heading, *rows = ([cell.replace("|", "\\|") for cell in row] for row in table.cells())
        left = table.n_labels
        lines += ["", f"## {table.title}", "", f"| {' | '.join(heading)} |"]
        lines.append("|" + "---|" * left + "---:|" * (len(heading) - left))
        lines += [f"| {' | '.join(row)} |" for row in rows]
    if failures:
        lines += ["", "## Not made", ""]
        lines += [f"- {failure.id}: {failure.reason}" for failure in failures]
    lines += ["", "## What the figures mean", ""]
    lines += [f"- **{name}**: {meaning}." for name, meaning in legend.items()]
    return "\n".join(lines) + "\n"


def render(template: str, **values: Any) -> str:
    """An HTML page from one of this package's templates."""
    environment = extra("jinja2").Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((files("xespeech.evaluation") / template).read_text("utf-8")).render(values)


def _examples(results: Sequence[Result]) -> dict[str, list[dict[str, Any]]]:
    """A few texts per language with their natural recordings and samples."""
    children: dict[str | None, list[Result]] = {}
    for result in results:
        children.setdefault(result[0].natural, []).append(result)
    natural = [result for result in results if result[0].condition == "natural"]
    chosen: dict[str, list[dict[str, Any]]] = {}
    for language in sorted({sample.language for sample, _ in natural}):
        candidates = [result for result in natural if result[0].language == language]
        candidates = [result for result in candidates if result[0].id in children] or candidates
        for sample, scores in evenly(candidates, _EXAMPLES):
            shown = [(sample, scores)]
            for condition in CONDITIONS:
                made = [child for child in children.get(sample.id, ()) if child[0].condition == condition]
                shown += evenly(made, _EXAMPLES_OF_A_CONDITION)
            clips = [{"sample": s, "scores": of_s, **embedded(read(s.path))} for s, of_s in shown]
            chosen.setdefault(language, []).append({"text": sample.text, "clips": clips})
    return chosen


def embedded(audio: Audio) -> dict[str, str]:
    """Its spectrogram and an mp3 file of it, in base64: `picture` and `sound`."""
    with tempfile.TemporaryDirectory() as folder:
        sound = audio.save(Path(folder) / "clip.mp3").read_bytes()
    files = {"picture": spectrogram_png(audio), "sound": sound}
    return {name: base64.b64encode(data).decode() for name, data in files.items()}
