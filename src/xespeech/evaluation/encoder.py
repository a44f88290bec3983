"""Evaluation of a content encoder: recognition errors, and how much its features reveal the speaker.

Features should represent words and not voices. A linear classifier of speakers is trained on the features and, for
comparison, on log-mels. It is also tested within each language, since where every speaker has another language, the
language identifies the speaker.

Shapes: F mel frames (100/s), T frames (50/s), C channels.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from xespeech.content.compact import CompactContentEncoder, ContentOutput, collapse
from xespeech.content.store import encoder_folder, load_encoder
from xespeech.data.pack import Pack
from xespeech.errors import DataError
from xespeech.evaluation._extra import LinearClassifier, extra
from xespeech.evaluation.intelligibility import Errors, count_errors
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.samples import evenly, grouped
from xespeech.evaluation.summary import Table
from xespeech.progress import Progress, silent, track
from xespeech.text import LANGUAGES
from xespeech.text.symbols import N_PAUSES
from xespeech.training.content_task import tones_of
from xespeech.training.sampling import Item

_FEWEST = 40  # recordings of a speaker, for the classifier
_LEARNT_FROM = 40
_TESTED_ON = 20
_ONE_TEST_TEXT_IN = 3
_FRAMES = 10  # of a recording, to be judged singly


def examine(
    folders: Sequence[str | Path],
    encoder: str | Path,
    out: str | Path,
    *,
    jobs: int = 1,
    progress: Progress = silent,
) -> list[Table]:
    """Measure a content encoder and write `report.md` and `results.json`.

    Args:
        folders: prepared data folders.
        encoder: a model folder, the run that trained the encoder, or its file.
        out: folder for the report; made if missing.
        jobs: processes that pack a folder that training has not packed yet.
        progress: of the work.

    Returns:
        The tables of the report.

    Raises:
        DataError: a folder is not prepared, or there is nothing in the data to judge an encoder by.
        ModelError: there is no encoder, or it is damaged.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    extra("sklearn.linear_model")
    network = load_encoder(encoder_folder(Path(encoder)))
    out = report_folder(out)
    items = [(pack, row) for pack in (Pack(folder, jobs, progress) for folder in folders) for row in pack.rows]
    with_text = [item for item in items if item[1].subset == "dev" and item[1].n_symbols > 0]
    found = [_errors(network, track(with_text, "recognising", progress))] if with_text else []
    learnt, tested = _choose([item for item in items if item[1].subset == "train"])
    if len({row.speaker for _, row in learnt}) > 1:
        found.append(_speakers(network, learnt, tested, progress))
    if not found:
        raise DataError(
            f"these data have neither texts in their development set nor two speakers of {_FEWEST} recordings each: "
            "name data that the encoder can be judged by."
        )
    about = {
        "Content encoder": f"{encoder}: {sum(p.numel() for p in network.parameters()) / 1e6:.1f} M parameters, "
        f"{network.config.content_channels} features of a frame",
        "Data": ", ".join(Path(folder).name for folder in folders),
        "Recognition": "recordings of the development set",
        "Speakers": f"found in recordings of the training set; whoever has {_FEWEST} or more, at most {_LEARNT_FROM} "
        f"to learn from and {_TESTED_ON} of other texts to test on",
    }
    write_tables(out, about, found, "encoder")
    return found


def _recognise(network: CompactContentEncoder, mel: np.ndarray) -> ContentOutput:
    """Output of the encoder for a log-mel [F, 80]."""
    with torch.inference_mode():
        output: ContentOutput = network(torch.from_numpy(mel)[None])
    return output


