"""Evaluation of live conversion: latency, speed, and agreement with the conversion of a whole file.

The recording is repeated for some minutes and converted live, in one thread, in blocks as a sound device gives them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import xespeech
from xespeech.audio import Audio
from xespeech.audio.mel import log_mel
from xespeech.config import MEL_COMPACT
from xespeech.evaluation.report import report_folder, write_tables
from xespeech.evaluation.summary import Table

_PER_NEPER = 20 / np.log(10)  # dB


def examine_live(recording: str | Path, voice: str, model: Any, out: str | Path, minutes: float = 10.0) -> Table:
    """Measure live conversion; write `report.md` and `results.json`.

    Args:
        recording: to convert.
        voice: of the model.
        model: an `xespeech.Voice` on one thread.
        out: folder for the report; made if missing.
        minutes: how long.

    Raises:
        AudioError: the recording cannot be read.
        UnknownNameError: the model has no such voice.
        UserError: `out` is a file.
    """
    out = report_folder(out)
    table = Table("Live conversion", ("voice",), [((voice,), measure(recording, voice, model, minutes))])
    write_tables(out, {"Recording": str(recording), "Minutes": f"{minutes:g}"}, [table], "live")
    return table


def measure(recording: str | Path, voice: str, model: Any, minutes: float = 10.0) -> dict[str, float]:
    """Figures of live conversion by the names that `legends/live.tsv` explains."""
    source = xespeech.audio.read(recording, model.sample_rate).samples
    samples = np.tile(source, int(-(-minutes * 60 * model.sample_rate // len(source))))
    options = xespeech.ConversionOptions(voice=voice)
    converter = model.live(options)
    blocks = np.split(samples, range(converter.block, len(samples), converter.block))
    said, behind, took = [], [], []
    n_given = n_said = 0
    for block in blocks:
        started = time.process_time()
        said.append(converter.push(block))
        took.append(time.process_time() - started)
        n_given += len(block)
        behind.append(n_given - n_said)
        n_said += len(said[-1])
    said.append(converter.finish())
    live = np.concatenate(said)
    step = converter.step * converter.block
    edges = np.arange(1, len(live) // step) * step
    inside = edges - step // 2
    seconds = 60 * model.sample_rate
    whole = model.convert(Audio(samples[:seconds], model.sample_rate), options).samples
    mels = [log_mel(part, MEL_COMPACT) for part in (live[:seconds], whole)]
    loud = mels[1].mean(axis=1) > mels[1].mean()
    half = len(behind) // 2
    return {
        "latency": 1000 * max(behind) / model.sample_rate,
        "drift": 1000 * (max(behind[half:]) - max(behind[10:half])) / model.sample_rate,
        "missing": float(len(samples) - len(live)),
        "real_time_factor": sum(took) / len(samples) * model.sample_rate,
        "slowest": 1000 * float(np.percentile(took, 99)),
        "click": float(np.abs(_bend(live, edges)).mean() / np.abs(_bend(live, inside)).mean()),
        "distance": float(_PER_NEPER * np.abs(mels[0] - mels[1])[loud].mean()),
        "correlation": float(np.corrcoef(mels[0][loud].ravel(), mels[1][loud].ravel())[0, 1]),
    }


def _bend(samples: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Third differences: a click makes them large."""
    near = samples[places[:, None] + np.arange(-2, 2)]
    return np.diff(near, 3, axis=1)
