"""Zero-shot evaluation: speech and conversion in voices of unseen speakers.

Shapes: E embedding channels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import read
from xespeech.data.manifest import load_cuts
from xespeech.data.speeds import original_speaker
from xespeech.errors import DataError, UserError
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.samples import Failure, evenly, grouped, natural_sample, natural_samples
from xespeech.evaluation.speaker import SpeakerEncoder, similarity
from xespeech.evaluation.summary import Row, Table
from xespeech.progress import Progress, silent, track

_MOST_RECORDINGS = 16


def examine_zero_shot(
    folders: Sequence[str | Path],
    model: Any,
    out: str | Path,
    *,
    limit: int = 20,
    progress: Progress = silent,
) -> tuple[list[Table], list[Failure]]:
    """Speak and convert in the voices of unseen speakers; write `report.md`.

    Each recording of such a speaker is the reference once. With it, the model speaks texts of known speakers and
    converts their recordings.

    Args:
        folders: prepared data folders, with recordings of known and of unseen speakers.
        model: an `xespeech.Voice`.
        out: folder for the report; made if missing.
        limit: most texts of a language, and recordings to convert, for each reference.
        progress: of the work.

    Returns:
        The tables of the report, and samples that the model refused to make.

    Raises:
        DataError: a folder is not prepared, or the data lack either kind of speaker.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    known = {info.name for info in model.voices}
    everyone = grouped(map(natural_sample, load_cuts(folders)), lambda s: s.voice)
    strangers = {
        name: evenly(sorted(s.path for s in samples), _MOST_RECORDINGS)
        for name, samples in everyone.items()
        if original_speaker(name) not in known and len(samples) > 1  # copies of known speakers count as known
    }
    texts = [sample for sample in natural_samples(load_cuts(folders, "dev")) if sample.voice in known]
    if not strangers or not texts:
        raise DataError(
            "a voice is judged by recordings of it, two or more, that the model never heard, and by texts of speakers "
            "whom it knows: name data of both kinds with --data."
        )
    encoder, out = SpeakerEncoder(), report_folder(out)
    chosen = [s for samples in grouped(texts, lambda s: s.language).values() for s in evenly(samples, limit)]
    speakers = grouped(chosen, lambda s: s.voice)
    sources = {name: encoder.embed_voice(read(s.path) for s in samples) for name, samples in speakers.items()}
    rows: list[Row] = []
    failures: list[Failure] = []
    for name, paths in sorted(strangers.items()):
        natural = [encoder.embed(read(path)) for path in paths]
        rows.append(((name, "natural"), {"count": len(paths), "similarity": _among_themselves(natural)}))
        spoken: dict[str, list[float]] = defaultdict(list)
        converted: list[tuple[float, float]] = []
        plan = [(index, sample) for index in range(len(paths)) for sample in chosen]
        for index, sample in track(plan, f"speaking and converting as {name}", progress):
            path, others = paths[index], natural[:index] + natural[index + 1 :]
            try:
                embedding = encoder.embed(model.speak(sample.text, reference=path, language=sample.language))
                spoken[sample.language].append(_to_each(embedding, others))
                embedding = encoder.embed(model.convert(sample.path, reference=path))
                converted.append((_to_each(embedding, others), similarity(embedding, sources[sample.voice])))
            except UserError as error:
                failures.append(Failure(f"{name}, {path.stem}", sample.text, str(error)))
        for language, similarities in sorted(spoken.items()):
            figures = {"count": len(similarities), "similarity": float(np.mean(similarities))}
            rows.append(((name, f"spoken, {language}"), figures))
        if converted:
            to_voice, to_source = map(float, np.mean(converted, axis=0))
            figures = {"count": len(converted), "similarity": to_voice, "source_similarity": to_source}
            rows.append(((name, "converted"), figures))
    tables = [Table("Speakers never heard", ("speaker", "speech"), rows)]
    write_tables(out, {"Speakers": ", ".join(sorted(strangers))}, tables, "zero_shot")
    return tables, failures


def _to_each(embedding: np.ndarray, others: Sequence[np.ndarray]) -> float:
    """Mean similarity of an embedding [E] to each of some others."""
    return float(np.mean([similarity(embedding, other) for other in others]))


def _among_themselves(embeddings: list[np.ndarray]) -> float:
    """Mean similarity of each embedding [E] to each of the others."""
    return float(
        np.mean([_to_each(embedding, embeddings[:i] + embeddings[i + 1 :]) for i, embedding in enumerate(embeddings)])
    )