def _errors(network: CompactContentEncoder, items: Iterable[Item]) -> Table:
    """Phone errors by language, and tone errors of Mandarin."""
    phones: defaultdict[str, list[Errors]] = defaultdict(list)
    tones: defaultdict[str, list[Errors]] = defaultdict(list)
    for pack, row in items:
        output = _recognise(network, pack.mel(row))
        symbols = pack.symbols(row)
        said = symbols[symbols[:, 0] >= N_PAUSES, 0].tolist()
        phones[row.language].append(count_errors(said, collapse(output.phone_log_probs[0].argmax(-1).tolist())))
        if row.language == "zh":
            said = tones_of(symbols[:, 1]).tolist()
            tones[row.language].append(count_errors(said, collapse(output.tone_log_probs[0].argmax(-1).tolist())))
    rows: list[tuple[tuple[str, ...], dict[str, float]]] = []
    for language in sorted(phones, key=LANGUAGES.index):
        figures = {"count": float(len(phones[language])), "phone_error_rate": Errors.total(phones[language]).rate}
        if language in tones:
            figures["tone_error_rate"] = Errors.total(tones[language]).rate
        rows.append(((language,), figures))
    return Table("Recognition", ("language",), rows)


def _choose(items: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Recordings for training and testing the classifier of speakers; no text is in both."""

    def is_test(item: Item) -> bool:
        return zlib.crc32((item[1].text or item[1].id).encode()) % _ONE_TEST_TEXT_IN == 0

    learnt: list[Item] = []
    tested: list[Item] = []
    for _, of_speaker in sorted(grouped(items, lambda item: (item[1].language, item[1].speaker)).items()):
        parts = grouped(of_speaker, is_test)
        if len(of_speaker) >= _FEWEST and len(parts) == 2:
            learnt += evenly(parts[False], _LEARNT_FROM)
            tested += evenly(parts[True], _TESTED_ON)
    return learnt, tested


def _speakers(
    network: CompactContentEncoder, learnt: Sequence[Item], tested: Sequence[Item], progress: Progress
) -> Table:
    """Accuracy of the classifier of speakers, over all and within each language."""
    views: dict[str, list[dict[str, np.ndarray]]] = {"content features": [], "log-mels": []}
    for pack, row in track([*learnt, *tested], "describing recordings", progress):
        mel = pack.mel(row)
        views["content features"].append(_describe(_recognise(network, mel).features[0].numpy()))
        views["log-mels"].append(_describe(mel))
    about = [row for _, row in (*learnt, *tested)]
    is_learnt = np.arange(len(about)) < len(learnt)
    speaker = np.array([row.speaker for row in about])
    language = np.array([row.language for row in about])
    rows: list[tuple[tuple[str, ...], dict[str, float]]] = []
    for group in ("all", *LANGUAGES):
        chosen = np.full(len(about), True) if group == "all" else language == group
        n_speakers = len(set(speaker[chosen]))
        if n_speakers < 2 or (group != "all" and chosen.all()):
            continue
        first, then = np.flatnonzero(chosen & is_learnt), np.flatnonzero(chosen & ~is_learnt)
        for name, described in views.items():
            figures = {"count": float(len(then)), "speakers": float(n_speakers), "chance": 1 / n_speakers}
            for figure in described[0]:
                parts = ([(described[index][figure], speaker[index]) for index in part] for part in (first, then))
                figures[figure] = _found(*parts)
            rows.append(((group, name), figures))
    return Table("Finding the speaker", ("language", "from"), rows)


def _describe(frames: np.ndarray) -> dict[str, np.ndarray]:
    """Inputs of the classifiers from frames [T, C] of a recording, by figure: rows of channels."""
    mean = frames.mean(axis=0, dtype=np.float64)
    spread = frames.std(axis=0, dtype=np.float64)
    return {
        "found_by_frame": np.stack(evenly(list(frames), _FRAMES)),
        "found_by_mean": mean[None],
        "found_by_mean_and_spread": np.concatenate([mean, spread])[None],
    }


def _found(learnt: Sequence[tuple[np.ndarray, str]], tested: Sequence[tuple[np.ndarray, str]]) -> float:
    """Balanced accuracy of a linear classifier."""

    def table(part: Sequence[tuple[np.ndarray, str]]) -> tuple[np.ndarray, np.ndarray]:
        lengths = [len(rows) for rows, _ in part]
        return np.concatenate([rows for rows, _ in part]), np.repeat([name for _, name in part], lengths)

    return LinearClassifier(*table(learnt), max_iter=1000).recognised(*table(tested))
