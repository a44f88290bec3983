"""Quality of live conversion against its latency: words, voice and naturalness by setting, and of whole files.

Shapes: S samples.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xespeech.audio import Audio, read
from xespeech.data.manifest import load_cuts
from xespeech.errors import ConfigError, DataError
from xespeech.evaluation.judges import Judges
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.samples import choose_natural, choose_references, evenly, grouped
from xespeech.evaluation.scoring import Scorer, score_all
from xespeech.evaluation.speaker import SpeakerEncoder
from xespeech.evaluation.summary import Row, Table, figures
from xespeech.inference.live import DELAYS, Delay, delay_named
from xespeech.inference.options import ConversionOptions
from xespeech.progress import Progress, silent, track

_BLOCK = 0.01  # seconds of sound that comes at once

_SHOWN = ("latency", "slowest", "real_time_factor", "count", "content_error_rate", "similarity", "naturalness")


def read_delays(model: Any, written: Sequence[str]) -> list[Delay]:
    """Settings such as "1+2", frames converted at once and lookahead; else the named ones.

    Raises:
        ConfigError: one is not of this form.
    """
    if not written:
        return [delay_named(name, model.description.model) for name in DELAYS]
    found = [re.fullmatch(r"([1-9]\d?)\+(\d\d?)", text) for text in written]
    for text, match in zip(written, found, strict=True):
        if match is None:
            raise ConfigError(f"--frames {text!r} is not of the form 1+2: frames at once and lookahead.")
    return [Delay(int(match[1]), int(match[2])) for match in found if match]


def examine_delays(
    folders: Sequence[str | Path],
    voice: str,
    model: Any,
    out: str | Path,
    delays: Sequence[Delay],
    *,
    limit: int = 4,
    judges: Judges | None = None,
    progress: Progress = silent,
) -> Table:
    """Convert recordings live at every setting and as whole files; write `report.md`, `results.json` and the sounds.

    Args:
        folders: prepared data folders, with recordings of the voice, to measure similarity by, and of other speakers.
        voice: of the model.
        model: an `xespeech.Voice` on one thread.
        out: folder for the report; made if missing.
        delays: settings.
        limit: most recordings of a language and speaker.
        judges: optional judges.
        progress: of the work.

    Raises:
        DataError: the data hold no recordings of the voice, or none with text of others.
        UserError: something of the `evaluate` extra is missing, or `out` is a file.
    """
    cuts, judges = list(load_cuts(folders, "dev")), judges or Judges()
    references = choose_references(cuts, [voice])
    natural = [sample for sample in choose_natural(cuts, limit) if sample.voice != voice]
    if not references or not natural:
        raise DataError(
            f"converting into {voice} is judged by recordings of {voice}, and of others with text: name data of both "
            "with --data."
        )
    embedding = SpeakerEncoder().embed_voice(read(path) for path in references[voice])
    out = report_folder(out)
    groups = grouped(natural, lambda s: (s.language, s.voice)).values()
    spoken = [sample for group in groups for sample in evenly(group, limit)]
    scorer = Scorer({voice: embedding}, judges)
    rows: list[Row] = []
    for delay in [None, *delays]:
        name = "whole file" if delay is None else f"{delay.step} + {delay.lookahead} frames"
        folder = out / "sounds" / name.replace(" ", "")
        folder.mkdir(parents=True, exist_ok=True)
        made, work = [], []
        for sample in track(spoken, f"converting, {name}", progress):
            audio, taken = _convert(model, ConversionOptions(voice=voice), read(sample.path, model.sample_rate), delay)
            path = folder / f"{sample.id}.wav"
            audio.save(path)
            made.append(replace(sample, condition="vc", voice=voice, source=sample.voice, natural=None, path=path))
            work.append(taken)
        found = figures(list(zip(made, score_all(made, scorer, judges.workers), strict=True)))
        found |= {key: float(np.median([of_one[key] for of_one in work])) for key in work[0]}
        rows.append(((name,), {key: found[key] for key in _SHOWN if key in found}))
    table = Table("Live conversion by delay", ("setting",), rows)
    about = {"Voice": voice, "Recordings": f"{len(spoken)} of the development set"}
    write_tables(out, about, [table], "delays")
    return table


def _convert(
    model: Any, options: ConversionOptions, source: Audio, delay: Delay | None
) -> tuple[Audio, dict[str, float]]:
    """A recording in the voice, and what it took."""
    if delay is None:
        started = time.process_time()
        audio = model.convert(source, options)
        return audio, {"real_time_factor": (time.process_time() - started) / source.duration}
    converter = model.live(options, delay)
    size = round(_BLOCK * model.sample_rate)
    said, took = [], []
    for block in np.split(source.samples, range(size, len(source.samples), size)):
        started = time.process_time()
        said.append(converter.push(block))
        took.append(time.process_time() - started)
    said.append(converter.finish())
    busy = [seconds for seconds in took if seconds > np.max(took) / 10]  # most blocks only wait for the next
    return Audio(np.concatenate(said), model.sample_rate, synthetic=True), {
        "latency": 1000 * converter.latency,
        "slowest": 1000 * float(np.percentile(busy, 95)),
        "real_time_factor": sum(took) / source.duration,
    }
